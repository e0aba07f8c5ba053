"""The calls of a day: what presses may spend of them, and what the page says when none is left."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import CompanyRight
from caraus.core.formatting import BUCHAREST, bucharest_day, moment_in_words
from caraus.sync.limiter import quotas
from caraus.sync.models import AuthorizationLimit, SyncState
from caraus.sync.requests import SyncNowResult, request_sync_now
from caraus.sync.romanian_day import until_tomorrow
from caraus.sync.schedule.next_sync import next_interval
from tests import factories
from tests.sync.sync_states import add_old_states, due

LIST, SYNC = "/transporturi/", "/transporturi/sincronizare/"
MINUTE = timedelta(minutes=1)


def at_hour(hour: int) -> datetime:
    return datetime(2026, 11, 24, hour, 0, tzinfo=BUCHAREST)


@pytest.mark.parametrize(("hour", "spent", "allowed"), [(0, 199, True), (0, 200, False)])
def test_of_a_companys_day_a_press_never_takes_what_the_timer_needs_until_midnight(
    company: Company, monkeypatch: pytest.MonkeyPatch, hour: int, spent: int, allowed: bool
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: at_hour(hour))
    day = bucharest_day(at_hour(hour))
    add_old_states([company], calls_day=day, calls_today=spent)
    result = request_sync_now([company.pk])
    assert result == (SyncNowResult((company.pk,)) if allowed else SyncNowResult((), limited=1))


def test_whatever_people_press_the_timer_polls_until_midnight(company: Company) -> None:
    """A day of a busy company, with a press whenever one is let through: never blind."""
    at, day_end = at_hour(0), at_hour(0) + timedelta(days=1)
    state = SyncState(company=company, rate=2000)
    longest = timedelta()
    while at < day_end:
        quotas.count_call(state, at)
        limit = quotas.company_daily_limit(state)
        assert limit
        while limit - state.calls_today > quotas.timer_share(at) * limit:
            quotas.count_call(state, at)  # a person's
        wait = next_interval(state, at, 0)
        if at + wait < day_end:
            longest = max(longest, wait)
        at += wait
    assert state.calls_today <= 1000
    assert longest < 10 * MINUTE


def test_near_the_days_limit_the_page_says_why_a_press_does_nothing(
    signed_in: Client, company: Company
) -> None:
    factories.authorization(company.organization)
    add_old_states([company], calls_day=bucharest_day(timezone.now()), calls_today=1000)
    signed_in.post(SYNC)
    assert due() == set()
    assert "La cerere sincronizăm din nou mâine" in signed_in.get(LIST).content.decode()


def test_of_an_authorizations_day_a_press_never_takes_what_the_timer_needs(
    organization: Organization, company: Company
) -> None:
    authorization = factories.authorization(organization)
    CompanyRight.objects.create(authorization=authorization, company=company, state="covered")
    other_company = factories.company(organization, cui=factories.OTHER_CUI)  # another may serve it
    add_old_states([company, other_company])
    AuthorizationLimit.objects.create(
        authorization=authorization,
        daily_limit=100,
        calls_day=bucharest_day(timezone.now()),
        calls_today=100,
    )
    assert request_sync_now([company.pk, other_company.pk]) == SyncNowResult(
        (other_company.pk,), limited=1
    )


# -- the day's limit is reached -------------------------------------------------------------------


def tomorrow() -> datetime:
    now = timezone.now()
    return now + until_tomorrow(now)


def of_the_page(client: Client) -> tuple[str, str]:
    """Return the line beside the list's count, and the button."""
    page = client.get(LIST).content.decode()
    line = page[page.index('<p class="state-sync"') :].split("</p>")[0]
    form = re.search(r'<form[^>]*id="sincronizare".*?</form>', page, re.DOTALL)
    assert form
    return line, form[0]


@pytest.mark.parametrize("by", ["ANAF's word", "our limit"])
def test_when_the_days_limit_is_reached_the_page_says_when_it_goes_on_and_the_button_is_off(
    signed_in: Client, company: Company, by: str
) -> None:
    factories.authorization(company.organization)
    now, is_used_up = timezone.now(), by == "ANAF's word"
    add_old_states(
        [company],
        last_good_at=now - MINUTE,
        next_sync_at=tomorrow(),
        last_code="daily_limit" if is_used_up else "",
        failures_in_a_row=int(is_used_up),
        error_since=now if is_used_up else None,
        calls_day=bucharest_day(now),
        calls_today=5 if is_used_up else 1000,
    )
    line, button = of_the_page(signed_in)
    moment = moment_in_words(tomorrow(), now=now)
    assert f"următoarea: {moment}" in line
    assert "cel târziu după" not in line
    assert " disabled" in button
    assert f"Următoarea sincronizare: {moment}" in button
    part = signed_in.get(LIST, headers={"hx-request": "true"}).content.decode()
    assert 'data-sync-off="Limita zilnică de interogări la ANAF a fost atinsă. Următoarea ' in part


def test_while_one_company_has_calls_left_the_button_works(
    signed_in: Client, organization: Organization, company: Company
) -> None:
    factories.authorization(organization)
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    add_old_states([company], last_code="daily_limit", next_sync_at=tomorrow(), failures_in_a_row=1)
    add_old_states([other_company])
    line, button = of_the_page(signed_in)
    assert "cel târziu după" in line
    assert " disabled" not in button
    assert "următoarea" in signed_in.get(f"{LIST}?firma={company.cui}").content.decode()
