"""What can be read in the tokens, and what is an estimate."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caraus.anaf.tokens import lacks_etransport, read_tokens

from .samples import signed

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCESS_END = datetime(2026, 4, 1, 12, tzinfo=UTC)
REFRESH_END = datetime(2027, 1, 1, 12, tzinfo=UTC)
REFRESH = signed(exp=int(REFRESH_END.timestamp()), jti="r")


@pytest.mark.parametrize(
    ("access", "refresh", "expires_in", "access_end", "refresh_end", "estimated"),
    [
        ("opaque", "opaque2", None, timedelta(days=90), timedelta(days=365), (True, True)),
        ("opaque", REFRESH, 3600, timedelta(hours=1), REFRESH_END - NOW, (True, False)),
        ("opaque", "o", "3600", timedelta(hours=1), timedelta(days=365), (True, True)),
        ("opaque", "o", "soon", timedelta(days=90), timedelta(days=365), (True, True)),
        ("opaque", "o", -5, timedelta(days=90), timedelta(days=365), (True, True)),
        (signed(sub="x"), "a.b.c", 60, timedelta(minutes=1), timedelta(days=365), (True, True)),
        (signed(exp=1e18), "o", None, timedelta(days=90), timedelta(days=365), (True, True)),
        (signed(exp="1775044800"), "o", 1, ACCESS_END - NOW, timedelta(days=365), (False, True)),
    ],
)
def test_what_the_tokens_do_not_state_is_an_estimate(
    access: str,
    refresh: str,
    expires_in: object,
    access_end: timedelta,
    refresh_end: timedelta,
    estimated: tuple[bool, bool],
) -> None:
    response = {"access_token": access, "refresh_token": refresh, "expires_in": expires_in}
    tokens = read_tokens(response, issued_at=NOW)
    assert tokens.access_expires_at == NOW + access_end
    assert tokens.refresh_expires_at == NOW + refresh_end
    assert (tokens.access_expiry_estimated, tokens.refresh_expiry_estimated) == estimated


@pytest.mark.parametrize(
    ("claims", "serial"),
    [
        ({"serial": "77AA"}, "77AA"),
        ({"Certificate_Serial": " 77AA "}, "77AA"),
        ({"serialNumber": 123456}, "123456"),
        ({"sub": "20060501ab12cd34"}, "20060501ab12cd34"),
        ({"sub": "ana.ionescu"}, None),
        ({"serial": ["x"]}, None),
        ({}, None),
    ],
)
def test_the_certificates_serial_is_found_where_it_may_stand(
    claims: dict[str, Any], serial: str | None
) -> None:
    response = {"access_token": signed(**claims), "refresh_token": "o"}
    assert read_tokens(response, issued_at=NOW).certificate_serial == serial


@pytest.mark.parametrize(
    ("claims", "lacks"),
    [
        ({"role": ["EFACTURA", "ETRANSPORT", "HELLO"]}, False),
        ({"role": "EFACTURA,ETRANSPORT"}, False),
        ({"role": "efactura, e-transport"}, False),
        ({"roles": ["ROLE_ETRANSPORT"]}, False),
        ({"Role": "ETRANSPORT"}, False),
        ({"role": ["EFACTURA", "HELLO"]}, True),
        ({"role": "EFACTURA"}, True),
        ({"roles": "EFACTURA,HELLO"}, True),
        # What is not said is no verdict.
        ({}, False),
        ({"role": []}, False),
        ({"role": ""}, False),
        ({"role": None}, False),
    ],
)
def test_a_token_that_names_services_without_etransport_lacks_it(
    claims: dict[str, Any], lacks: bool
) -> None:
    assert lacks_etransport(signed(**claims)) is lacks
    assert not lacks_etransport("opaque.token")
