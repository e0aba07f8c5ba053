"""„Sincronizează acum”, a new company, a new authorization: due now, in a few statements for any
number of companies, limited, and without waiting for anybody."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from django.conf import LazySettings
from django.db import connection as database
from django.db import connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.consent import authorized
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.sync import claims
from caraus.sync.company_sync import SyncResult, sync_company
from caraus.sync.models import SyncRun, SyncState
from caraus.sync.requests import SyncNowResult, request_sync, request_sync_now
from tests import factories, polling
from tests.authorize import at_once
from tests.simulator_process import SimulatorProcess
from tests.sync.sync_states import add_old_states, create_companies, due
from tests.worker import Worker

LIST, SYNC = "/transporturi/", "/transporturi/sincronizare/"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def statements(action: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(database) as queries:
        action()
    return [query["sql"] for query in queries.captured_queries]


# -- statements -----------------------------------------------------------------------------------


def test_a_press_takes_as_many_statements_for_300_companies_as_for_one(
    signed_in: Client, organization: Organization
) -> None:
    authorization = factories.authorization(organization)
    numbers = []
    for number in (1, 299):
        companies = create_companies(organization, number)
        add_old_states(companies)
        CompanyRight.objects.bulk_create(
            CompanyRight(authorization=authorization, company=company, state="no_right")
            for company in companies
        )
        numbers.append(len(statements(lambda: signed_in.post(SYNC))))
        assert due() == {company.pk for company in companies}
        Company.objects.all().delete()
    assert numbers[0] == numbers[1]
    assert not ProcrastinateJob.objects.exists()  # the poller finds them by itself


def test_one_statement_makes_all_companies_due(organization: Organization) -> None:
    companies = create_companies(organization, 50)
    add_old_states(companies[:25])  # the others have never been polled
    keys = [company.pk for company in companies]
    assert len(statements(lambda: request_sync_now(keys))) == 1
    assert due() == set(keys)


@pytest.mark.django_db(transaction=True)
def test_an_authorization_takes_as_many_statements_for_300_companies_as_for_one(
    organization: Organization,
) -> None:
    authorization = factories.authorization(organization)
    numbers = []
    for number in (1, 299):
        companies = create_companies(organization, number)
        Company.objects.filter(pk=companies[-1].pk).update(archived_at=timezone.now())
        expected = {company.pk for company in companies[:-1]}

        def run_authorize() -> None:
            with transaction.atomic():
                authorized.send(sender=Authorization, authorization=authorization)

        numbers.append(len(statements(run_authorize)))
        assert due() == expected
        Company.objects.all().delete()
        with database.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    assert numbers[0] == numbers[1]


def test_what_is_wanted_is_rolled_back_with_its_transaction(company: Company) -> None:
    with transaction.atomic():
        request_sync([company.pk])
        assert due() == {company.pk}
        transaction.set_rollback(True)
    assert due() == set()


# -- waiting for nobody ---------------------------------------------------------------------------


def while_a_response_is_written(company: Company, action: Callable[[], object]) -> object:
    """Do it while another session holds the company's row, as a running answer does to its end."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                SyncState.objects.select_for_update().get(company=company)
                held.set()
                assert over.wait(30)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(10)
        with database.cursor() as cursor:
            cursor.execute("SET statement_timeout = '5s'")  # it would wait for ever
        return action()
    finally:
        over.set()
        holder.join(10)
        with database.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


@pytest.mark.django_db(transaction=True)
def test_a_press_does_not_wait_for_a_response_that_is_being_written(
    organization: Organization, company: Company
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    add_old_states([company, other_company])
    result = while_a_response_is_written(
        company, lambda: request_sync_now([company.pk, other_company.pk])
    )
    assert result == SyncNowResult((other_company.pk,), under_way=1)
    assert due() == {other_company.pk}


@pytest.mark.django_db(transaction=True)
def test_an_authorization_waits_for_no_response_and_a_job_makes_up_for_it(
    worker: Worker, anaf: SimulatorProcess, organization: Organization, company: Company
) -> None:
    authorization = factories.authorization(organization)
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    add_old_states([company, other_company])

    def run_authorize() -> None:
        with transaction.atomic():
            authorized.send(sender=Authorization, authorization=authorization)

    while_a_response_is_written(company, run_authorize)
    assert due() == {other_company.pk}
    assert ProcrastinateJob.objects.filter(task_name="sync.first_sync").count() == 1
    worker.drain()
    assert set(SyncRun.objects.values_list("company_id", flat=True)) == {
        company.pk,
        other_company.pk,
    }


# -- who is polled -------------------------------------------------------------------------------


def test_a_press_polls_ones_own_companies_only(
    signed_in: Client, company: Company, stranger: User
) -> None:
    factories.authorization(company.organization)
    assert signed_in.post(SYNC).status_code == 302
    assert due() == {company.pk}
    state = SyncState.objects.get()
    assert state.requested_at is not None


def test_a_company_that_was_just_polled_waits_for_its_minute_and_the_page_says_so(
    signed_in: Client, company: Company
) -> None:
    factories.authorization(company.organization)
    now = timezone.now()
    add_old_states([company], last_attempt_at=now - timedelta(seconds=20))
    signed_in.post(SYNC)
    assert due() == set()
    state = SyncState.objects.get()
    assert state.last_attempt_at
    assert state.next_sync_at - state.last_attempt_at == MINUTE
    assert "de îndată ce trece minutul" in signed_in.get(LIST).content.decode()
    assert request_sync_now([company.pk]).just_synced == 1  # again and again: nothing more
    SyncState.objects.update(last_attempt_at=now - MINUTE)
    assert request_sync_now([company.pk]).requested == (company.pk,)


def test_how_soon_a_press_polls_again_is_a_setting(
    company: Company, settings: LazySettings
) -> None:
    settings.SYNC_NOW_SECONDS = 0
    add_old_states([company], last_attempt_at=timezone.now() - timedelta(seconds=1))
    assert request_sync_now([company.pk]).requested == (company.pk,)


def test_a_company_that_is_being_polled_is_left_alone_and_the_page_says_so(
    signed_in: Client, company: Company
) -> None:
    factories.authorization(company.organization)
    add_old_states([company], claimed_until=timezone.now() + MINUTE)
    signed_in.post(SYNC)
    assert SyncState.objects.get().requested_at is None
    assert "sincronizarea este chiar acum în curs" in signed_in.get(LIST).content.decode()


def test_a_second_press_before_the_first_is_served_changes_nothing(company: Company) -> None:
    assert request_sync_now([company.pk]).requested == (company.pk,)
    before = SyncState.objects.get().requested_at
    assert request_sync_now([company.pk]) == SyncNowResult((), under_way=1)
    assert SyncState.objects.get().requested_at == before


def test_for_htmx_what_a_press_left_out_is_said_beside_the_list(
    signed_in: Client, company: Company
) -> None:
    factories.authorization(company.organization)
    add_old_states([company], last_attempt_at=timezone.now())
    headers = {"hx-request": "true"}
    assert signed_in.post(SYNC, headers=headers).status_code == 302
    part = signed_in.get(LIST, headers=headers).content.decode()
    assert '<div id="mesaje" hx-swap-oob="true">' in part
    assert "de îndată ce trece minutul" in part
    assert "mesaje" not in signed_in.get(LIST, headers=headers).content.decode()


# -- limits ---------------------------------------------------------------------------------------


def test_presses_are_limited_per_person_and_per_organization(
    signed_in: Client, organization: Organization, company: Company, settings: LazySettings
) -> None:
    factories.authorization(organization)
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"sync": "2/m/user,3/m/organization"}
    assert [signed_in.post(SYNC).status_code for _ in range(3)] == [302, 302, 429]
    other_client = Client()
    other_client.force_login(factories.member(organization, "dispatcher"))
    assert [other_client.post(SYNC).status_code for _ in range(2)] == [302, 429]


def test_the_limit_of_presses_is_set_for_both(settings: LazySettings) -> None:
    assert {"user", "organization"} == {
        rate.rpartition("/")[2] for rate in settings.RATE_LIMITS["sync"].split(",")
    }


# -- refused rights -------------------------------------------------------------------------------


def test_a_press_lets_few_refused_pairs_be_tried_again_and_none_refused_within_the_hour(
    signed_in: Client, organization: Organization
) -> None:
    authorization = factories.authorization(organization)
    companies, now = create_companies(organization, 60), timezone.now()
    CompanyRight.objects.bulk_create(
        CompanyRight(
            authorization=authorization,
            company=company,
            state="no_right",
            refusals=3,
            checked_at=now - (HOUR + number * MINUTE if number else MINUTE),
            retry_at=now + 24 * HOUR,
        )
        for number, company in enumerate(companies)
    )
    signed_in.post(SYNC)
    lifted = CompanyRight.objects.filter(state="unknown")
    assert set(lifted.values_list("company_id", flat=True)) == {each.pk for each in companies[-20:]}
    assert set(lifted.values_list("refusals", "retry_at")) == {(3, None)}
    SyncState.objects.update(requested_at=None, next_sync_at=now + HOUR)
    for _ in range(3):
        signed_in.post(SYNC)
        SyncState.objects.update(requested_at=None, next_sync_at=now + HOUR)
    assert CompanyRight.objects.get(state="no_right").company_id == companies[0].pk


# -- as before ------------------------------------------------------------------------------------


def test_a_persons_request_is_served_although_the_timer_was_not_due(
    worker: Worker, anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    request_sync([company.pk])
    worker.drain()
    assert SyncRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_sync_requested_while_anaf_is_responding_is_a_poll_of_its_own(
    worker: Worker, anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    anaf.turn_on("slow", seconds=0.5, times=1)
    anaf.forget_calls()

    def authorize() -> None:
        while not anaf.calls("info"):  # the poll is under way
            pass
        request_sync([company.pk])

    result, _ = at_once(lambda: sync_company(company_id=company.pk), authorize)
    assert isinstance(result, SyncResult)
    assert SyncState.objects.get().next_sync_at <= timezone.now()
    worker.drain()
    assert SyncRun.objects.count() == 3
    assert SyncState.objects.get().next_sync_at > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_a_requests_id_is_in_the_pollers_log(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with structlog.contextvars.bound_contextvars(request_id="pressed"):
        request_sync_now([company.pk])
    caplog.clear()
    polling.drain()
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    events = {line["event"] for line in lines if line.get("request_id") == "pressed"}
    assert events == {"company_synced", "requested_company_synced"}


def test_a_deleted_company_is_polled_no_more(company: Company) -> None:
    key = company.pk
    company.delete()
    assert request_sync([key]) == set()
    assert request_sync_now([key]).requested == ()
    assert claims.claim_due(10) == []
