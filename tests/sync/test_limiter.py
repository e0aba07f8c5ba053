"""The rate limiter over several processes: one row, locked for each decision."""

import time
from datetime import datetime
from functools import partial

import pytest
from django.conf import LazySettings

from caraus.accounts.models import Company, Organization
from caraus.anaf.errors import AnafError, Outcome
from caraus.authorizations.models import Authorization
from caraus.sync.company_sync import sync_company
from caraus.sync.limiter import permits, rules
from caraus.sync.models import RateLimiter
from tests import factories
from tests.authorize import at_once
from tests.forked_process import ForkedProcess, begin
from tests.simulator_process import SimulatorProcess

CAP = 900


def _hammer(person: bool, seconds: float) -> list[float]:
    """Do what a worker does, without the polls: return when each of its calls would have gone."""
    sent: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        permit, _ = permits.acquire_permit(requested=1 if person else 7, person=person)
        now = time.time()
        sent += [now + slot.total_seconds() for slot in permit.slots]
        time.sleep(0.05 if person else 0.01)
    return sent


@pytest.mark.process
@pytest.mark.django_db(transaction=True)
def test_several_processes_get_no_more_slots_together_than_one_would() -> None:
    hammers = [
        ForkedProcess(partial(_hammer, person, 4), ANAF_CALLS_PER_MINUTE=CAP)
        for person in (False, False, False, True)
    ]
    begin(*hammers)
    *timers, person = [hammer.result() for hammer in hammers]
    assert [hammer.wait() for hammer in hammers] == [0, 0, 0, 0]
    sent = {"timer": [moment for timer in timers for moment in timer], "person": person}
    moments = sorted(sent["timer"] + sent["person"])
    step, burst = rules.slot_interval(CAP)
    between = step.total_seconds()
    for first in range(len(moments)):
        for last in range(first, len(moments)):
            seconds = moments[last] - moments[first] + 0.1  # the processes read a clock after it
            assert last - first + 1 <= burst + 1 + seconds / between
    assert RateLimiter.objects.get().granted == len(moments)
    assert len(moments) > 0.7 * 4 / between
    assert len(sent["person"]) > 10  # a person gets through, whatever the timers do


@pytest.mark.django_db(transaction=True)
def test_two_who_come_first_at_once_make_one_row() -> None:
    results = at_once(*[lambda: permits.acquire_permit(person=True)] * 4)
    assert not [result for result in results if isinstance(result, Exception)]
    row = RateLimiter.objects.get()
    assert row.granted == 4
    assert isinstance(row.next_of_all, datetime)


@pytest.mark.django_db
def test_a_place_that_was_slept_through_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds + (2.0 if len(slept) == 1 else 0.0)

    monkeypatch.setattr(permits, "monotonic", lambda: clock[0])
    monkeypatch.setattr(permits, "sleep", sleep)
    with permits.limited_call():
        pass
    assert len(slept) == 2 == RateLimiter.objects.get().granted


def test_every_call_needs_a_permit(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    from caraus.anaf import info, oauth
    from caraus.authorizations.configuration import anaf_settings
    from caraus.authorizations.token_refresh import usable_access_token

    token = usable_access_token(authorization)
    sync_company(company_id=company.pk)
    info.fetch_info(anaf_settings(), access_token=token, carrier_cui=company.cui)
    oauth.hello(anaf_settings(), access_token=token)
    assert (
        RateLimiter.objects.get().granted == 3 == len(anaf.calls("info")) + len(anaf.calls("hello"))
    )


def test_one_company_that_anaf_always_fails_about_stops_no_other(
    anaf: SimulatorProcess,
    organization: Organization,
    company: Company,
    authorization: Authorization,
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    for each in (company, other_company):
        assert sync_company(company_id=each.pk).outcome is Outcome.OK
    anaf.turn_on("down_503", cui=company.cui)
    for _ in range(2 * rules.FAILURES_TO_OPEN):
        assert sync_company(company_id=company.pk).outcome is Outcome.UNAVAILABLE
    assert RateLimiter.objects.get().open_since is None
    assert sync_company(company_id=other_company.pk).outcome is Outcome.OK
    anaf.turn_on("down_503")
    for _ in range(rules.FAILURES_TO_OPEN):
        sync_company(company_id=company.pk)
        sync_company(company_id=other_company.pk)
    assert RateLimiter.objects.get().open_since is not None


def test_after_repeated_failures_a_person_reads_of_them_without_a_poll(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, settings: LazySettings
) -> None:
    anaf.turn_on("down_503")
    for _ in range(rules.FAILURES_TO_OPEN):
        sync_company(company_id=company.pk)
    polls = len(anaf.calls("info"))
    result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.UNAVAILABLE
    assert isinstance(result.error, AnafError)
    assert result.error.code == "http_5xx"
    assert len(anaf.calls("info")) == polls


@pytest.mark.parametrize(
    ("code", "is_the_hosts"),
    [
        ("timeout", True),
        ("http_5xx", True),
        ("refused", True),
        ("dns", True),
        ("waf_rejected", True),
        ("html", True),
        ("technical_error", False),
        ("cut_json", False),
        ("no_rights_cui", False),
        ("token_refused", False),
        ("daily_limit", False),
        ("bad_cui", False),
    ],
)
def test_whose_error_opens_the_circuit(code: str, is_the_hosts: bool) -> None:
    assert permits.is_host_error(AnafError(code)) is is_the_hosts
