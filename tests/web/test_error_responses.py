"""Requests that can't be served end soon, with a sentence: locks, slow statements, odd parameters,
forms of many companies."""

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caraus.accounts import audit_log
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations.models import ExternalLink
from caraus.web import error_responses
from tests import factories
from tests.web import addresses

# -- locks and statements ------------------------------------------------------------------------


@pytest.fixture
def locked(transactional_db: None, settings: LazySettings) -> Iterator[Client]:
    """Yield an owner's browser, while another transaction holds the organization's row."""
    organization = factories.organization()
    client = Client()
    client.force_login(factories.member(organization, "owner"))
    with psycopg.connect(**connection.get_connection_params()) as other_connection:
        other_connection.execute("SELECT 1 FROM accounts_organization FOR UPDATE")
        yield client
        other_connection.rollback()
    connection.close()  # and with it what was set on it


SETTINGS = {"name": "Alt nume", "keep_transports_months": ""}


def test_a_lock_that_is_held_ends_in_a_sentence(locked: Client, settings: LazySettings) -> None:
    settings.WEB_LOCK_SECONDS, settings.WEB_STATEMENT_SECONDS = 1, 60
    error_responses.set_timeouts(connection)
    response = locked.post("/organizatie/setari/", SETTINGS)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "lucrează chiar acum la aceleași date" in response.text
    assert Organization.objects.get().name == "Trans Test"


def test_a_statement_that_takes_too_long_ends_in_a_sentence(
    locked: Client, settings: LazySettings
) -> None:
    settings.WEB_LOCK_SECONDS, settings.WEB_STATEMENT_SECONDS = 60, 1
    error_responses.set_timeouts(connection)
    response = locked.post("/organizatie/setari/", SETTINGS, headers={"hx-request": "true"})
    assert response.status_code == 503
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text.startswith("Răspunsul a durat prea mult și l-am oprit")


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("pooled", "lock", "statement"), [(False, "3s", "30s"), (True, "0", "0")])
def test_only_connections_of_web_processes_are_bounded(
    settings: LazySettings, pooled: bool, lock: str, statement: str
) -> None:
    assert (shown("lock_timeout"), shown("statement_timeout")) == ("0", "0")
    settings.POOLED = pooled  # then the pooler does it (tests/running)
    error_responses.set_timeouts_on_connect()
    try:
        connection.close()
        assert (shown("lock_timeout"), shown("statement_timeout")) == (lock, statement)
    finally:
        connection_created.disconnect(dispatch_uid="caraus.web.error_responses")
        connection.close()
    assert shown("lock_timeout") == "0"


# -- odd parameters ------------------------------------------------------------------------------

NAMES = (
    *("q", "fel", "de", "pana", "pagina", "firma", "arata", "de_la", "pana_la", "declarant"),
    *("vehicul", "loc", "modificate", "probleme", "sortare", "dupa", "inainte", "saptamana"),
    *("dupa_numar", "ordine", "stare", "perioada", "asteapta", "autorizare", "state", "code"),
    *("error", "error_description", "next", "inapoi"),
)
ODD = ["\0", "a\0b", "9999-12-31", "0001-01-01", "9999-12-31T23:59:59+00:00.1", "9" * 30]


@pytest.mark.parametrize("value", ODD)
def test_no_odd_parameter_of_an_address_is_an_error(
    signed_in: Client, company: Company, owner: User, organization: Organization, value: str
) -> None:
    factories.authorization(organization)
    audit_log.record_action("company", "A adăugat firma.", user=owner, organization=organization)
    query = "&".join(f"{name}={quote(value)}" for name in NAMES)
    for path, methods in addresses.OWN_ROUTES.items():
        if "GET" in methods:
            response = signed_in.get(f"/{path}?{query}")
            addresses.body_text(response)  # to its end: a file is closed by it
            assert response.status_code < 500, path


@pytest.mark.parametrize("value", ["\0", "9999-12-31"])
def test_no_odd_field_of_a_form_is_an_error(
    signed_in: Client, company: Company, value: str
) -> None:
    form = dict.fromkeys([*NAMES, "name", "text", "email", "role", "denumire", "membru"], value)
    for path, methods in addresses.OWN_ROUTES.items():
        if "POST" in methods and path != "organizatie/parasire/":
            response = signed_in.post(f"/{path}", form)
            addresses.body_text(response)  # to its end: a file is closed by it
            assert response.status_code < 500, path


def test_what_postgresql_can_not_store_is_reported(signed_in: Client) -> None:
    """A view that passes a NUL on: whichever it is, it is no fault of the server."""
    error = ValueError("A string literal cannot contain NUL (0x00) characters.")
    request = signed_in.get("/firme/").wsgi_request
    response = error_responses.response_to_error(request, error)
    assert response is not None
    assert response.status_code == 400
    assert error_responses.response_to_error(request, ValueError("something else")) is None


def test_a_long_search_of_the_audit_log_is_cut(signed_in: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert signed_in.get("/organizatie/jurnal/", {"q": "ab " * 1300}).status_code == 200
    assert max(query["sql"].count("ab%") for query in queries) <= 3 * 67


# -- forms of many companies ---------------------------------------------------------------------


@pytest.fixture
def many(organization: Organization) -> list[int]:
    companies = Company.objects.bulk_create(
        Company(organization=organization, cui=str(10_000_000 + number)) for number in range(1000)
    )
    return [company.pk for company in companies]


def test_forms_take_a_thousand_companies(
    signed_in: Client, organization: Organization, many: list[int]
) -> None:
    response = signed_in.post("/integrari/linkuri/", {"companies": many, "email": ""})
    assert response.status_code == 200
    assert ExternalLink.objects.get().companies.count() == 1000
    member = Membership.objects.get(user=factories.member(organization, "viewer"))
    form = {"role": "viewer", "only_some": "on", "companies": many[1:]}
    response = signed_in.post(f"/organizatie/membri/{member.pk}/", form)
    assert response.status_code == 302
    assert member.companies.count() == 999
    invited = {"email": "nou@example.ro", "role": "viewer", "only_some": "on", "companies": many}
    assert signed_in.post("/organizatie/membri/", invited).status_code == 302
    assert signed_in.post("/notificari/preferinte/", {"companies": many}).status_code < 400


def test_more_ticks_than_are_taken_are_reported_and_nothing_changes(
    signed_in: Client, settings: LazySettings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 50
    response = signed_in.post("/integrari/linkuri/", {"companies": list(range(100))})
    assert response.status_code == 400
    assert "mai multe bife decât primim o dată (50)" in response.text
    assert "înapoi" in response.text
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = signed_in.post("/firme/lista/", {"text": "x" * 200})
    assert "Textul trimis este prea lung" in response.text
