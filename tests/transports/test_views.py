"""Transporturi: the list, one UIT, and „Sincronizează acum”."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncState
from caraus.transports.models import Transport, UnreadableRecord
from tests import factories
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker

LIST, SYNC = "/transporturi/", "/transporturi/sincronizare/"


def transport(company: Company, uit: str = "1A2B3C4D5E6F7H88", **fields: Any) -> Transport:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "declarant_name": "AGRO BĂRĂGAN SRL",
        "transport_date": today(),
        "first_expired_day": today() + timedelta(days=5),
        "plate": "B12ABC",
        "first_seen_at": now,
        "last_seen_at": now,
        "last_changed_at": now,
        "raw": {"uit": uit, "secret_field": "câmp brut"},
    }
    return Transport.objects.create(company=company, uit=uit, **(defaults | fields))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def uits(client: Client, **query: str) -> set[str]:
    """Return the UITs that the list shows."""
    response = client.get(LIST, query)
    assert response.status_code == 200
    page = response.content.decode().replace(" ", "").replace("<wbr>", "")
    shown = {row.uit for row in response.context["page"]}
    assert all(f"/transporturi/{row.pk}/" in page for row in response.context["page"])
    return shown


def test_the_list_shows_every_uit_with_what_matters_and_only_ones_own(
    owner: User, teammate: User, company: Company, stranger: User
) -> None:
    transport(company)
    theirs = Company.objects.exclude(pk=company.pk).get()
    transport(theirs, uit="9Z9Z9Z9Z9Z9Z9Z99", declarant_name="ALT DECLARANT SRL")
    for user in (owner, teammate):
        page = client_of(user).get(LIST).content.decode()
        assert "AGRO BĂRĂGAN SRL" in page
        assert "B12ABC" in page
        assert "ALT DECLARANT SRL" not in page
    assert uits(client_of(owner)) == {"1A2B3C4D5E6F7H88"}
    assert uits(client_of(stranger)) == {"9Z9Z9Z9Z9Z9Z9Z99"}


def test_only_who_may_sync_sees_the_button(owner: User, teammate: User, company: Company) -> None:
    factories.authorization(company.organization)
    transport(company)
    for user, sees in ((owner, True), (teammate, False)):
        page = client_of(user).get(LIST).content.decode()
        assert ("Sincronizează acum" in page) == sees


@pytest.mark.parametrize(
    ("state", "first_expired_day", "shown"),
    [
        ("active", 5, True),
        ("missing", 5, True),
        ("active", 1, True),
        # It has expired at midnight: for a week nobody loses sight of it, until it is dealt with.
        ("active", 0, True),
        ("active", -1, True),
        ("expired", -3, True),
        ("expired", -8, False),
        ("delisted", 5, True),  # for a day
    ],
)
def test_the_list_shows_the_living_and_all_on_demand(
    signed_in: Client, company: Company, state: str, first_expired_day: int, shown: bool
) -> None:
    day = today() + timedelta(days=first_expired_day)
    row = transport(company, state=state, first_expired_day=day)
    assert (uits(signed_in) == {row.uit}) == shown
    assert uits(signed_in, arata="toate") == {row.uit}


def test_the_newest_come_first(signed_in: Client, company: Company) -> None:
    now = timezone.now()
    for number in range(3):
        transport(company, f"UIT{number}", first_seen_at=now - timedelta(hours=number))
    rows = signed_in.get(LIST).context["page"]
    assert [row.uit for row in rows] == ["UIT0", "UIT1", "UIT2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("1A2B", True),
        ("1a2b 3c4d", True),
        ("b-12-abc", True),
        ("B 12 ABC", True),
        ("ct 83", True),
        ("bărăgan", True),
        ("CMD", True),
        ("9001", True),
        ("B34XYZ", True),
        ("plate", False),
        ("null", False),
        ("zzz", False),
        ("%", False),
        ("\x00", True),
        ("'; drop table", False),
    ],
)
def test_a_search_finds_what_a_dispatcher_has_at_hand(
    signed_in: Client, company: Company, query: str, expected: bool
) -> None:
    change = {"at": None, "plate": "B34XYZ", "trailer1": "", "trailer2": "", "note": ""}
    transport(
        company,
        trailer1="CT83WPT",
        declarant_ref="CMD-1",
        declarant_cui="900117817",
        vehicle_changes=[change],
    )
    assert bool(uits(signed_in, q=query)) == expected


def test_the_list_of_one_company_is_its_own(
    signed_in: Client, organization: Organization, company: Company
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    transport(company, "UIT1")
    transport(other_company, "UIT2")
    assert uits(signed_in) == {"UIT1", "UIT2"}
    assert uits(signed_in, firma=other_company.cui) == {"UIT2"}
    assert uits(signed_in, firma="\x00", pagina="x") == {"UIT1", "UIT2"}


def test_a_uits_own_page_has_all_that_anaf_gave_and_its_history(
    anaf: SimulatorProcess, signed_in: Client, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui, nr_veh="B01OLD")["uit"]
    sync_company(company_id=company.pk)
    anaf.correct(uit, nr_veh="B02NEW")
    sync_company(company_id=company.pk)
    row = Transport.objects.get(uit=uit)
    page = signed_in.get(f"{LIST}{row.pk}/").content.decode()
    for text in ("B01OLD", "B02NEW", row.declarant_name.replace('"', "&quot;"), "nr_veh"):
        assert text in page


def test_the_first_time_on_the_clock_is_the_last_valid_day(
    signed_in: Client, company: Company
) -> None:
    row = transport(company, first_expired_day=date(2031, 11, 29))
    page = signed_in.get(f"{LIST}{row.pk}/").content.decode()
    assert "28 noiembrie 2031" in page


def test_a_record_that_could_not_be_read_is_shown_whole(
    signed_in: Client, company: Company
) -> None:
    now = timezone.now()
    factories.authorization(company.organization)
    SyncState.objects.create(company=company, last_attempt_at=now, last_good_at=now)
    record = UnreadableRecord.objects.create(
        company=company,
        digest="d",
        raw='{"uit":"<b>X</b>"}',
        reason="lipsește data",
        first_seen_at=now,
        last_seen_at=now,
    )
    address = f"{LIST}necitite/{record.pk}/"
    assert address in signed_in.get(LIST).content.decode()
    page = signed_in.get(address).content.decode()
    assert "lipsește data" in page
    assert "&lt;b&gt;X" in page


@pytest.mark.parametrize("code", ["http_5xx", "no_rights_cui", "refresh_rejected", "gone_code"])
def test_an_error_is_shown_above_the_list_with_what_to_do(
    signed_in: Client, company: Company, code: str
) -> None:
    factories.authorization(company.organization)
    transport(company)
    now = timezone.now()
    SyncState.objects.create(
        company=company, last_attempt_at=now, last_code=code, error_since=now, last_good_at=now
    )
    page = signed_in.get(LIST).content.decode()
    text = ERROR_TEXTS.get(code)
    assert (text.sentence if text else "nu a reușit") in page
    assert not text or text.advice in page


def test_a_sync_now_brings_what_was_declared_a_moment_ago(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, authorization: Authorization
) -> None:
    uit = anaf.add_uit(factories.CUI)["uit"]
    signed_in.post(SYNC, {"firma": factories.CUI})
    worker.drain()
    assert uit in uits(signed_in)


def test_a_viewer_may_not_sync(teammate: User, company: Company) -> None:
    assert client_of(teammate).post(SYNC).status_code == 403
    assert not SyncState.objects.exists()


@pytest.mark.parametrize(
    ("back", "location"),
    [
        ("/transporturi/?q=B12", "/transporturi/?q=B12"),
        ("", LIST),
        ("https://evil.example/", LIST),
        ("//evil.example/", LIST),
        ("/\\evil.example", LIST),
        ("javascript:alert(1)", LIST),
        ("somewhere", LIST),
        ("home", LIST),
    ],
)
def test_after_a_sync_one_comes_back_to_a_page_of_ours(
    signed_in: Client, company: Company, back: str, location: str
) -> None:
    response = signed_in.post(SYNC, {"inapoi": back, "firma": "\x00"})
    assert (response.status_code, response["Location"]) == (302, location)


def test_for_htmx_only_the_list_comes(signed_in: Client, company: Company) -> None:
    transport(company)
    part = signed_in.get(LIST, headers={"hx-request": "true"}).content.decode()
    assert "B12ABC" in part
    assert "<html" not in part


def test_a_sync_without_an_authorization_says_why_nothing_comes(
    signed_in: Client, company: Company
) -> None:
    for headers, field in (({}, "Location"), ({"hx-request": "true"}, "HX-Redirect")):
        response = signed_in.post(SYNC, {"inapoi": LIST}, headers=headers)
        assert response[field] == LIST
        assert "nu există nicio autorizare activă" in signed_in.get(LIST).content.decode()
    assert not SyncState.objects.exists()
