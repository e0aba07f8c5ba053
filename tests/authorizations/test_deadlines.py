"""Notices before a person is needed: each once, the most urgent after a time without a worker."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import strategies as st

from caraus.accounts.models import Organization, User
from caraus.anaf.errors import AnafError
from caraus.authorizations import deadlines, token_refresh
from caraus.authorizations.deadlines import STAGES, stage
from caraus.authorizations.models import Authorization, months_later
from caraus.authorizations.recipients import recipients_of
from caraus.core.formatting import BUCHAREST
from caraus.notifications.models import Notification, NotificationEmail
from tests import factories

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ENDS = date(2026, 7, 11)


@pytest.fixture
def ending(organization: Organization, owner: User) -> Authorization:
    """Return an authorization that ends forty days after NOON, at eight in the evening."""
    authorization = factories.authorization(
        organization, authorized_by=owner, serial="00AB12CD34EF5678"
    )
    authorization.authorized_at = NOON - 325 * DAY
    authorization.refresh_expires_at = NOON + 40 * DAY + timedelta(hours=10)
    authorization.access_expires_at = authorization.refresh_expires_at
    authorization.save()
    return authorization


def titles() -> list[str]:
    return [row.title for row in Notification.objects.order_by("created_at")]


def hours_that_count(hours: int) -> Iterator[datetime]:
    """Yield the timer's hours, but those in the midst of a day (of Romania) on which nothing is
    new. What is notified depends on the day alone, as the days with a notice show, whose hours
    are all here."""
    for hour in range(hours):
        moment = NOON + timedelta(hours=hour)
        local = moment.astimezone(BUCHAREST)
        left = (ENDS - local.date()).days
        if local.hour in {0, 23} or left in STAGES or left == -1:
            yield moment


def test_each_notice_comes_once_on_its_day(ending: Authorization) -> None:
    for moment in hours_that_count(24 * 45):
        deadlines.notify_of_deadlines(now=moment)
    # They name the day: „mâine” would be wrong in the list a day later.
    assert titles() == ["Autorizarea SPV expiră sâmbătă, 11 iulie"] * 6
    days = [
        (NOON + 40 * DAY - notification.created_at).days
        for notification in Notification.objects.all()
    ]
    assert sorted(days, reverse=True) == [30, 14, 7, 3, 1, 0]
    assert NotificationEmail.objects.count() == 6


def test_after_a_time_without_a_worker_only_the_most_urgent_is_sent(ending: Authorization) -> None:
    deadlines.notify_of_deadlines(now=NOON + 38 * DAY)
    deadlines.notify_of_deadlines(now=NOON + 38 * DAY + timedelta(hours=1))
    assert titles() == ["Autorizarea SPV expiră sâmbătă, 11 iulie"]
    deadlines.notify_of_deadlines(now=NOON + 42 * DAY)
    assert titles()[1:] == ["Autorizarea SPV a expirat sâmbătă, 11 iulie"]


def test_a_notice_says_who_why_what_to_have_and_where_the_button_is(ending: Authorization) -> None:
    deadlines.notify_of_deadlines(now=NOON + 33 * DAY)
    notification = Notification.objects.get()
    for words in (
        "Ultima autorizare a dat-o Ana Pop, pe 11 iulie 2025, certificat 00AB…EF5678.",
        "sâmbătă, 11 iulie",
        "termenul dat de ANAF",
        "certificatul digital",
        "token-ul USB",
        "PIN",
    ):
        assert words in notification.text
    assert (notification.address, notification.action) == (
        "/integrari/#autorizeaza",
        "Autorizează din nou",
    )


def test_the_rule_of_two_years_is_a_setting_and_counts_where_it_is_earlier(
    ending: Authorization, settings: LazySettings
) -> None:
    assert ending.expires_at == ending.refresh_expires_at
    settings.AUTHORIZATION_MONTHS = 11
    assert ending.expires_at == months_later(ending.authorized_at, 11)
    assert ending.ends_by_rule
    assert ending.expiry_estimated
    deadlines.notify_of_deadlines(now=NOON)
    assert "cam o dată la 2 ani" in Notification.objects.get().text


@pytest.mark.parametrize("status", ["reauthorize", "replaced", "disconnected"])
def test_what_no_longer_lives_is_not_reminded_of(ending: Authorization, status: str) -> None:
    Authorization.objects.update(status=status)
    deadlines.notify_of_deadlines(now=NOON + 39 * DAY)
    assert titles() == []


def test_a_later_end_has_notices_of_its_own(ending: Authorization) -> None:
    deadlines.notify_of_deadlines(now=NOON + 33 * DAY)
    Authorization.objects.update(refresh_expires_at=NOON + 400 * DAY)
    deadlines.notify_of_deadlines(now=NOON + 34 * DAY)
    assert len(titles()) == 1
    deadlines.notify_of_deadlines(now=NOON + 393 * DAY)
    assert len(titles()) == 2


def test_those_who_can_act_are_notified(organization: Organization, owner: User) -> None:
    admin = factories.member(organization, "admin")
    dispatcher = factories.member(organization, "dispatcher")
    factories.member(organization, "dispatcher")
    factories.member(organization, "viewer")
    authorization = factories.authorization(organization, authorized_by=dispatcher)
    assert recipients_of(authorization) == [owner, admin, dispatcher]
    dispatcher.memberships.update(role="viewer")
    assert recipients_of(authorization) == [owner, admin]


def fail(authorization: Authorization, code: str, now: datetime) -> None:
    token_refresh.record_authorization_failure(
        authorization.pk, AnafError(code), attempted=True, now=now
    )


def test_a_passing_error_of_the_token_refresh_is_reported_once_and_only_near_the_end(
    ending: Authorization,
) -> None:
    fail(ending, "token_endpoint_down", ending.access_expires_at - 4 * DAY)
    assert titles() == []
    for hours in (70, 69, 30):
        fail(ending, "token_endpoint_down", ending.access_expires_at - timedelta(hours=hours))
    assert titles() == ["Reînnoirea automată a autorizării SPV nu reușește"]
    assert (
        "Serviciul de autorizare al ANAF nu funcționează acum." in Notification.objects.get().text
    )


def test_when_the_access_token_ends_meanwhile_that_is_reported_too_and_once(
    ending: Authorization,
) -> None:
    for hours in (-2, -1, 1, 2, 30):
        fail(ending, "timeout", ending.access_expires_at + timedelta(hours=hours))
    assert titles() == [
        "Reînnoirea automată a autorizării SPV nu reușește",
        "Autorizarea SPV nu mai merge: reînnoirea automată nu reușește",
    ]


def test_where_the_fault_is_ours_nobody_is_sent_for_the_certificate(ending: Authorization) -> None:
    fail(ending, "invalid_client", ending.access_expires_at - DAY)
    notification = Notification.objects.get().text
    assert "anunță administratorul aplicației" in notification
    assert "autorizează din nou de pe acum" not in notification


def test_a_refusal_is_reported_at_once_and_once(ending: Authorization) -> None:
    for _ in range(3):
        fail(ending, "refresh_rejected", NOON)
    assert titles() == ["Autorizarea SPV trebuie refăcută acum"]
    ending.refresh_from_db()
    assert ending.status == "reauthorize"


def test_our_own_wrong_secret_sends_no_person_to_authorize(ending: Authorization) -> None:
    fail(ending, "invalid_client", NOON)
    assert titles() == []
    ending.refresh_from_db()
    assert ending.is_active


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-1000, 1000))
def test_the_stage_is_the_most_urgent_that_was_reached(end: date, left: int) -> None:
    reached = stage(end, today=end - timedelta(days=left))
    if left > 30:
        assert reached is None
    else:
        assert reached in STAGES
        assert reached >= max(left, 0)
        assert all(days < left or days >= reached for days in STAGES)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 60))
def test_months_later_is_the_same_day_or_the_months_last(day: date, months: int) -> None:
    moment = datetime.combine(day, time(9, 30), tzinfo=UTC)
    later = months_later(moment, months)
    assert (later.year * 12 + later.month) - (moment.year * 12 + moment.month) == months
    assert later.day == moment.day or (later + DAY).day == 1
    assert later.time() == moment.time()
