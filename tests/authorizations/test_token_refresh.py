"""Silent refresh: once, both tokens, and never at the price of the old ones."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.anaf.errors import AnafError, Outcome
from caraus.authorizations import token_refresh
from caraus.authorizations.models import Authorization
from caraus.authorizations.tasks import refresh_due
from caraus.core import crypto
from tests import factories
from tests.authorize import at_once
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def tokens(authorization: Authorization) -> tuple[str, str]:
    authorization.refresh_from_db()
    return (
        crypto.decrypt(authorization.access_token_sealed),
        crypto.decrypt(authorization.refresh_token_sealed),
    )


def test_both_new_tokens_and_their_ends_are_saved(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    old = tokens(authorization)
    anaf.advance(days=30)
    assert token_refresh.refresh_authorization(authorization_id=authorization.pk)
    new = tokens(authorization)
    assert not set(old) & set(new)
    assert anaf.api("info", new[0], cui_op=factories.CUI).status_code == 200
    assert anaf.refresh(new[1]).status_code == 200
    now = timezone.now()
    assert authorization.access_expires_at > now + timedelta(days=119)
    assert authorization.refresh_expires_at > now + timedelta(days=394)
    assert authorization.last_refreshed_at
    assert (authorization.last_failure_code, authorization.last_failure_at) == ("", None)


def test_the_end_that_anaf_keeps_is_the_end_that_is_kept(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    anaf.turn_on("refresh_keeps_end")
    anaf.advance(days=30)
    token_refresh.refresh_authorization(authorization_id=authorization.pk)
    authorization.refresh_from_db()
    assert authorization.refresh_expires_at < timezone.now() + timedelta(days=366)
    assert not authorization.refresh_expiry_estimated


def test_a_refresh_token_that_states_no_end_is_stored_with_an_estimate(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    anaf.turn_on("refresh_opaque")
    token_refresh.refresh_authorization(authorization_id=authorization.pk)
    authorization.refresh_from_db()
    assert authorization.refresh_expiry_estimated
    assert token_refresh.refresh_authorization(authorization_id=authorization.pk)


def test_what_ends_within_fifteen_days_is_due_and_again_after_a_pause_when_it_failed(
    db: None,
) -> None:
    organization = factories.organization()
    now = timezone.now()
    near = factories.authorization(organization, access_lives=timedelta(days=13, hours=23))
    factories.authorization(organization, access_lives=timedelta(days=15, hours=1))
    factories.authorization(organization, access_lives=timedelta(days=1), status="reauthorize")
    tried = factories.authorization(organization, access_lives=timedelta(hours=1))
    Authorization.objects.filter(pk=tried.pk).update(
        last_refresh_attempt_at=now - timedelta(minutes=50), refresh_failures=9
    )
    assert token_refresh.authorizations_due(now) == [near.pk]
    assert set(token_refresh.authorizations_due(now + timedelta(minutes=17))) == {near.pk, tried.pk}
    Authorization.objects.filter(pk=tried.pk).update(refresh_not_before=now + timedelta(days=1))
    assert token_refresh.authorizations_due(now + timedelta(minutes=17)) == [near.pk]


def test_the_worker_refreshes_what_is_due_once(
    worker: Worker, anaf: SimulatorProcess, authorization: Authorization
) -> None:
    Authorization.objects.update(access_expires_at=timezone.now() + timedelta(days=3))
    anaf.forget_calls()
    for hour in range(2):  # the hourly task ran twice before any worker came
        refresh_due.func(timestamp=hour)
    assert ProcrastinateJob.objects.filter(task_name="authorizations.refresh").count() == 1
    worker.drain()
    refresh_due.func(timestamp=2)
    worker.drain()
    assert [call["grant_type"] for call in anaf.calls("token")] == ["refresh_token"]


@pytest.mark.django_db(transaction=True)
def test_processes_that_find_the_same_token_refused_refresh_it_once(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    refused = tokens(authorization)[0]
    anaf.turn_on("refresh_kills_old")
    anaf.turn_on("slow", seconds=0.2, endpoint="token")
    anaf.forget_calls()
    results = at_once(
        *[
            lambda: token_refresh.refresh_authorization(
                authorization_id=authorization.pk, refused=refused
            )
        ]
        * 3
    )
    assert sorted(map(str, results)) == ["False", "False", "True"]
    assert len(anaf.calls("token")) == 1


@pytest.mark.django_db(transaction=True)
def test_processes_that_find_the_same_token_ended_refresh_it_once(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    Authorization.objects.update(access_expires_at=timezone.now())
    anaf.turn_on("slow", seconds=0.2, endpoint="token")
    anaf.forget_calls()
    access_tokens = at_once(
        *[lambda: token_refresh.usable_access_token(Authorization.objects.get(pk=authorization.pk))]
        * 3
    )
    assert set(access_tokens) == {tokens(authorization)[0]}
    assert len(anaf.calls("token")) == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_the_response_and_the_commit_leaves_the_old_tokens_usable(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    old = tokens(authorization)
    anaf.forget_calls()
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the server fell'; END $$;"
            "CREATE CONSTRAINT TRIGGER break_it AFTER UPDATE ON authorizations_authorization "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break_it()"
        )
    try:
        with pytest.raises(DatabaseError, match="the server fell"):
            token_refresh.refresh_authorization(authorization_id=authorization.pk)
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION break_it() CASCADE")
    assert [call["status"] for call in anaf.calls("token")] == [200]
    assert tokens(authorization) == old
    assert authorization.is_active
    assert token_refresh.refresh_authorization(authorization_id=authorization.pk)
    assert tokens(authorization) != old


@pytest.mark.parametrize(
    ("scenario", "endpoint", "code"),
    [
        ("token_endpoint_down", None, "token_endpoint_down"),
        ("token_html", None, "waf_rejected"),
        ("token_timeout", None, "timeout"),
        ("down_refused", None, "refused"),
        ("down_502", "token", "token_endpoint_down"),
    ],
)
def test_what_may_pass_by_itself_leaves_the_authorization_alive(
    anaf: SimulatorProcess,
    authorization: Authorization,
    scenario: str,
    endpoint: str | None,
    code: str,
) -> None:
    old = tokens(authorization)
    anaf.turn_on(scenario, **({"endpoint": endpoint} if endpoint else {}))
    with pytest.raises(AnafError) as caught:
        token_refresh.refresh_authorization(authorization_id=authorization.pk)
    assert caught.value.outcome in {Outcome.UNAVAILABLE, Outcome.BAD_RESPONSE}
    assert tokens(authorization) == old
    assert authorization.status == "active"
    assert authorization.last_failure_code == caught.value.code == code
    assert authorization.last_refresh_attempt_at

    anaf.turn_off(scenario)
    assert token_refresh.refresh_authorization(authorization_id=authorization.pk)
    authorization.refresh_from_db()
    assert authorization.last_failure_code == ""


@pytest.mark.parametrize("word", ["invalid_request", "invalid_grant"])
def test_a_refusal_by_the_token_service_needs_a_person(
    anaf: SimulatorProcess, authorization: Authorization, word: str
) -> None:
    anaf.turn_on("refresh_rejected")
    if word == "invalid_grant":
        anaf.turn_on("invalid_grant")
    with pytest.raises(AnafError) as caught:
        token_refresh.refresh_authorization(authorization_id=authorization.pk)
    assert caught.value.outcome is Outcome.REAUTHORIZE
    authorization.refresh_from_db()
    assert (authorization.status, authorization.last_failure_code) == (
        "reauthorize",
        "refresh_rejected",
    )


def test_a_wrong_client_secret_is_ours_and_kills_no_authorization(
    anaf: SimulatorProcess, authorization: Authorization, settings: object
) -> None:
    settings.ANAF_CLIENT_SECRET = "wrong"  # type: ignore[attr-defined]
    with pytest.raises(AnafError) as caught:
        token_refresh.refresh_authorization(authorization_id=authorization.pk)
    assert caught.value.code == "invalid_client"
    authorization.refresh_from_db()
    assert authorization.status == "active"


@pytest.mark.parametrize("status", ["reauthorize", "replaced", "disconnected"])
def test_what_is_no_longer_active_is_not_refreshed(
    anaf: SimulatorProcess, authorization: Authorization, status: str
) -> None:
    Authorization.objects.update(status=status)
    anaf.forget_calls()
    with pytest.raises(AnafError):
        token_refresh.refresh_authorization(authorization_id=authorization.pk)
    assert anaf.calls() == []
    authorization.refresh_from_db()
    assert authorization.status == status


@pytest.mark.django_db(transaction=True)
def test_those_who_waited_for_a_refresh_that_failed_do_not_all_try_it_again(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    refused = tokens(authorization)[0]
    anaf.turn_on("slow", seconds=0.3, endpoint="token")
    anaf.turn_on("token_endpoint_down")
    anaf.forget_calls()
    results = at_once(
        *[
            lambda: token_refresh.refresh_authorization(
                authorization_id=authorization.pk, refused=refused
            )
        ]
        * 4
    )
    assert [getattr(result, "code", result) for result in results] == ["token_endpoint_down"] * 4
    assert len(anaf.calls("token")) == 1
    authorization.refresh_from_db()
    assert authorization.refresh_failures == 1

    later = timezone.now() + timedelta(days=85)
    results = at_once(
        *[
            lambda: token_refresh.refresh_authorization(
                authorization_id=authorization.pk, only_if_due=True, now=later
            )
        ]
        * 4
    )
    assert sorted(str(getattr(result, "code", result)) for result in results) == [
        *["False"] * 3,
        "token_endpoint_down",
    ]
    assert len(anaf.calls("token")) == 2


def test_a_failure_is_cleared_when_anaf_takes_the_same_token_again_long_before_its_end(
    anaf: SimulatorProcess, authorization: Authorization
) -> None:
    anaf.turn_on("token_timeout")
    with pytest.raises(AnafError):
        token_refresh.replace_refused_token(authorization, tokens(authorization)[0])
    authorization.refresh_from_db()
    before = authorization.last_failure_at
    assert before
    token_refresh.record_good_call(
        authorization.pk, before - timedelta(seconds=1)
    )  # it came before
    authorization.refresh_from_db()
    assert authorization.last_failure_code == "timeout"
    token_refresh.record_good_call(authorization.pk, timezone.now())
    authorization.refresh_from_db()
    assert (authorization.last_failure_code, authorization.refresh_failures) == ("", 0)

    Authorization.objects.update(access_expires_at=timezone.now() + timedelta(days=3))
    with pytest.raises(AnafError):
        token_refresh.refresh_authorization(authorization_id=authorization.pk, only_if_due=True)
    token_refresh.record_good_call(authorization.pk, timezone.now())
    authorization.refresh_from_db()
    assert authorization.last_failure_code == "timeout"  # this one is still to be refreshed
