"""Silent renewal: once, both tokens, and never at the price of the old ones."""

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db import connection as database
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus import crypto
from caraus.anaf.errors import AnafError, Outcome
from caraus.connections import renewal
from caraus.connections.models import Connection
from caraus.connections.tasks import renew_due
from tests import factories
from tests.authorizations import at_once
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def tokens(connection: Connection) -> tuple[str, str]:
    connection.refresh_from_db()
    return (
        crypto.decrypt(connection.access_token_sealed),
        crypto.decrypt(connection.refresh_token_sealed),
    )


def test_both_new_tokens_and_their_ends_are_saved(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    old = tokens(connection)
    anaf.advance(days=30)
    assert renewal.renew(connection_id=connection.pk)
    new = tokens(connection)
    assert not set(old) & set(new)
    assert anaf.api("info", new[0], cui_op=factories.CUI).status_code == 200
    assert anaf.refresh(new[1]).status_code == 200
    now = timezone.now()
    assert connection.access_expires_at > now + timedelta(days=119)
    assert connection.refresh_expires_at > now + timedelta(days=394)
    assert connection.last_renewed_at
    assert (connection.last_failure_code, connection.last_failure_at) == ("", None)


def test_the_end_that_anaf_keeps_is_the_end_that_is_kept(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    anaf.turn_on("refresh_keeps_end")
    anaf.advance(days=30)
    renewal.renew(connection_id=connection.pk)
    connection.refresh_from_db()
    assert connection.refresh_expires_at < timezone.now() + timedelta(days=366)
    assert not connection.refresh_expiry_estimated


def test_a_refresh_token_that_tells_no_end_is_kept_with_an_estimate(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    anaf.turn_on("refresh_opaque")
    renewal.renew(connection_id=connection.pk)
    connection.refresh_from_db()
    assert connection.refresh_expiry_estimated
    assert renewal.renew(connection_id=connection.pk)


def test_what_ends_within_fifteen_days_is_due_and_again_after_a_pause_when_it_failed(
    db: None,
) -> None:
    organization = factories.organization()
    now = timezone.now()
    near = factories.connection(organization, access_lives=timedelta(days=13, hours=23))
    factories.connection(organization, access_lives=timedelta(days=15, hours=1))
    factories.connection(organization, access_lives=timedelta(days=1), status="reauthorize")
    tried = factories.connection(organization, access_lives=timedelta(hours=1))
    Connection.objects.filter(pk=tried.pk).update(
        last_renewal_attempt_at=now - timedelta(minutes=50), renewal_failures=9
    )
    assert renewal.due(now) == [near.pk]
    assert set(renewal.due(now + timedelta(minutes=17))) == {near.pk, tried.pk}
    Connection.objects.filter(pk=tried.pk).update(renewal_not_before=now + timedelta(days=1))
    assert renewal.due(now + timedelta(minutes=17)) == [near.pk]


def test_the_worker_renews_what_is_due_once(
    worker: Worker, anaf: SimulatorProcess, connection: Connection
) -> None:
    Connection.objects.update(access_expires_at=timezone.now() + timedelta(days=3))
    anaf.forget_calls()
    for hour in range(2):  # the hourly task ran twice before any worker came
        renew_due.func(timestamp=hour)
    assert ProcrastinateJob.objects.filter(task_name="connections.renew").count() == 1
    worker.drain()
    renew_due.func(timestamp=2)
    worker.drain()
    assert [call["grant_type"] for call in anaf.calls("token")] == ["refresh_token"]


@pytest.mark.django_db(transaction=True)
def test_processes_that_find_the_same_token_refused_renew_it_once(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    refused = tokens(connection)[0]
    anaf.turn_on("refresh_kills_old")
    anaf.turn_on("slow", seconds=0.2, endpoint="token")
    anaf.forget_calls()
    results = at_once(*[lambda: renewal.renew(connection_id=connection.pk, refused=refused)] * 3)
    assert sorted(map(str, results)) == ["False", "False", "True"]
    assert len(anaf.calls("token")) == 1


@pytest.mark.django_db(transaction=True)
def test_processes_that_find_the_same_token_ended_renew_it_once(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    Connection.objects.update(access_expires_at=timezone.now())
    anaf.turn_on("slow", seconds=0.2, endpoint="token")
    anaf.forget_calls()
    got = at_once(*[lambda: renewal.access_token(Connection.objects.get(pk=connection.pk))] * 3)
    assert set(got) == {tokens(connection)[0]}
    assert len(anaf.calls("token")) == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_between_the_answer_and_the_commit_leaves_the_old_tokens_usable(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    old = tokens(connection)
    anaf.forget_calls()
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION break_it() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the server fell'; END $$;"
            "CREATE CONSTRAINT TRIGGER break_it AFTER UPDATE ON connections_connection "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break_it()"
        )
    try:
        with pytest.raises(DatabaseError, match="the server fell"):
            renewal.renew(connection_id=connection.pk)
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION break_it() CASCADE")
    assert [call["status"] for call in anaf.calls("token")] == [200]
    assert tokens(connection) == old
    assert connection.is_active
    assert renewal.renew(connection_id=connection.pk)
    assert tokens(connection) != old


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
    anaf: SimulatorProcess, connection: Connection, scenario: str, endpoint: str | None, code: str
) -> None:
    old = tokens(connection)
    anaf.turn_on(scenario, **({"endpoint": endpoint} if endpoint else {}))
    with pytest.raises(AnafError) as caught:
        renewal.renew(connection_id=connection.pk)
    assert caught.value.outcome in {Outcome.UNAVAILABLE, Outcome.BAD_ANSWER}
    assert tokens(connection) == old
    assert connection.status == "active"
    assert connection.last_failure_code == caught.value.code == code
    assert connection.last_renewal_attempt_at

    anaf.turn_off(scenario)
    assert renewal.renew(connection_id=connection.pk)
    connection.refresh_from_db()
    assert connection.last_failure_code == ""


@pytest.mark.parametrize("word", ["invalid_request", "invalid_grant"])
def test_a_refusal_by_the_token_service_needs_a_person(
    anaf: SimulatorProcess, connection: Connection, word: str
) -> None:
    anaf.turn_on("refresh_rejected")
    if word == "invalid_grant":
        anaf.turn_on("invalid_grant")
    with pytest.raises(AnafError) as caught:
        renewal.renew(connection_id=connection.pk)
    assert caught.value.outcome is Outcome.REAUTHORIZE
    connection.refresh_from_db()
    assert (connection.status, connection.last_failure_code) == ("reauthorize", "refresh_rejected")


def test_a_wrong_client_secret_is_ours_and_kills_no_authorization(
    anaf: SimulatorProcess, connection: Connection, settings: object
) -> None:
    settings.ANAF_CLIENT_SECRET = "wrong"  # type: ignore[attr-defined]
    with pytest.raises(AnafError) as caught:
        renewal.renew(connection_id=connection.pk)
    assert caught.value.code == "invalid_client"
    connection.refresh_from_db()
    assert connection.status == "active"


@pytest.mark.parametrize("status", ["reauthorize", "replaced", "disconnected"])
def test_what_is_no_longer_active_is_not_renewed(
    anaf: SimulatorProcess, connection: Connection, status: str
) -> None:
    Connection.objects.update(status=status)
    anaf.forget_calls()
    with pytest.raises(AnafError):
        renewal.renew(connection_id=connection.pk)
    assert anaf.calls() == []
    connection.refresh_from_db()
    assert connection.status == status


@pytest.mark.django_db(transaction=True)
def test_those_who_waited_for_a_renewal_that_failed_do_not_all_try_it_again(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    refused = tokens(connection)[0]
    anaf.turn_on("slow", seconds=0.3, endpoint="token")
    anaf.turn_on("token_endpoint_down")
    anaf.forget_calls()
    results = at_once(*[lambda: renewal.renew(connection_id=connection.pk, refused=refused)] * 4)
    assert [getattr(one, "code", one) for one in results] == ["token_endpoint_down"] * 4
    assert len(anaf.calls("token")) == 1
    connection.refresh_from_db()
    assert connection.renewal_failures == 1

    later = timezone.now() + timedelta(days=85)
    results = at_once(
        *[lambda: renewal.renew(connection_id=connection.pk, only_if_due=True, now=later)] * 4
    )
    assert sorted(str(getattr(one, "code", one)) for one in results) == [
        *["False"] * 3,
        "token_endpoint_down",
    ]
    assert len(anaf.calls("token")) == 2


def test_a_failure_is_forgotten_when_anaf_takes_the_same_token_again_long_before_its_end(
    anaf: SimulatorProcess, connection: Connection
) -> None:
    anaf.turn_on("token_timeout")
    with pytest.raises(AnafError):
        renewal.after_refusal(connection, tokens(connection)[0])
    connection.refresh_from_db()
    before = connection.last_failure_at
    assert before
    renewal.keep_good_call(connection.pk, before - timedelta(seconds=1))  # it came before
    connection.refresh_from_db()
    assert connection.last_failure_code == "timeout"
    renewal.keep_good_call(connection.pk, timezone.now())
    connection.refresh_from_db()
    assert (connection.last_failure_code, connection.renewal_failures) == ("", 0)

    Connection.objects.update(access_expires_at=timezone.now() + timedelta(days=3))
    with pytest.raises(AnafError):
        renewal.renew(connection_id=connection.pk, only_if_due=True)
    renewal.keep_good_call(connection.pk, timezone.now())
    connection.refresh_from_db()
    assert connection.last_failure_code == "timeout"  # this one is still to be renewed
