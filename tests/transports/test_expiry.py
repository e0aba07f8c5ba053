"""A UIT is valid until 24:00 of the day before `first_expired_day`, by the clock in Bucharest."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import today
from caraus.notifications.delivery_settings import save_delivery_settings
from caraus.notifications.models import ChannelPreference, DeliverySettings, Notification
from caraus.transports import expiry
from caraus.transports.models import ExpiryWatch, Transport
from tests import factories

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
DAY = date(2026, 11, 26)
END = datetime(2026, 11, 25, 22, tzinfo=UTC)

type Make = Callable[..., Transport]


@pytest.fixture
def make(company: Company, owner: User) -> Make:
    numbers = count(1)

    def transport(day: date = DAY, **fields: object) -> Transport:
        defaults: dict[str, object] = {
            "company": company,
            "uit": f"UIT{next(numbers):013d}",
            "transport_date": day - timedelta(days=4),
            "first_expired_day": day,
            **dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), END),
        }
        return Transport.objects.create(**(defaults | fields))

    return transport


def told(now: datetime) -> list[tuple[str, str]]:
    """What is told by the tick of this moment, and nothing more by the next one."""
    before = set(Notification.objects.values_list("pk", flat=True))
    expiry.notify_expiring(now)
    expiry.notify_expiring(now)
    rows = Notification.objects.exclude(pk__in=before).order_by("pk")
    return list(rows.values_list("kind", "title"))


@pytest.mark.parametrize(
    ("day", "a_day_before", "four_hours_before", "end", "last_day"),
    [
        (
            DAY,
            datetime(2026, 11, 24, 22, tzinfo=UTC),
            datetime(2026, 11, 25, 18, tzinfo=UTC),
            END,
            "miercuri, 25 noiembrie",
        ),
        # The last Sunday of March has 23 hours, that of October 25.
        (
            date(2026, 3, 30),
            datetime(2026, 3, 28, 21, tzinfo=UTC),
            datetime(2026, 3, 29, 17, tzinfo=UTC),
            datetime(2026, 3, 29, 21, tzinfo=UTC),
            "duminică, 29 martie",
        ),
        (
            date(2026, 10, 26),
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            datetime(2026, 10, 25, 18, tzinfo=UTC),
            datetime(2026, 10, 25, 22, tzinfo=UTC),
            "duminică, 25 octombrie",
        ),
        (
            date(2027, 1, 1),
            datetime(2026, 12, 30, 22, tzinfo=UTC),
            datetime(2026, 12, 31, 18, tzinfo=UTC),
            datetime(2026, 12, 31, 22, tzinfo=UTC),
            "joi, 31 decembrie",
        ),
    ],
)
def test_each_moment_comes_to_the_second_and_once(
    make: Make,
    day: date,
    a_day_before: datetime,
    four_hours_before: datetime,
    end: datetime,
    last_day: str,
) -> None:
    uit = make(day, plate="B01ABC")
    assert told(a_day_before - HOUR) == []
    name = "UIT-ul UIT0 0000 0000 0001 (B01ABC)"
    for moment, kind, verb in [
        (a_day_before, "uit_expiring", "expiră"),
        (four_hours_before, "uit_last_hours", "expiră"),
        (end, "uit_expired", "a expirat"),
    ]:
        assert told(moment - SECOND) == []
        (found,) = told(moment)
        assert found[0] == kind
        year = "" if verb == "expiră" or day.month > 1 else " 2026"
        assert found[1] == f"{name} {verb} {last_day}{year}, la 24:00"
    assert told(end + 48 * HOUR) == []
    (soon, last, over) = Notification.objects.order_by("pk")
    assert soon.matters_until == last.matters_until == end
    assert over.matters_until is None
    assert "nu mai este valabil" in last.text
    assert "oprește-l și cere declarantului un UIT valabil" in over.text
    assert over.address == f"/transporturi/{uit.pk}/"


def test_only_what_is_still_ours_and_valid_is_told(
    make: Make, company: Company, organization: Organization
) -> None:
    archived = factories.company(organization, cui=factories.OTHER_CUI)
    Company.objects.filter(pk=archived.pk).update(archived_at=END)
    make(state="delisted")
    make(carrier_cui=factories.OTHER_CUI)
    make(company=archived)
    make(day=DAY + timedelta(days=9))
    assert told(END - 24 * HOUR - SECOND) == []
    assert told(END + HOUR) == []
    ours = make(carrier_cui=company.cui, state="missing")
    assert told(END + 2 * HOUR) == []
    ExpiryWatch.objects.update(notified_until=END - SECOND)
    # An answer may have found it expired before this tick came.
    Transport.objects.filter(pk=ours.pk).update(state="expired")
    assert [kind for kind, _ in told(END)] == ["uit_expired"]


def test_after_a_standstill_the_most_urgent_is_told_and_the_long_past_is_not(make: Make) -> None:
    make()
    make(DAY - timedelta(days=3))
    assert told(END - 90 * HOUR) == []
    assert [kind for kind, _ in told(END - HOUR)] == ["uit_last_hours"]
    assert [kind for kind, _ in told(END + 5 * HOUR)] == ["uit_expired"]


def test_after_a_long_standstill_too_a_person_hears_of_what_still_lapses(
    make: Make, owner: User, organization: Organization
) -> None:
    DeliverySettings.objects.create(user=owner, organization=organization, first_hours=48)
    make()
    assert told(END - 50 * HOUR) == []
    assert [kind for kind, _ in told(END - 20 * HOUR)] == ["uit_expiring"]


def test_a_worker_killed_in_the_middle_tells_the_rest_once(make: Make) -> None:
    make()
    assert told(END - 25 * HOUR) == []
    with transaction.atomic():
        expiry.notify_expiring(END - 24 * HOUR)
        transaction.set_rollback(True)
    assert len(told(END - 24 * HOUR + 60 * SECOND)) == 1
    ExpiryWatch.objects.update(notified_until=END - 25 * HOUR)  # told, but not remembered
    assert told(END - 24 * HOUR + 120 * SECOND) == []


def test_each_person_has_hours_of_their_own(
    make: Make, organization: Organization, owner: User
) -> None:
    early = factories.member(organization, "dispatcher")
    DeliverySettings.objects.create(
        user=early, organization=organization, first_hours=48, last_hours=6
    )
    away = factories.organization("Alta")
    someone = factories.member(away, "owner")
    DeliverySettings.objects.create(user=someone, organization=away, first_hours=72, last_hours=12)
    ChannelPreference.objects.create(
        user=owner, organization=organization, kind="uit_expiring", bell=False, email=False
    )
    make()
    make(company=factories.company(away, cui=factories.OTHER_CUI))
    assert told(END - 73 * HOUR) == []
    heard = []
    for hours in (72, 48, 24, 12, 6, 4, 0):
        before = set(Notification.objects.values_list("pk", flat=True))
        told(END - hours * HOUR)
        new = Notification.objects.exclude(pk__in=before).order_by("user")
        heard += [(hours, item.user, item.kind) for item in new]
    assert heard == [
        (72, someone, "uit_expiring"),
        (48, early, "uit_expiring"),
        (12, someone, "uit_last_hours"),
        (6, early, "uit_last_hours"),
        (4, owner, "uit_last_hours"),
        (0, owner, "uit_expired"),
        (0, early, "uit_expired"),
        (0, someone, "uit_expired"),
    ]


def test_who_chooses_longer_hours_hears_at_once_of_what_lies_within_them(
    make: Make, organization: Organization, owner: User
) -> None:
    factories.member(organization, "dispatcher")  # who chose nothing hears nothing
    tomorrow = today() + timedelta(days=2)
    make(tomorrow)
    make(tomorrow + timedelta(days=3))
    delivery_settings = DeliverySettings(user=owner, organization=organization, first_hours=48)
    for _ in range(2):
        save_delivery_settings(delivery_settings)
        (one,) = Notification.objects.all()
        assert (one.user, one.kind) == (owner, "uit_expiring")
    delivery_settings.first_hours = 12
    save_delivery_settings(delivery_settings)
    assert Notification.objects.count() == 1


def test_a_hundred_that_lapse_at_one_midnight_are_one_message(make: Make) -> None:
    for _ in range(100):
        make()
    assert told(END - 25 * HOUR) == []
    assert [kind for kind, _ in told(END - 4 * HOUR)] == ["uit_last_hours"]
    (one,) = Notification.objects.all()
    assert one.notified_uits.count() == 100
    assert one.matters_until == END
