"""A person authorizes: the state, the code, and what comes of each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import DatabaseError, connections
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations import consent
from caraus.authorizations.anaf_errors.consent_errors import (
    INTERRUPTED,
    NO_LONGER_ALLOWED,
    NOTHING_CAME,
    STATE_EXPIRED,
    STATE_USED,
    WRONG_STATE,
)
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import ErrorText
from caraus.authorizations.models import Authorization, CompanyRight, ConsentRequest
from caraus.transports.models import Transport
from tests.authorizations.processes import until
from tests.authorize import at_once
from tests.simulator_process import SimulatorProcess, came_back, flow_of
from tests.worker import Worker

START, CALLBACK = "/integrari/autorizare/", "/anaf/callback"


def begin(client: Client) -> str:
    """Press the button; gives ANAF's address."""
    response = client.post(START)
    assert response.status_code == 302
    return response["Location"]


def finish(client: Client, **callback: str) -> str:
    """Come back from ANAF; gives the page."""
    response = client.get(CALLBACK, callback)
    assert response.status_code == 200
    return response.content.decode()


def test_an_authorization_brings_every_uit_of_the_company(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, company: Company
) -> None:
    page = finish(signed_in, **anaf.log_in("three", url=begin(signed_in)))
    assert "Autorizarea a reușit" in page
    assert Authorization.objects.get().status == "active"

    worker.drain()

    expected = {record["uit"] for record in anaf.active(company.cui)}
    assert expected
    assert set(Transport.objects.values_list("uit", flat=True)) == expected


def test_what_is_kept_of_an_authorization(
    anaf: SimulatorProcess, signed_in: Client, owner: User
) -> None:
    finish(signed_in, **anaf.log_in("three", url=begin(signed_in)))
    authorization = Authorization.objects.get()
    now = timezone.now()
    assert (authorization.authorized_by, authorization.person_name) == (owner, owner.name)
    assert authorization.certificate_serial == "2006051671C0FFEE01A2B3C4D5E6F701"
    assert (authorization.certificate_holder, authorization.holder_name) == ("", owner.name)
    assert timedelta(days=89) < authorization.access_expires_at - now <= timedelta(days=90)
    assert timedelta(days=364) < authorization.refresh_expires_at - now <= timedelta(days=365)
    assert not authorization.access_expiry_estimated
    request = ConsentRequest.objects.get()
    assert (request.result, request.used_at is None) == ("ok", False)


def refused(page: str, error: ErrorText) -> bool:
    """Return whether the page says what happened and what to do, and nothing was authorized."""
    assert str(error.sentence) in page
    assert "Autorizarea a reușit" not in page
    return not Authorization.objects.exists()


@pytest.mark.parametrize("state", ["", "invented", "\x00", "ă" * 3000])
def test_a_response_with_a_state_that_nobody_was_given_is_refused(
    anaf: SimulatorProcess, signed_in: Client, state: str
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    anaf.forget_calls()
    assert refused(finish(signed_in, code=callback["code"], state=state), WRONG_STATE)
    assert anaf.calls("token") == []


def test_a_response_that_belongs_to_another_user_is_refused_and_stays_usable(
    anaf: SimulatorProcess, signed_in: Client, teammate: User, stranger: User
) -> None:
    Authorization.objects.all().delete()
    callback = anaf.log_in("three", url=begin(signed_in))
    for someone in (teammate, stranger):
        other_client = Client()
        other_client.force_login(someone)
        assert refused(finish(other_client, **callback), WRONG_STATE)
    assert "Autorizarea a reușit" in finish(signed_in, **callback)


def test_a_response_after_ten_minutes_is_refused(anaf: SimulatorProcess, signed_in: Client) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    request = ConsentRequest.objects.get()
    assert request.expires_at - request.created_at == timedelta(minutes=10)
    ConsentRequest.objects.update(expires_at=timezone.now())
    assert refused(finish(signed_in, **callback), STATE_EXPIRED)


def test_a_response_is_used_once_and_the_page_loaded_again_says_the_same(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, company: Company
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    finish(signed_in, **callback)
    worker.drain()
    anaf.forget_calls()
    ConsentRequest.objects.update(expires_at=timezone.now())  # also much later
    assert "Autorizarea a reușit" in finish(signed_in, **callback)
    assert Authorization.objects.get().status == "active"
    assert anaf.calls() == []
    CompanyRight.objects.update(state="no_right")
    assert "Autorizat, dar fără drept în SPV" in finish(signed_in, **callback)
    Authorization.objects.update(status="disconnected")
    assert str(STATE_USED.sentence) in finish(signed_in, **callback)


def test_a_failure_loaded_again_says_the_same_and_requests_nothing(
    anaf: SimulatorProcess, signed_in: Client
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    anaf.turn_on("token_endpoint_down")
    assert refused(finish(signed_in, **callback), consent.consent_error("token_endpoint_down"))
    anaf.turn_off("token_endpoint_down")
    anaf.forget_calls()
    assert refused(finish(signed_in, **callback), consent.consent_error("token_endpoint_down"))
    assert anaf.calls() == []


@pytest.mark.django_db(transaction=True)
def test_a_response_that_comes_many_times_at_once_is_used_once(
    anaf: SimulatorProcess, organization: Organization, owner: User
) -> None:
    address = consent.begin_consent(user=owner, organization=organization, browser="b")
    callback = anaf.log_in("three", url=address)
    anaf.forget_calls()

    def finish_it() -> object:
        return consent.finish_consent(
            user=owner, browser="b", state=callback["state"], code=callback["code"]
        )

    results = at_once(*[finish_it] * 3)
    authorization = Authorization.objects.get()
    assert authorization in results
    assert all(
        result == authorization or isinstance(result, consent.ConsentInProgress)
        for result in results
    )
    assert finish_it() == authorization
    assert len(anaf.calls("token")) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refused_by_anaf", [False, True])
def test_the_second_of_two_callbacks_waits_for_the_first_and_shows_the_same(
    anaf: SimulatorProcess, signed_in: Client, settings: Any, *, refused_by_anaf: bool
) -> None:
    """A double click, a page that is loaded ahead."""
    settings.ANAF_TIMEOUT_SECONDS = 60
    callback = anaf.log_in("three", url=begin(signed_in))
    anaf.turn_on("held", endpoint="token")
    if refused_by_anaf:
        anaf.turn_on("token_endpoint_down")
    anaf.forget_calls()
    ahead = Client()
    ahead.cookies = signed_in.cookies  # the same browser
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(_in_thread, ahead, callback)
        until(lambda: anaf.calls("token"))
        second = signed_in.get(CALLBACK, callback)
        assert "Autorizarea se termină" in second.content.decode()
        assert second["Refresh"] == "1"  # the browser asks again by itself
        anaf.turn_off("held")
        page = first.result(60)
    expected = (
        ERROR_TEXTS["token_endpoint_down"].sentence if refused_by_anaf else "Autorizarea a reușit"
    )
    assert expected in page
    assert expected in finish(signed_in, **callback)
    assert len(anaf.calls("token")) == 1


def _in_thread(client: Client, callback: dict[str, str]) -> str:
    try:
        return finish(client, **callback)
    finally:
        connections.close_all()


def test_a_response_whose_process_died_is_not_waited_for_for_ever(
    anaf: SimulatorProcess, signed_in: Client
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    ConsentRequest.objects.update(used_at=timezone.now() - timedelta(minutes=1))
    assert "Autorizarea se termină" in finish(signed_in, **callback)
    ConsentRequest.objects.update(used_at=timezone.now() - timedelta(minutes=2))
    page = finish(signed_in, **callback)
    assert str(INTERRUPTED.sentence) in page
    assert "Refresh" not in signed_in.get(CALLBACK, callback)


@pytest.mark.django_db(transaction=True)
def test_a_mistake_of_ours_is_reported_to_whoever_loads_the_page_again(
    anaf: SimulatorProcess, signed_in: Client
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the server fell'; END $$;"
            "CREATE TRIGGER break_it BEFORE INSERT ON authorizations_authorization "
            "FOR EACH ROW EXECUTE FUNCTION break_it()"
        )
    try:
        with pytest.raises(DatabaseError, match="the server fell"):
            signed_in.get(CALLBACK, callback)
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION break_it() CASCADE")
    assert str(INTERRUPTED.sentence) in finish(signed_in, **callback)


@pytest.mark.parametrize(
    ("change", "error"), [({"role": "viewer"}, NO_LONGER_ALLOWED), ({}, NOTHING_CAME)]
)
def test_our_own_refusals_are_reported_again_too(
    anaf: SimulatorProcess,
    signed_in: Client,
    owner: User,
    change: dict[str, Any],
    error: ErrorText,
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    Membership.objects.filter(user=owner).update(**change) if change else None
    for _ in range(2):
        assert refused(finish(signed_in, state=callback["state"]), error)


def test_without_a_code_nothing_comes_of_it(anaf: SimulatorProcess, signed_in: Client) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    assert refused(finish(signed_in, state=callback["state"]), NOTHING_CAME)


def cancel(anaf: SimulatorProcess, address: str) -> dict[str, str]:
    """Press „Renunță” in ANAF's window."""
    form = {"flow": flow_of(anaf.http.get(address)), "certificate": "three", "action": "cancel"}
    chooser = f"{anaf.url}/anaf-oauth2/v1/authorize/certificate"
    return came_back(anaf.http.post(chooser, data=form))


def test_a_cancelled_login_is_reported_as_such(anaf: SimulatorProcess, signed_in: Client) -> None:
    callback = cancel(anaf, begin(signed_in))
    assert callback["error"] == "access_denied"
    assert ERROR_TEXTS["cancelled"].sentence in finish(signed_in, **callback)
    assert ConsentRequest.objects.get().result == "cancelled"
    assert not Authorization.objects.exists()


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>", "boo\x00"])
def test_whatever_error_comes_back_is_reported_and_never_echoed(
    anaf: SimulatorProcess, signed_in: Client, error: str
) -> None:
    state = parse_qs(urlsplit(begin(signed_in)).query)["state"][0]
    page = finish(signed_in, state=state, error=error, error_description="<b>boo</b>")
    result = ConsentRequest.objects.get().result
    assert ERROR_TEXTS[result].sentence in page
    assert "<script>" not in page.replace("<script ", "")
    assert "<b>boo" not in page
    assert "Reînnoirea" not in page
    assert not Authorization.objects.exists()


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("token_endpoint_down", "token_endpoint_down"),
        ("token_html", "waf_rejected"),
        ("token_timeout", "timeout"),
        ("down_refused", "refused"),
    ],
)
def test_an_error_of_anaf_at_the_exchange_is_reported_with_what_to_do(
    anaf: SimulatorProcess, signed_in: Client, settings: Any, scenario: str, code: str
) -> None:
    settings.ANAF_TIMEOUT_SECONDS = 1
    callback = anaf.log_in("three", url=begin(signed_in))
    anaf.turn_on(scenario)
    page = finish(signed_in, **callback)
    assert ERROR_TEXTS[code].sentence in page
    assert "Reînnoirea" not in page  # there is none yet, and nothing is tried again by itself
    assert "automat" not in page
    assert not Authorization.objects.exists()
    assert ConsentRequest.objects.get().result == code


@pytest.mark.parametrize("reset", [False, True])
def test_a_code_that_came_too_late_is_reported_as_such(
    anaf: SimulatorProcess, signed_in: Client, reset: bool
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    anaf.advance(seconds=61)
    if reset:
        anaf.turn_on("late_code_reset")
    page = finish(signed_in, **callback)
    code = ConsentRequest.objects.get().result
    assert code in ({"code_expired", "network"} if reset else {"code_expired"})
    assert ERROR_TEXTS[code].sentence in page
    assert not Authorization.objects.exists()


def test_a_certificate_without_rights_authorizes_and_the_company_is_reported_uncovered(
    worker: Worker, anaf: SimulatorProcess, signed_in: Client, company: Company
) -> None:
    assert "Autorizarea a reușit" in finish(
        signed_in, **anaf.log_in("norights", url=begin(signed_in))
    )
    worker.drain()
    assert Authorization.objects.get().status == "active"
    assert CompanyRight.objects.get().get_state_display() == "fără drept în SPV"
    assert "fără drept în SPV" in signed_in.get("/integrari/").content.decode()


@pytest.mark.parametrize("change", [{"role": "viewer"}, None])
def test_a_role_lost_on_the_way_to_anaf_ends_the_authorization(
    anaf: SimulatorProcess, signed_in: Client, owner: User, change: dict[str, Any] | None
) -> None:
    callback = anaf.log_in("three", url=begin(signed_in))
    memberships = Membership.objects.filter(user=owner)
    memberships.update(**change) if change else memberships.delete()
    anaf.forget_calls()
    assert refused(finish(signed_in, **callback), NO_LONGER_ALLOWED)
    assert anaf.calls("token") == []


def test_the_same_certificate_again_replaces_the_authorization_and_deletes_its_tokens(
    anaf: SimulatorProcess, signed_in: Client
) -> None:
    for _ in range(2):
        finish(signed_in, **anaf.log_in("three", url=begin(signed_in)))
    finish(signed_in, **anaf.log_in("single", url=begin(signed_in)))
    statuses = Authorization.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["replaced", "active", "active"]
    first = Authorization.objects.order_by("pk")[0]
    assert first.access_token_sealed == first.refresh_token_sealed == ""


def test_a_new_certificate_replaces_the_same_persons_dead_authorization(
    anaf: SimulatorProcess, signed_in: Client
) -> None:
    finish(signed_in, **anaf.log_in("three", url=begin(signed_in)))
    Authorization.objects.update(status="reauthorize")
    finish(signed_in, **anaf.log_in("single", url=begin(signed_in)))
    assert set(Authorization.objects.values_list("status", flat=True)) == {"replaced", "active"}


def test_pressing_the_button_without_a_client_id_is_reported_as_our_fault(
    anaf: SimulatorProcess, signed_in: Client, settings: Any
) -> None:
    settings.ANAF_CLIENT_ID = ""
    response = signed_in.post(START)
    assert response.status_code == 503
    assert ERROR_TEXTS["missing_configuration"].sentence in response.content.decode()
    assert not ConsentRequest.objects.exists()
