"""What lies behind the demo's organization when it begins: counted, and the same again."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from anaf_simulator.world import World
from caraus.accounts.models import Membership, Organization, Role
from caraus.commands import demo_data, demo_history
from caraus.core.formatting import bucharest_day
from caraus.filings.models import VehicleChange
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.ledger import verify
from caraus.notifications.models import ChannelPreference, Notification, NotificationEmail
from caraus.transports.models import (
    DeclarantContact,
    Mark,
    Transport,
    TransportEvent,
    TransportNote,
)
from caraus.web.dashboard import build_dashboard
from caraus.workspace.models import SavedView

CUIS = ("900010100", "900020201", "900030302")
ACCOUNT = demo_history.Account("demo@caraus.example", "demo-caraus", "Ioana Dobre", "Demo SRL")


def write(now: datetime, *cuis: str) -> Organization:
    """Write the history of the world of the simulator, as `caraus demo` gets it over HTTP."""
    world, polled_at = World(1), demo_history.moments(now)
    lists = {cui: [world.active(cui, moment) for moment in polled_at] for cui in cuis}
    demo_history.write_history(ACCOUNT, lists, polled_at)
    return Organization.objects.get(name=ACCOUNT.organization)


@pytest.mark.django_db
def test_the_demo_begins_with_thirty_days_and_with_work_done_in_them() -> None:
    now = timezone.now()
    organization = write(now, *CUIS)
    owner = Membership.objects.get(organization=organization, role=Role.OWNER)
    assert owner.user.name == ACCOUNT.name
    assert Membership.objects.get(role=Role.DISPATCHER).user.name == demo_data.COLLEAGUE
    _is_what_anaf_shows_now(now)
    states = Counter(Transport.objects.values_list("state", flat=True))
    assert states["active"] >= 25
    assert states["expired"] >= 100
    assert states["delisted"] >= 1
    kinds = set(TransportEvent.objects.values_list("kind", flat=True))
    assert kinds >= {"appeared", "changed", "vehicle_changed", "expired", "delisted", "filing"}
    panel = build_dashboard(owner)
    assert panel.has_chart
    assert sum(day.has_data for day in panel.days) >= 28

    _has_fleets()
    marks = Counter(Mark.objects.values_list("kind", "by__name"))
    for name in (ACCOUNT.name, demo_data.COLLEAGUE):
        assert marks["unloaded", name] >= 20
    assert marks["fine", ACCOUNT.name] == 1
    assert not Mark.objects.filter(at__gt=now).exists()
    assert TransportNote.objects.count() == len(demo_data.NOTES)
    assert DeclarantContact.objects.get().email == demo_data.CONTACT_EMAIL
    assert SavedView.objects.get(is_shared=True).name == demo_data.SHARED_VIEW
    change = VehicleChange.objects.get()
    assert (change.state, change.attempts.count()) == ("done", 1)
    assert verify.verify_chain(organization.pk).first_break is None
    _nobody_is_written_to_about_the_past()
    _the_last_days_stand_in_the_bell(now)


def _is_what_anaf_shows_now(now: datetime) -> None:
    shown = {str(record["uit"]) for cui in CUIS for record in World(1).active(cui, now)}
    active = Transport.objects.filter(state="active")
    assert set(active.values_list("uit", flat=True)) == shown


def _has_fleets() -> None:
    lorries = Vehicle.objects.filter(company__cui=CUIS[0], kind=VehicleKind.VEHICLE, active=True)
    assert 20 <= lorries.count() <= 40
    assert not lorries.filter(driver="").exists()
    assert not lorries.filter(phone="").exists()
    drivers = list(Vehicle.objects.exclude(driver="").values_list("driver", flat=True))
    assert len(set(drivers)) == len(drivers)
    on_uits = Transport.objects.filter(company__cui=CUIS[0])
    used = {plate.upper() for plate in on_uits.values_list("sort_vehicle", flat=True)}
    plates = set(lorries.values_list("plate", flat=True))
    assert set(demo_data.IDLE_LORRIES) <= plates - used
    assert used - plates
    assert Vehicle.objects.get(active=False).plate == demo_data.RETIRED_LORRY
    active = on_uits.filter(state="active").values_list("sort_vehicle", flat=True)
    assert max(Counter(active).values()) >= 3


def _nobody_is_written_to_about_the_past() -> None:
    assert not NotificationEmail.objects.exists()
    assert not Notification.objects.filter(digest_at__isnull=False).exists()
    assert not ChannelPreference.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)


def _the_last_days_stand_in_the_bell(now: datetime) -> None:
    own = Notification.objects.filter(user__email=ACCOUNT.email)
    assert own.filter(read_at=None).count() == 4
    assert own.exclude(read_at=None).count() >= 4
    assert own.earliest("created_at").created_at > now - timedelta(days=3)
    assert not own.filter(created_at__gt=now).exists()


@pytest.mark.django_db
def test_the_same_seed_at_the_same_moment_is_the_same_history() -> None:
    now = timezone.now()

    def summary() -> list[object]:
        rows = Transport.objects.order_by("uit")
        notifications = Notification.objects.order_by("created_at", "kind", "user__email")
        with transaction.atomic():
            write(now, CUIS[1])
            written: list[object] = [
                *rows.values_list("uit", "state", "first_seen_at", "mark__kind", "mark__by__name"),
                *Vehicle.objects.order_by("plate").values_list("plate", "driver", "phone"),
                *notifications.values_list("created_at", "kind", "user__email"),
                *TransportNote.objects.order_by("pk").values_list("transport__uit", "text"),
            ]
            transaction.set_rollback(True)
        return written

    first = summary()
    assert len(first) > 60
    assert summary() == first


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 30, 22, 30, tzinfo=UTC),  # past midnight in Romania
        datetime(2026, 10, 27, 9, 0, tzinfo=UTC),  # the clock was put back two days ago
        datetime(2026, 7, 15, 17, 0, tzinfo=UTC),  # 20:00 itself
    ],
)
def test_anaf_was_polled_each_of_the_days_and_last_of_all_now(now: datetime) -> None:
    moments = demo_history.moments(now)
    assert moments == sorted(set(moments))
    assert moments[-1] == now
    days = [bucharest_day(moment) for moment in moments]
    today = bucharest_day(now)
    assert set(days) == {today - timedelta(days=ago) for ago in range(demo_history.DAYS + 1)}
    assert len(moments) <= 60
