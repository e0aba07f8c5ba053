"""When a person is written to, and about which UITs; the page where it is chosen."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.core.formatting import BUCHAREST
from caraus.fleet.notification_kinds import FLEET_ISSUE
from caraus.notifications import delivery, digest
from caraus.notifications.delivery_settings import (
    FilterSubject,
    next_digest_at,
    passes_filters,
    quiet_hours_end,
)
from caraus.notifications.models import (
    ChannelPreference,
    DeliverySettings,
    Notification,
    NotificationEmail,
)
from caraus.notifications.preferences import Channels, save_channels
from caraus.transports.notification_kinds import DELISTED_UIT, EXPIRING_UIT, NEW_UIT
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer
from tests.notifications.uit_notices import (
    at,
    make_notices,
    notify_uits,
    run_worker_minute,
    text_of,
)
from tests.squeezed import squeezed


@pytest.mark.parametrize(
    ("declarants", "vehicles", "expected"),
    [
        ([], [], True),
        (["123"], [], True),
        (["taranesc"], [], True),
        (["12"], [], False),
        ([], ["B12ABC"], True),
        ([], ["B12"], False),
        (["999"], ["CT34REM"], True),
    ],
)
def test_whoever_follows_a_declarant_or_a_vehicle_is_notified_of_either(
    company: Company, declarants: list[str], vehicles: list[str], expected: bool
) -> None:
    delivery_settings = DeliverySettings(
        companies=[company.pk], declarants=declarants, vehicles=vehicles
    )
    subject = FilterSubject(company, "RO123", "AGRO Țărănesc SRL", ("b-12 abc", "CT34REM"))
    assert passes_filters(delivery_settings, subject) is expected
    delivery_settings.companies = [company.pk + 1]
    assert not passes_filters(delivery_settings, subject)


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("22:00", "06:30", at("2026-11-25T23:00"), at("2026-11-26T06:30")),
        ("22:00", "06:30", at("2026-11-25T06:29"), at("2026-11-25T06:30")),
        ("22:00", "06:30", at("2026-11-25T06:30"), None),
        ("12:00", "14:00", at("2026-11-25T13:00"), at("2026-11-25T14:00")),
        ("12:00", "14:00", at("2026-11-25T11:59"), None),
        ("12:00", "12:00", at("2026-11-25T12:00"), None),
        # 29 March 2026: 3:00 is 4:00; 25 October: 3:30 comes twice.
        ("22:00", "03:30", at("2026-03-29T02:30"), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (
            *("22:00", "03:45", at("2026-10-25T03:30").replace(fold=1)),
            datetime(2026, 10, 25, 1, 45, tzinfo=UTC),
        ),
    ],
)
def test_quiet_hours_end_by_the_clock_in_bucharest(
    begin: str, end: str, now: datetime, until: datetime | None
) -> None:
    delivery_settings = DeliverySettings(
        quiet_from=time.fromisoformat(begin), quiet_until=time.fromisoformat(end)
    )
    quiet_end = quiet_hours_end(delivery_settings, now.astimezone(UTC))
    assert quiet_end == (until.astimezone(UTC) if until else None)
    assert quiet_hours_end(DeliverySettings(), now) is None


def test_the_digest_comes_at_its_hour_on_both_sides_of_a_change_of_the_clock() -> None:
    delivery_settings = DeliverySettings(digest_hour=7)
    hours = [
        next_digest_at(delivery_settings, at(day).astimezone(UTC)).hour
        for day in ("2026-03-28T06:00", "2026-03-28T07:02", "2026-10-24T08:00")
    ]
    assert hours == [5, 4, 5]


def test_what_comes_due_with_the_hour_of_the_digest_is_in_it_and_not_a_day_late(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    """A day before a midnight is a midnight: a day later it would be over and never notified."""
    DeliverySettings.objects.create(user=owner, organization=organization, digest_hour=0)
    midnight = at("2026-11-25T00:00").astimezone(UTC)
    (notice,) = make_notices(company, "1")
    notices = [replace(notice, matters_until=midnight + timedelta(days=1))]
    run_worker_minute(midnight)
    notify_uits(EXPIRING_UIT, notices, midnight + timedelta(seconds=59))
    run_worker_minute(midnight + timedelta(minutes=2))
    (email,) = smtp.messages
    assert email["Subject"] == "Rezumat, miercuri, 25 noiembrie: 1 noutate"


def test_quiet_hours_hold_back_all_but_what_cannot_wait(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    night = at("2026-11-25T23:00").astimezone(UTC)
    morning = at("2026-11-26T06:30").astimezone(UTC)
    DeliverySettings.objects.create(
        user=owner, organization=organization, quiet_from=time(22), quiet_until=time(6, 30)
    )
    for kind in (FLEET_ISSUE, DELISTED_UIT):
        for number in range(3):
            notify_uits(kind, make_notices(company, f"{kind.code}{number}"), now=night)
    save_channels(
        user=owner, organization=organization, kind=EXPIRING_UIT, channels=Channels(email=True)
    )
    (over,) = make_notices(company, "over before the morning")
    notify_uits(EXPIRING_UIT, [replace(over, matters_until=morning)], now=night)
    run_worker_minute(night + timedelta(minutes=1))
    run_worker_minute(night + timedelta(minutes=6))
    held = {Notification.objects.get(pk=pk).kind for pk in delivery.due_emails(morning)}
    assert held == {FLEET_ISSUE.code, EXPIRING_UIT.code}
    assert [message["Subject"] for message in smtp.messages] == [
        DELISTED_UIT.title,
        "2 UIT-uri ieșite din lista ANAF sau cu alt transportator",
    ]
    run_worker_minute(morning)
    assert [message["Subject"] for message in smtp.messages[2:]] == ["3 probleme de flotă"]
    assert not delivery.due_emails(morning)
    assert AUTHORIZATION_NEEDED.essential


def test_the_digest_is_one_email_a_day_in_the_readers_language_without_what_is_over(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    now = at("2026-11-25T12:00").astimezone(UTC)
    seven = at("2026-11-26T07:00").astimezone(UTC)
    notify_uits(NEW_UIT, make_notices(company, *"abcdefg"), now=now)
    notify_uits(NEW_UIT, make_notices(company, "h"), now=now + timedelta(hours=1))
    over = make_notices(company, "over")[0]
    notify_uits(
        EXPIRING_UIT,
        [replace(over, matters_until=now)],
        now,
    )
    run_worker_minute(seven + timedelta(minutes=1))
    assert smtp.messages == []
    run_worker_minute(seven + timedelta(minutes=2))
    run_worker_minute(seven + timedelta(minutes=3))
    (email,) = smtp.messages
    assert email["Subject"] == "Rezumat, joi, 26 noiembrie: 8 noutăți"
    text = text_of(email)
    assert "8 UIT-uri noi" in text
    assert all(f"/transporturi/{key}/" in text for key in "abcdefgh")
    assert "over" not in text
    english = factories.member(organization, "viewer")
    User.objects.filter(pk=english.pk).update(language="en")
    notify_uits(NEW_UIT, make_notices(company, "i"), now=seven + timedelta(hours=1))
    run_worker_minute(seven + timedelta(days=1, minutes=2))
    subjects = {message["To"]: message["Subject"] for message in smtp.messages[1:]}
    assert subjects == {
        owner.email: "Rezumat, vineri, 27 noiembrie: 1 noutate",
        english.email: "Digest, Friday, 27 November: 1 piece of news",
    }


@pytest.mark.django_db(transaction=True)
def test_workers_that_make_the_digest_at_once_make_one(company: Company, owner: User) -> None:
    now = timezone.now()
    notify_uits(NEW_UIT, make_notices(company, *"abc"), now=now)
    later = [now + timedelta(days=1, seconds=number) for number in range(4)]
    created = at_once(*[partial(digest.create_due_digests, moment) for moment in later])
    assert sorted(map(str, created)) == ["0", "0", "0", "1"]
    assert NotificationEmail.objects.count() == 1


def test_preferences_are_a_table_with_hours_and_filters_and_lose_nothing_that_is_wrong(
    signed_in: Client, organization: Organization, company: Company, owner: User
) -> None:
    notify_uits(NEW_UIT, make_notices(company, "1"))
    page = squeezed(signed_in.get("/notificari/preferinte/").content.decode())
    assert 'name="uit_new-rezumat" aria-describedby="fel-uit_new" checked' in page
    assert 'name="companies"' not in page  # one company needs no choice
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    form = {
        "uit_new-email": "on",
        "authorization-email": "on",
        "outage-rezumat": "on",
        "digest_hour": "9",
        "first_hours": "40",
        "day_hours": "16",
        "last_hours": "6",
        "quiet_from": "22:00",
        "quiet_until": "",
        "companies": str(other_company.pk),
        "declarants": "RO 123\n\nAgro",
        "vehicles": "b 12-abc",
    }
    page = squeezed(signed_in.post("/notificari/preferinte/", form).content.decode())
    assert "Scrie amândouă orele, sau niciuna." in page
    # The page is long: what is wrong is said at its top too.
    assert '<a href="#id_quiet_until">Nu deranja până la</a>' in page
    assert 'name="uit_new-email" aria-describedby="fel-uit_new" checked' in page
    assert "b 12-abc" in page
    assert not ChannelPreference.objects.exists()
    form["quiet_until"] = "06:00"
    assert signed_in.post("/notificari/preferinte/", form).status_code == 302
    delivery_settings = DeliverySettings.objects.get()
    assert (delivery_settings.companies, delivery_settings.vehicles) == (
        [other_company.pk],
        ["B12ABC"],
    )
    assert delivery_settings.declarants == ["RO 123", "Agro"]
    assert (delivery_settings.quiet_until, delivery_settings.first_hours) == (time(6), 40)
    waits = Notification.objects.get(key="1").digest_at
    assert waits
    assert waits.astimezone(BUCHAREST).hour == 9
    stored = {
        row.kind: (row.bell, row.email, row.digest) for row in ChannelPreference.objects.all()
    }
    assert stored["uit_new"] == (False, True, False)
    assert stored["outage"] == (False, False, True)
    page = signed_in.get("/notificari/preferinte/").content.decode()
    assert "RO 123\nAgro" in page
    assert 'value="22:00"' in page
    stranger = factories.company(factories.organization("Alta"))
    form["companies"] = str(stranger.pk)
    page = signed_in.post("/notificari/preferinte/", form).content.decode()
    assert "O firmă bifată nu mai este aici." in page
