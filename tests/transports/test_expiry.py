"""A UIT is valid until 24:00 of the day before `first_expired_day`, by the clock in Bucharest."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

import pytest
from django.db import transaction

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import BUCHAREST, today
from caraus.notifications.delivery_settings import save_delivery_settings
from caraus.notifications.models import ChannelPreference, DeliverySettings, Notification
from caraus.transports import expiry
from caraus.transports.marks import mark_transports
from caraus.transports.models import ExpiryWatch, Mark, Transport
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


def new_notifications(now: datetime) -> list[tuple[str, str]]:
    """Return what the tick of this moment notifies; the next one adds nothing."""
    before = set(Notification.objects.values_list("pk", flat=True))
    expiry.notify_expiring(now)
    expiry.notify_expiring(now)
    rows = Notification.objects.exclude(pk__in=before).order_by("pk")
    return [(row.kind, row.title) for row in rows]


@pytest.mark.parametrize(
    ("day", "last_day"),
    [
        (DAY, "miercuri, 25 noiembrie"),
        # The last Sunday of March has 23 hours, that of October 25.
        (date(2026, 3, 30), "duminică, 29 martie"),
        (date(2026, 10, 26), "duminică, 25 octombrie"),
        (date(2027, 1, 1), "joi, 31 decembrie"),
    ],
)
def test_each_moment_comes_to_the_second_and_once(make: Make, day: date, last_day: str) -> None:
    """At hours of the clock on the wall, weekends and changes of the clock among them."""

    def at(hour: int, *, days: int) -> datetime:
        return datetime.combine(day - days * timedelta(days=1), time(hour), BUCHAREST)

    end = at(0, days=0)
    uit = make(day, plate="B01ABC")
    assert new_notifications(at(14, days=2)) == []
    name = "UIT-ul UIT0 0000 0000 0001 (B01ABC)"
    for moment, kind, verb in [
        (at(15, days=2), "uit_expiring", "expiră"),
        (at(8, days=1), "uit_ends_today", "expiră"),
        (at(16, days=1), "uit_last_hours", "expiră"),
        (at(7, days=0), "uit_expired", "a expirat"),
    ]:
        assert new_notifications(moment - SECOND) == []
        (notification,) = new_notifications(moment)
        assert notification[0] == kind
        year = "" if verb == "expiră" or day.month > 1 else " 2026"
        assert notification[1] == f"{name} {verb} {last_day}{year}, la 24:00"
    assert new_notifications(end + 48 * HOUR) == []
    (soon, morning, last, over) = Notification.objects.order_by("pk")
    assert soon.matters_until == morning.matters_until == last.matters_until == end
    assert over.matters_until is None
    assert "nu mai este valabil" in last.text
    assert "oprește-l și cere declarantului un UIT valabil" in over.text
    assert over.address == f"/transporturi/{uit.pk}/"


def test_only_what_is_still_ours_and_valid_is_notified(
    make: Make, company: Company, organization: Organization
) -> None:
    archived = factories.company(organization, cui=factories.OTHER_CUI)
    Company.objects.filter(pk=archived.pk).update(archived_at=END)
    make(state="delisted")
    make(carrier_cui=factories.OTHER_CUI)
    make(company=archived)
    make(day=DAY + timedelta(days=9))
    assert new_notifications(END - 33 * HOUR - SECOND) == []
    assert new_notifications(END + 8 * HOUR) == []
    ours = make(carrier_cui=company.cui, state="missing")
    assert new_notifications(END + 9 * HOUR) == []
    ExpiryWatch.objects.update(notified_until=END - SECOND)
    # An answer may have found it expired before this tick came.
    Transport.objects.filter(pk=ours.pk).update(state="expired")
    assert new_notifications(END) == []
    assert [kind for kind, _ in new_notifications(END + 7 * HOUR)] == ["uit_expired"]


def test_what_is_dealt_with_before_the_morning_is_not_notified(make: Make, owner: User) -> None:
    uit = make()
    assert new_notifications(END - HOUR) == []
    mark_transports([uit], Mark.Kind.UNLOADED, owner)
    assert new_notifications(END + 8 * HOUR) == []


def test_after_a_standstill_the_most_urgent_is_notified_and_the_long_past_is_not(
    make: Make,
) -> None:
    make()
    make(DAY - timedelta(days=3))
    assert new_notifications(END - 90 * HOUR) == []
    assert [kind for kind, _ in new_notifications(END - HOUR)] == ["uit_last_hours"]
    assert [kind for kind, _ in new_notifications(END + 9 * HOUR)] == ["uit_expired"]


def test_after_a_long_standstill_too_a_person_is_notified_of_what_still_expires(
    make: Make, owner: User, organization: Organization
) -> None:
    DeliverySettings.objects.create(user=owner, organization=organization, first_hours=57)
    make()
    assert new_notifications(END - 60 * HOUR) == []
    assert [kind for kind, _ in new_notifications(END - 20 * HOUR)] == ["uit_expiring"]


def test_a_worker_killed_in_the_middle_notifies_of_the_rest_once(make: Make) -> None:
    make()
    assert new_notifications(END - 34 * HOUR) == []
    with transaction.atomic():
        expiry.notify_expiring(END - 33 * HOUR)
        transaction.set_rollback(True)
    assert len(new_notifications(END - 33 * HOUR + 60 * SECOND)) == 1
    ExpiryWatch.objects.update(notified_until=END - 34 * HOUR)  # notified, but not remembered
    assert new_notifications(END - 33 * HOUR + 120 * SECOND) == []


def test_each_person_has_hours_of_their_own(
    make: Make, organization: Organization, owner: User
) -> None:
    early = factories.member(organization, "dispatcher")
    DeliverySettings.objects.create(
        user=early, organization=organization, first_hours=40, last_hours=6
    )
    away = factories.organization("Alta")
    someone = factories.member(away, "owner")
    DeliverySettings.objects.create(
        user=someone, organization=away, first_hours=57, day_hours=18, last_hours=12
    )
    ChannelPreference.objects.create(
        user=owner, organization=organization, kind="uit_expiring", bell=False, email=False
    )
    make()
    make(company=factories.company(away, cui=factories.OTHER_CUI))
    assert new_notifications(END - 58 * HOUR) == []
    heard = []
    for hours in (57, 40, 33, 18, 16, 12, 8, 6, 0, -7):
        before = set(Notification.objects.values_list("pk", flat=True))
        new_notifications(END - hours * HOUR)
        new = Notification.objects.exclude(pk__in=before).order_by("user")
        heard += [(hours, item.user, item.kind) for item in new]
    assert heard == [
        (57, someone, "uit_expiring"),
        (40, early, "uit_expiring"),
        (18, someone, "uit_ends_today"),
        (16, owner, "uit_ends_today"),
        (16, early, "uit_ends_today"),
        (12, someone, "uit_last_hours"),
        (8, owner, "uit_last_hours"),
        (6, early, "uit_last_hours"),
        (-7, owner, "uit_expired"),
        (-7, early, "uit_expired"),
        (-7, someone, "uit_expired"),
    ]


def test_who_chooses_longer_hours_is_notified_at_once_of_what_lies_within_them(
    make: Make, organization: Organization, owner: User
) -> None:
    factories.member(organization, "dispatcher")  # who chose nothing is not notified
    after_tomorrow = today() + timedelta(days=3)  # its end is 48 to 72 hours ahead
    make(after_tomorrow)
    make(after_tomorrow + timedelta(days=3))
    delivery_settings = DeliverySettings(user=owner, organization=organization, first_hours=96)
    for _ in range(2):
        save_delivery_settings(delivery_settings)
        (notification,) = Notification.objects.all()
        assert (notification.user, notification.kind) == (owner, "uit_expiring")
    delivery_settings.first_hours = 28
    save_delivery_settings(delivery_settings)
    assert Notification.objects.count() == 1


def test_a_hundred_that_lapse_at_one_midnight_are_one_message(make: Make) -> None:
    for _ in range(100):
        make()
    assert new_notifications(END - 34 * HOUR) == []
    assert [kind for kind, _ in new_notifications(END - 8 * HOUR)] == ["uit_last_hours"]
    (notification,) = Notification.objects.all()
    assert notification.notified_uits.count() == 100
    assert notification.matters_until == END
