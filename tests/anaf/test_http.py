"""The one way out: which addresses are accepted, and that a token goes nowhere else."""

import asyncio

import httpx2
import pytest

from caraus.anaf.errors import AnafError
from caraus.anaf.http import AnafSettings, ForeignHostError, open_client
from caraus.anaf.info import fetch_info

from .conftest import Reply, Server
from .samples import body_of, record


def _settings(**changes: object) -> AnafSettings:
    options: dict[str, object] = {
        "client_id": "c",
        "client_secret": "s",
        "redirect_uri": "https://x/",
    }
    return AnafSettings(**(options | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.anaf.ro",
        "https://api.anaf.ro/",
        "https://simulator.example:8443",
        "http://127.0.0.1:9000",
        "http://127.8.9.1:9000",
        "http://localhost:9000",
        "http://[::1]:9000",
    ],
)
def test_https_and_loopback_addresses_are_accepted(url: str) -> None:
    assert _settings(api_url=url, login_url=url).api_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.anaf.ro",
        "http://10.0.0.7:9000",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "ftp://localhost",
        "api.anaf.ro",
        "",
        "https://user:pass@api.anaf.ro",
        "https://api.anaf.ro/prod",
        "https://api.anaf.ro?x=1",
        "https://api.anaf.ro:port",
        "http://[::1",
    ],
)
@pytest.mark.parametrize("name", ["api_url", "login_url"])
def test_other_addresses_are_refused_with_a_sentence(name: str, url: str) -> None:
    with pytest.raises(ValueError, match=name):
        _settings(**{name: url})


def test_plain_http_elsewhere_is_explained() -> None:
    with pytest.raises(ValueError, match="plain http is accepted for loopback addresses only"):
        _settings(api_url="http://anaf.example")


@pytest.mark.parametrize(("name", "value"), [("environment", "live"), ("timeout", 0)])
def test_senseless_settings_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        _settings(**{name: value})


def test_the_client_secret_is_not_in_repr() -> None:
    assert "very" not in repr(_settings(client_secret="very-secret"))


@pytest.mark.parametrize(
    "url", ["https://webservicesp.anaf.ro/x", "http://api.anaf.ro/x", "https://api.anaf.ro:8443/x"]
)
def test_any_other_host_is_refused_before_a_byte_is_sent(settings: AnafSettings, url: str) -> None:
    async def call() -> None:
        async with open_client(settings=settings, access_token="tok") as (client, _):
            await client.get(url)

    with pytest.raises(ForeignHostError):
        asyncio.run(call())


def test_not_even_the_configured_origin_is_reached_by_its_own_name(
    settings: AnafSettings, anaf: Server
) -> None:
    async def call() -> None:
        async with open_client(settings=settings, access_token="tok") as (client, _):
            await client.get(anaf.url)

    with pytest.raises(ForeignHostError):
        asyncio.run(call())
    assert anaf.seen == []


def test_a_redirect_is_not_followed_and_the_token_stays_home(
    settings: AnafSettings, anaf: Server, stranger: Server
) -> None:
    anaf.reply = Reply(302, headers={"Location": f"{stranger.url}/my.policy?token=abc"})
    with pytest.raises(AnafError) as caught:
        fetch_info(settings, access_token="tok", carrier_cui="8000000000")
    assert caught.value.code == "redirected"
    assert caught.value.http_status == 302
    assert "my.policy" in caught.value.detail
    assert "abc" not in caught.value.detail
    assert stranger.seen == []


def test_the_host_header_is_the_configured_one(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(body=body_of([record()]))
    fetch_info(settings, access_token="tok", carrier_cui="8000000000")
    (request,) = anaf.seen
    assert request.headers["Host"] == anaf.url.removeprefix("http://")
    assert request.headers["Authorization"] == "Bearer tok"


def test_proxies_of_the_environment_are_not_used(
    settings: AnafSettings, anaf: Server, stranger: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, stranger.url)
    anaf.reply = Reply(body=body_of([]))
    fetch_info(settings, access_token="tok", carrier_cui="8000000000")
    assert stranger.seen == []


def test_the_last_response_is_remembered(settings: AnafSettings, anaf: Server) -> None:
    anaf.reply = Reply(418, b"teapot", "text/plain; charset=UTF-8", {"X-Trace": "7"})

    async def call() -> httpx2.Response:
        async with open_client(settings=settings) as (client, transport):
            response = await client.get("/x")
            assert transport.last is not None
            assert (transport.last.status, transport.last.body) == (418, b"teapot")
            assert transport.last.headers["X-Trace"] == "7"
            assert transport.last.content_type == "text/plain; charset=utf-8"
            assert "teapot" not in repr(transport.last)
            return response

    assert asyncio.run(call()).content == b"teapot"
