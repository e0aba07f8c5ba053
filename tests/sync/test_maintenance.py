"""What keeps the schedule whole: clocks, plans, sums of the past, and people notified once."""

from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.anaf.errors import Outcome
from caraus.anaf.info import PARSER_VERSION
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization
from caraus.core.formatting import BUCHAREST, bucharest_day, day_of_month
from caraus.notifications.models import Notification
from caraus.notifications.preferences import Channels, save_channels
from caraus.sync import claims, maintenance, tasks, unreadable_records
from caraus.sync.company_sync import sync_company
from caraus.sync.limiter import permits, quotas
from caraus.sync.models import AuthorizationLimit, Plan, RateLimiter, SyncHour, SyncRun, SyncState
from caraus.sync.notification_kinds import ANAF_OUTAGE
from caraus.sync.schedule import plan, rates
from caraus.sync.schedule.intervals import HELD_SHARE
from caraus.sync.schedule.rates import DEFAULT_PRIOR
from caraus.transports.models import Transport, UnreadableRecord
from tests import factories
from tests.simulator_process import SimulatorProcess
from tests.sync.rounded_rates import round_observed

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def notifications() -> list[tuple[str, str]]:
    """Return who was notified of what, apart from UITs' own kinds."""
    rows = Notification.objects.exclude(kind__startswith="uit_").order_by("pk")
    return list(rows.values_list("user__name", "kind"))


# -- the schedule --------------------------------------------------------------------------------


def test_a_clock_that_jumped_and_came_back_puts_nobody_off(
    organization: Organization, company: Company
) -> None:
    factories.authorization(organization)
    now = timezone.now()
    far = factories.company(organization, cui=factories.OTHER_CUI)
    SyncState.objects.create(company=company, next_sync_at=now + 30 * DAY)
    SyncState.objects.create(company=far, last_attempt_at=now + HOUR, next_sync_at=now + 2 * HOUR)
    assert maintenance.repair_due_times() == 2
    assert not SyncState.objects.filter(next_sync_at__gt=timezone.now()).exists()
    assert maintenance.repair_due_times() == 0


def test_a_new_company_is_adopted_once(company: Company) -> None:
    assert (maintenance.add_missing_states(), maintenance.add_missing_states()) == (1, 0)


def test_the_plan_is_made_from_the_rates_of_all_and_read_by_everybody(
    organization: Organization, settings: LazySettings
) -> None:
    factories.authorization(organization)
    settings.ANAF_CALLS_PER_MINUTE = 5
    for number in range(60):
        company = factories.company(organization, cui=f"9000{number:05d}")
        SyncState.objects.create(company=company, rate=100 if number < 4 else 0.1)
    row = plan.update_plan()
    assert (row.companies, row.slowest, row.stretched) == (60, 60 * HELD_SHARE, False)
    assert plan.current_plan().intervals.multiplier == row.multiplier > 0
    assert plan.current_plan().prior == pytest.approx(DEFAULT_PRIOR)
    SyncState.objects.update(exposure=6, last_good_at=timezone.now())
    SyncState.objects.filter(rate=100).update(new_uits=600)
    alike = {
        round_observed(rates.Observed(600, 6)): 4,
        round_observed(rates.Observed(0, 6)): 56,
    }
    assert plan.update_plan().prior == pytest.approx(rates.improve_prior(DEFAULT_PRIOR, alike))
    assert plan.current_plan().prior[0] > DEFAULT_PRIOR[0]
    settings.ANAF_CALLS_PER_MINUTE = 1
    settings.SYNC_SLOWEST_OF_MANY_MINUTES = 20
    assert plan.update_plan().stretched
    assert Plan.objects.count() == 1


def test_companies_without_an_authorization_cost_no_calls(company: Company) -> None:
    SyncState.objects.create(company=company)
    assert plan.update_plan().companies == 0


# -- daily limits --------------------------------------------------------------------------------


def test_the_daily_limit_pauses_the_authorization_until_tomorrow_and_is_reported_once(
    anaf: SimulatorProcess,
    organization: Organization,
    company: Company,
    authorization: Authorization,
    owner: User,
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    anaf.turn_on("daily_limit")
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=BUCHAREST)
    for each in (company, other_company, company):
        result = sync_company(company_id=each.pk, now=noon)
        assert result.error
        assert result.error.code == "daily_limit"
    assert len(anaf.calls("info")) == 1
    limit = AuthorizationLimit.objects.get(authorization=authorization)
    assert limit.daily_limit == 1000
    assert limit.paused_until == datetime(2026, 11, 25, 0, 5, tzinfo=BUCHAREST)
    assert notifications() == [(owner.name, "limits")]
    notification = Notification.objects.get()
    assert "1000 de interogări" in notification.text
    assert notification.title == "ANAF a limitat interogările până miercuri, 25 noiembrie"
    anaf.turn_off("daily_limit")
    assert sync_company(company_id=company.pk, now=noon + 13 * HOUR).outcome is Outcome.OK


def test_a_learnt_limit_slows_the_companies_of_that_authorization(
    organization: Organization, company: Company, authorization: Authorization
) -> None:
    SyncState.objects.create(company=company, rate=50)
    rights.record_right(authorization=authorization, company=company, covered=True)
    AuthorizationLimit.objects.create(authorization=authorization, daily_limit=96)
    plan.update_plan()
    intervals = plan.current_plan().limited_intervals[authorization.pk]
    assert intervals.multiplier / 50**0.5 == pytest.approx(1440 / 96 / 0.95, rel=0.01)


def test_no_more_calls_than_its_limit_are_spent_for_an_authorization(
    authorization: Authorization, settings: LazySettings
) -> None:
    now = timezone.now()
    assert quotas.use_call(authorization.pk, now)
    assert not AuthorizationLimit.objects.exists()
    settings.ANAF_CALLS_PER_DAY_PER_AUTHORIZATION = 3
    assert [quotas.use_call(authorization.pk, now) for _ in range(5)] == [True] * 3 + [False] * 2
    assert quotas.paused_authorizations([authorization.organization_id], now) == {authorization.pk}
    assert quotas.use_call(authorization.pk, now + 2 * DAY)


def test_a_company_gets_no_more_than_its_calls_a_day(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, settings: LazySettings
) -> None:
    settings.ANAF_CALLS_PER_DAY_PER_COMPANY = 2
    tomorrow = timezone.now().astimezone(BUCHAREST) + DAY
    noon = tomorrow.replace(hour=12, minute=0, second=0, microsecond=0)
    outcomes = [sync_company(company_id=company.pk, now=noon).outcome for _ in range(4)]
    assert outcomes == [Outcome.OK, Outcome.OK, Outcome.RATE_LIMITED, Outcome.RATE_LIMITED]
    assert len(anaf.calls("info")) == 2
    next_poll = SyncState.objects.get().next_sync_at.astimezone(BUCHAREST)
    assert (next_poll.date(), next_poll.hour, next_poll.minute) == ((noon + DAY).date(), 0, 5)
    assert sync_company(company_id=company.pk, now=noon + DAY).outcome is Outcome.OK


@pytest.mark.parametrize(
    ("text", "of_company"),
    [
        ("S-au facut deja 1000 interogari de catre utilizator in cursul zilei", False),
        ("S-au facut deja 1000 interogari pentru CIF=9000 in cursul zilei", True),
        ("S-au facut deja 1000 interogari in cursul zilei", False),
    ],
)
def test_a_message_says_which_limit_was_reached(text: str, of_company: bool) -> None:
    from caraus.anaf.errors import AnafError

    assert quotas.is_company_limit(AnafError("daily_limit", detail=text, limit=1000)) is of_company


# -- a pause, an outage --------------------------------------------------------------------------


def test_429_stops_everybody_at_once_and_is_reported_once(
    anaf: SimulatorProcess,
    organization: Organization,
    company: Company,
    authorization: Authorization,
    owner: User,
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    anaf.turn_on("rate_limited", seconds=900)
    plan.update_plan()
    sync_company(company_id=company.pk)
    for _ in range(2):
        assert sync_company(company_id=other_company.pk).outcome is Outcome.RATE_LIMITED
        maintenance.notify_problems()
    assert len(anaf.calls("info")) == 1
    assert permits.acquire_permit()[0].reason == "paused"
    # Pauses that follow each other are one piece of news; one of another day is another.
    for hours, number in ((1, 1), (25, 2)):
        later = timezone.now() + hours * HOUR
        RateLimiter.objects.update(paused_since=later, paused_until=later + 15 * MINUTE, pauses=9)
        maintenance.notify_problems()
        assert notifications() == [(owner.name, "limits")] * number
    # Read a day later, the hour is still of the right day.
    until = (later + 15 * MINUTE).astimezone(BUCHAREST)
    assert day_of_month(until, today=until) in Notification.objects.all()[0].text
    state = SyncState.objects.filter(company=other_company).first()
    assert state is None or state.failures_in_a_row == 0


def test_an_outage_is_reported_after_an_hour_and_once(
    organization: Organization, owner: User, teammate: User
) -> None:
    factories.authorization(organization)
    save_channels(user=teammate, organization=organization, kind=ANAF_OUTAGE, channels=Channels())
    plan.update_plan()
    permits.acquire_permit()
    RateLimiter.objects.update(open_since=timezone.now() - 59 * MINUTE)
    maintenance.notify_problems()
    assert notifications() == []
    RateLimiter.objects.update(open_since=timezone.now() - 61 * MINUTE)
    maintenance.notify_problems()
    maintenance.notify_problems()
    notification = Notification.objects.get()
    assert notification.user == teammate
    since = RateLimiter.objects.get().open_since
    assert since
    began = since.astimezone(BUCHAREST)
    # In another organization the same person chose it too.
    other_organization = factories.organization("Alta")
    factories.authorization(other_organization)
    Membership.objects.create(user=teammate, organization=other_organization, role="viewer")
    save_channels(
        user=teammate,
        organization=other_organization,
        kind=ANAF_OUTAGE,
        channels=Channels(email=False),
    )
    Plan.objects.update(notified_outage_since=None)
    maintenance.notify_problems()
    assert set(Notification.objects.values_list("organization", "email")) == {
        (organization.pk, notification.pk),
        (other_organization.pk, None),
    }
    assert f"{day_of_month(began, today=began)}, ora {began:%H:%M}" in notification.text


def test_a_mass_disappearance_is_reported_when_it_begins(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, owner: User
) -> None:
    anaf.set_clock("2026-11-24T12:00")
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=BUCHAREST)
    sync_company(company_id=company.pk, now=noon)
    anaf.turn_on("empty")
    for minutes in (5, 16, 27, 38):
        sync_company(company_id=company.pk, now=noon + minutes * MINUTE)
    assert notifications() == [(owner.name, "disappearance")]
    notification = Notification.objects.get(kind="disappearance")
    assert notification.company == company
    assert notification.title == "TRANS CARPAȚI LOGISTIC SRL: ANAF nu mai arată niciun UIT"


def test_more_than_half_that_disappear_are_reported_when_it_begins(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, owner: User
) -> None:
    anaf.set_clock("2026-11-24T12:00")
    noon = datetime(2026, 11, 24, 12, 0, tzinfo=BUCHAREST)
    sync_company(company_id=company.pk, now=noon)
    for record in anaf.active(company.cui)[1:]:
        anaf.withdraw(record["uit"])
    for minutes in (5, 16):
        sync_company(company_id=company.pk, now=noon + minutes * MINUTE)
    assert notifications() == [(owner.name, "disappearance")]
    notification = Notification.objects.get(kind="disappearance")
    assert notification.title.endswith(" au dispărut deodată din lista ANAF")


def test_zero_is_no_limit(company: Company, settings: LazySettings) -> None:
    settings.ANAF_CALLS_PER_DAY_PER_COMPANY = 0
    now = timezone.now()
    state = SyncState(company=company, calls_day=bucharest_day(now), calls_today=10**6)
    assert (quotas.company_daily_limit(state), quotas.is_company_used_up(state, now)) == (
        None,
        False,
    )
    state.daily_limit = 50
    assert (quotas.company_daily_limit(state), quotas.is_company_used_up(state, now)) == (50, True)


# -- the timer's jobs ----------------------------------------------------------------------------


def test_every_minute_and_every_hour_do_what_keeps_the_schedule_whole(
    unreadable: UnreadableRecord, organization: Organization, company: Company
) -> None:
    new = factories.company(organization, cui=factories.OTHER_CUI)
    tasks.run_every_minute(timestamp=0)
    assert SyncState.objects.filter(company=new).exists()
    assert Plan.objects.get().companies == 2
    before = timezone.now() - 9 * DAY
    SyncRun.objects.create(company=company, started_at=before, finished_at=before, outcome="ok")
    tasks.run_hourly(timestamp=0)
    assert SyncHour.objects.get().calls == 1
    unreadable.refresh_from_db()
    assert unreadable.understood_at


# -- a parser that has learnt --------------------------------------------------------------------


@pytest.fixture
def unreadable(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> UnreadableRecord:
    """Make a record that an older parser could not read, although it is well."""
    sync_company(company_id=company.pk)
    row = Transport.objects.order_by("pk").first()
    assert row
    row.raw["uit"] = "3A0C4D7E9F1H2J47"
    now = timezone.now()
    import json

    return UnreadableRecord.objects.create(
        company=company,
        digest="x",
        raw=json.dumps(row.raw),
        reason="de neînțeles",
        first_seen_at=now - HOUR,
        last_seen_at=now - HOUR,
        resolved_at=now,
        parser_version=0,
    )


def test_a_newer_parser_reads_again_what_has_left_anafs_list(
    unreadable: UnreadableRecord, company: Company
) -> None:
    assert unreadable_records.reparse_records() == 1
    unreadable.refresh_from_db()
    assert unreadable.understood_at
    row = Transport.objects.get(uit="3A0C4D7E9F1H2J47")
    assert (row.state, row.last_seen_at) == ("missing", unreadable.last_seen_at)
    assert [event.kind for event in row.events.all()] == ["appeared"]
    assert SyncState.objects.get().last_body_digest == ""  # the next answer is read whole
    assert unreadable_records.reparse_records() == 0


def test_what_the_newer_parser_cannot_read_either_is_left_until_the_next_one(
    unreadable: UnreadableRecord,
) -> None:
    UnreadableRecord.objects.update(raw='"stricat"')
    assert unreadable_records.reparse_records() == 0
    unreadable.refresh_from_db()
    assert (unreadable.understood_at, unreadable.parser_version) == (None, PARSER_VERSION)


def test_a_response_read_by_an_older_parser_is_never_unchanged() -> None:
    from caraus.anaf.info import PARSER_VERSION, body_digest

    assert body_digest(b"[]").startswith(f"{PARSER_VERSION}:")


def test_nothing_is_claimed_when_nothing_is_due(company: Company) -> None:
    assert claims.claim_due(5) == []
