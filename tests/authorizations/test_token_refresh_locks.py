"""A token service that does not respond holds up the refresh alone.

The simulated token service keeps its answer until the test lets it go: whatever finishes before
that has waited for nothing.
"""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.anaf.errors import AnafError, Outcome
from caraus.authorizations import consent, deadlines, key_rotation, rights, tasks, token_refresh
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncRun, SyncState
from tests import factories, polling
from tests.authorizations.processes import until
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)


class Renewal(threading.Thread):
    """A refresh that waits for ANAF."""

    def __init__(self, authorization_id: int) -> None:
        super().__init__(daemon=True)
        self.authorization_id = authorization_id
        self.result: bool | AnafError | None = None

    def run(self) -> None:
        try:
            self.result = token_refresh.refresh_authorization(
                authorization_id=self.authorization_id
            )
        except AnafError as error:
            self.result = error
        finally:
            connections.close_all()

    def waits(self) -> bool:
        return self.is_alive() and self.result is None


@pytest.fixture
def waiting(
    anaf: SimulatorProcess, authorization: Authorization, settings: LazySettings
) -> Iterator[Renewal]:
    """Request new tokens, whose response ANAF holds."""
    settings.ANAF_TIMEOUT_SECONDS = 120
    anaf.turn_on("held", endpoint="token")
    anaf.forget_calls()
    thread = Renewal(authorization.pk)
    thread.start()
    until(lambda: anaf.calls("token"))
    with database.cursor() as cursor:
        cursor.execute("SET lock_timeout = '20s'")  # who waits fails, and does not hang
    try:
        yield thread
    finally:
        anaf.turn_off("held")
        thread.join(60)
        with database.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def let_go(anaf: SimulatorProcess, thread: Renewal) -> bool | AnafError | None:
    anaf.turn_off("held")
    thread.join(60)
    return thread.result


def nobody_waits() -> bool:
    """Return whether, by PostgreSQL's own word, no session waits for another's lock."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
        )
        (number,) = cursor.fetchone()
    return bool(number == 0)


def test_the_row_is_not_locked_during_the_request_to_anaf(
    waiting: Renewal, anaf: SimulatorProcess, authorization: Authorization
) -> None:
    with transaction.atomic():
        Authorization.objects.select_for_update(nowait=True).get(pk=authorization.pk)
    assert waiting.waits()
    assert let_go(anaf, waiting) is True


def test_first_responses_about_other_companies_are_kept_while_the_token_service_is_silent(
    waiting: Renewal,
    anaf: SimulatorProcess,
    organization: Organization,
    company: Company,
    authorization: Authorization,
) -> None:
    """With their rights and runs, whose rows point to the authorization's."""
    other_companies = [
        factories.company(organization, cui=cui) for cui in (factories.OTHER_CUI, "900030302")
    ]
    for each in (company, *other_companies):
        result = sync_company(company_id=each.pk)
        assert result.outcome in {Outcome.OK, Outcome.NO_RIGHTS}
    assert CompanyRight.objects.filter(authorization=authorization, state="covered").exists()
    assert SyncRun.objects.filter(authorization=authorization, outcome="ok").exists()
    authorization.refresh_from_db()
    assert authorization.last_good_call_at
    assert nobody_waits()
    assert waiting.waits()
    assert let_go(anaf, waiting) is True


def test_the_engine_goes_on_while_the_token_service_is_silent(
    waiting: Renewal, anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    rights.record_right(authorization=authorization, company=company, covered=True)
    for _ in range(2):  # the second answer is an unchanged one
        SyncState.objects.update_or_create(
            company=company, defaults={"next_sync_at": timezone.now()}
        )
        polling.drain()
    assert SyncRun.objects.filter(outcome="ok").count() == 2
    assert nobody_waits()
    assert waiting.waits()
    assert let_go(anaf, waiting) is True


def test_a_good_call_is_not_waited_for_where_another_writes_to_the_row(
    waiting: Renewal, anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    """Whoever writes, for however long: here a session that never ends its transaction."""
    let_go(anaf, waiting)
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with database.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE authorizations_authorization SET certificate_serial = 'x'")
            held.set()
            done.wait(60)
            cursor.execute("ROLLBACK")
        connections.close_all()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    assert held.wait(20)
    try:
        assert sync_company(company_id=company.pk).outcome is Outcome.OK
        assert SyncRun.objects.filter(outcome="ok").exists()
    finally:
        done.set()
        thread.join(20)


def test_a_person_who_disconnects_meanwhile_does_not_wait_and_the_new_tokens_are_not_kept(
    waiting: Renewal, anaf: SimulatorProcess, signed_in: Client, authorization: Authorization
) -> None:
    signed_in.post(f"/integrari/{authorization.pk}/deconectare/")
    assert waiting.waits()
    result = let_go(anaf, waiting)
    assert isinstance(result, AnafError)
    authorization.refresh_from_db()
    assert (authorization.status, authorization.access_token_sealed) == ("disconnected", "")


def test_what_else_concerns_the_authorization_does_not_wait_either(
    waiting: Renewal, anaf: SimulatorProcess, owner: User, authorization: Authorization
) -> None:
    """The notices of its end, new keys, a failure, and a new authorization in its place."""
    Authorization.objects.update(refresh_expires_at=timezone.now() + timedelta(days=5))
    deadlines.notify_of_deadlines()
    assert key_rotation.rotate_token_keys().done == 1
    token_refresh.record_authorization_failure(authorization.pk, AnafError("timeout"))
    anaf.turn_on("held", endpoint="token", cui="none")  # the exchange is answered
    address = consent.begin_consent(
        user=owner, browser="b", organization=authorization.organization, replaces=authorization
    )
    callback = anaf.log_in("three", url=address)
    replacement = consent.finish_consent(
        user=owner, browser="b", state=callback["state"], code=callback["code"]
    )
    assert isinstance(replacement, Authorization)
    authorization.refresh_from_db()
    assert authorization.replaced_by == replacement
    assert waiting.waits()


def test_a_predecessor_whose_row_another_writes_to_is_ended_later_by_the_timer(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    rights.record_right(authorization=authorization, company=company, covered=True)
    new = factories.authorization(authorization.organization)
    Authorization.objects.filter(pk=authorization.pk).update(replaced_by=new)
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with database.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT FROM authorizations_authorization WHERE id = %s FOR UPDATE",
                [authorization.pk],
            )
            held.set()
            done.wait(60)
            cursor.execute("ROLLBACK")
        connections.close_all()

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    assert held.wait(20)
    try:
        with database.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")
        rights.record_right(authorization=new, company=company, covered=True)
    finally:
        done.set()
        thread.join(20)
        with database.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    authorization.refresh_from_db()
    assert authorization.is_active
    tasks.try_rights_due.func(timestamp=0)
    authorization.refresh_from_db()
    assert authorization.status == "replaced"
