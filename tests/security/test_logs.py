"""What the log may not hold: passwords, secrets of links, rows of the database, floods."""

import io
import logging
from collections.abc import Callable, Iterator
from copy import copy

import pytest
from django.conf import LazySettings, settings
from django.db import DataError, connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from caraus.core import logs

SECRET = "kO3Xb7-a-secret-of-a-link-7Qz9"
PASSWORD = "Parola-Mea-Secreta-123"
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
# Parameters of addresses that are secrets; what has none of these names must hold none.
SECRET_PARAMETERS = {"secret", "key"}


class Logged:
    """What reaches stderr, through the handler that the product configures."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[str]:
        return [line for line in self.text().splitlines() if line]


class Copying(logging.Handler):
    """Gives each of several handlers a record of its own: their filters change it."""

    def __init__(self, handlers: list[logging.Handler]) -> None:
        super().__init__()
        self._handlers = handlers

    def emit(self, record: logging.LogRecord) -> None:
        for handler in self._handlers:
            handler.handle(copy(record))


def configured_handler(logged: Logged, *, readable: bool) -> logging.Handler:
    """Configure the product's logging, and let its handler write into `logged`."""
    logs.logging_config(readable=readable)
    ours = [handler for handler in logging.getLogger().handlers if handler.filters]
    assert len(ours) == 1
    assert isinstance(ours[0], logging.StreamHandler)
    ours[0].setStream(logged.stream)
    return ours[0]


@pytest.fixture
def _own_logging() -> Iterator[None]:
    """Restore the logging that a test configures anew."""
    handlers = logging.getLogger().handlers[:]
    yield
    logs.logging_config(readable=settings.EMBEDDED)
    logging.getLogger().handlers[:] = handlers


@pytest.fixture(params=["readable", "json"])
def logged(request: pytest.FixtureRequest, _own_logging: None) -> Logged:
    logged = Logged()
    configured_handler(logged, readable=request.param == "readable")
    return logged


@pytest.fixture
def logged_twice(_own_logging: None) -> list[Logged]:
    """Return what the readable log and the JSON one hold of the same requests."""
    both = [Logged(), Logged()]
    handlers = [
        configured_handler(logged, readable=readable)
        for logged, readable in zip(both, (True, False), strict=True)
    ]
    logging.getLogger().handlers[:] = [Copying(handlers)]
    return both


ROW = "Failing row contains (1, pbkdf2)"


def failing(*_: object) -> None:
    raise DataError(f"value too long\nDETAIL:  {ROW}.")


def test_a_failing_sign_in_logs_no_password(logged: Logged, db: None) -> None:
    client = Client(raise_request_exception=False)
    assert client.get("/cont/login/").status_code == 200
    with connection.execute_wrapper(failing):
        response = client.post("/cont/login/", {"login": "ana@example.ro", "password": PASSWORD})
    assert response.status_code == 500
    assert "Traceback" in logged.text()
    assert "DataError" in logged.text()
    assert PASSWORD not in logged.text()
    assert ROW not in logged.text()


def secret_routes() -> list[tuple[str, set[str]]]:
    """Return the addresses that take a parameter of a secret's name, from the list of all."""
    leaks = []

    def collect(patterns: list[URLPattern | URLResolver], names: set[str]) -> None:
        for pattern in patterns:
            parameters = (
                names | set(pattern.pattern.regex.groupindex) | set(pattern.pattern.converters)
            )
            if isinstance(pattern, URLResolver):
                collect(pattern.url_patterns, parameters)
            elif parameters & SECRET_PARAMETERS:
                leaks.append((str(pattern.name), parameters))

    collect(get_resolver().url_patterns, set())
    return leaks


def addresses() -> list[str]:
    """Return every address that holds a secret, and near misses of it."""
    paths = [
        f"/invitatie/{SECRET}/",
        f"/inceput/{SECRET}/",
        f"/autorizare/{SECRET}/",
        f"/cont/password/reset/key/2-{SECRET}/",
        f"/cont/confirm-email/{SECRET}/",
    ]
    return [
        *paths,
        *(path.rstrip("/") for path in paths),
        *(f"{path}altceva/" for path in paths),
        f"/nu/exista/{SECRET}",
        f"/nu exista/{SECRET} {SECRET}/ă",
        f"/anaf/callback?code={SECRET}&state={SECRET}",
    ]


def test_the_list_of_routes_knows_every_address_with_a_secret() -> None:
    assert {name for name, _ in secret_routes()} == {
        "invitation",
        "set_up",
        "external_link",
        "account_reset_password_from_key",
        "account_confirm_email",
    }


def too_many(settings: LazySettings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS} | dict.fromkeys(
        ("invitation", "setup", "link"), "1/h/ip"
    )


def as_it_is(settings: LazySettings) -> None:
    """Addresses as they are."""


# A limit counts in the database: where that fails, there is none to exceed.
@pytest.mark.parametrize("csrf", [True, False], ids=["csrf", "no csrf"])
@pytest.mark.parametrize(
    ("change", "broken"),
    [(as_it_is, False), (too_many, False), (as_it_is, True)],
    ids=["works", "too many", "database fails"],
)
def test_no_address_with_a_secret_is_in_the_log(
    logged_twice: list[Logged],
    db: None,
    settings: LazySettings,
    csrf: bool,
    change: Callable[[LazySettings], None],
    broken: bool,
) -> None:
    """By every method; not found, not allowed, without the form's token, too often, failing."""
    change(settings)
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
    referer = f"https://testserver/invitatie/{SECRET}/"
    seen = set()
    for path in addresses():
        for method in METHODS:
            if broken:
                with connection.execute_wrapper(failing):
                    response = client.generic(method, path)
            else:
                response = client.generic(method, path, headers={"referer": referer}, secure=True)
            seen.add(response.status_code)
    assert 405 in seen or broken
    assert (403 in seen) >= csrf
    assert (429 in seen) >= (change is too_many)
    assert (500 in seen) == broken
    readable, json = (logged.text() for logged in logged_twice)
    assert "Not Found: /(unknown)" in readable or broken
    assert '"event": "Not Found: /(unknown)"' in json or broken
    assert SECRET not in readable + json


@pytest.mark.parametrize("name", ["django.server", "waitress", "django.security.csrf"])
def test_loggers_that_write_paths_write_routes(logged: Logged, name: str) -> None:
    log = logging.getLogger(name)
    log.error('"%s" %s %s', f"GET /autorizare/{SECRET}/?x={SECRET} HTTP/1.1", 404, 7)
    log.error(f"Exception while serving /invitatie/{SECRET}/")
    log.error("Referer %s is bad", f"https://x.example/cont/confirm-email/{SECRET}/")
    assert SECRET not in logged.text()
    assert "/autorizare/<str:secret>/" in logged.text()
    assert "/invitatie/<str:secret>/" in logged.text()


@pytest.mark.parametrize("path", ["/invitatie/x/", "/autorizare/x/", "/inceput/x/"])
def test_a_scanner_that_asks_for_the_head_is_answered(client: Client, db: None, path: str) -> None:
    assert client.head(path).status_code == 404  # of the link, not 405 of the method
    assert client.put(path).status_code == 405


def test_equal_errors_are_counted_not_repeated(logged: Logged) -> None:
    log = logging.getLogger("django.request")
    for _ in range(100):
        log.error("No space left on device: %s", "/transporturi/")
    assert len(logged.lines()) == logs.RepetitionFilter.MOST
    log.error("another trouble")
    assert "another trouble" in logged.text()


def test_forged_hosts_do_not_fill_the_log(logged: Logged, db: None) -> None:
    client = Client()
    for number in range(100):
        client.get("/cont/login/", headers={"host": f"evil{number}.ro"})
    assert 0 < logged.text().count("Invalid HTTP_HOST header") <= 2 * logs.RepetitionFilter.MOST


def test_what_was_left_out_is_reported_and_what_differs_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [0.0]
    monkeypatch.setattr("caraus.core.logs.time.monotonic", lambda: clock[0])
    repetitions = logs.RepetitionFilter()

    def record(message: object, level: int = logging.ERROR) -> logging.LogRecord:
        return logging.LogRecord("caraus.x", level, "", 0, message, (), None)

    assert sum(repetitions.filter(record("full")) for _ in range(50)) == 10
    assert all(repetitions.filter(record(f"other {number}")) for number in range(50))
    assert all(repetitions.filter(record("told", logging.INFO)) for _ in range(50))
    clock[0] = 61
    after = record("full")
    assert repetitions.filter(after)
    assert after.getMessage() == "full (left out since: 40)"
    for _ in range(49):
        repetitions.filter(record({"event": "full"}))
    clock[0] = 130
    last = record({"event": "full"})
    assert repetitions.filter(last)
    assert isinstance(last.msg, dict)
    assert last.msg["left_out"] == 40
