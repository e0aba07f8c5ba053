"""ANAF shows none of a company's UITs any more: hours pass before anybody is alarmed."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from caraus.accounts.models import Company, User
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.drivers import card, driver_text
from caraus.notifications.models import Notification, NotificationEmail
from caraus.sync.company_sync import sync_company
from caraus.transports.models import Transport, TransportEvent
from tests.simulator_process import SimulatorProcess
from tests.transports.conftest import noon

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def leave(anaf: SimulatorProcess, company: Company, number: int) -> list[str]:
    """So many UITs stay at ANAF."""
    uits = [record["uit"] for record in anaf.active(company.cui)]
    for uit in uits[number:]:
        anaf.withdraw(uit)
    return uits[:number]


def states() -> set[str]:
    return set(Transport.objects.values_list("state", flat=True))


def notifications() -> list[tuple[str, str]]:
    return list(Notification.objects.order_by("pk").values_list("user__email", "kind"))


@pytest.mark.parametrize("number", [1, 2, 3, 5, 9, 30])
def test_all_missing_is_one_notice_to_administrators_and_no_alarm(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    owner: User,
    teammate: User,
    number: int,
) -> None:
    """The case „all-gone” of what was seen in use, over HTTP, and its like."""
    leave(anaf, company, number)
    now = noon()
    sync_company(company_id=company.pk, now=now)
    Notification.objects.all().delete()  # of those in their last hours
    anaf.turn_on("empty")
    for minutes in (5, 16, 27):
        sync_company(company_id=company.pk, now=now + minutes * MINUTE)
        assert states() == {"missing"}
        for row in Transport.objects.all():
            assert "Nu pleca la drum" not in driver_text.format_driver_text(row, today=today())
            assert "nu pleca" not in str(card.content(row, today=today())["warning"])
    (notice,) = Notification.objects.all()
    assert (notice.user, notice.kind) == (owner, "disappearance")
    assert notice.title.endswith(": ANAF nu mai arată niciun UIT")
    assert "abia după 3 ore le considerăm ieșite din lista ANAF" in notice.text
    anaf.turn_off("empty")
    sync_company(company_id=company.pk, now=now + 40 * MINUTE)
    assert states() == {"active"}
    assert notifications() == [(owner.email, "disappearance")]
    assert NotificationEmail.objects.count() == 1
    assert set(TransportEvent.objects.values_list("kind", flat=True)) == {"appeared"}
    # The list that empties again on that day is no second notice.
    anaf.turn_on("empty")
    sync_company(company_id=company.pk, now=now + 50 * MINUTE)
    assert notifications() == [(owner.email, "disappearance")]


def test_after_the_hours_of_the_setting_they_are_delisted_and_notified(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    owner: User,
    settings: LazySettings,
) -> None:
    settings.DELIST_ALL_AFTER_HOURS = 5
    leave(anaf, company, 3)
    now = noon()
    sync_company(company_id=company.pk, now=now)
    anaf.turn_on("empty")
    for later in (5 * MINUTE, HOUR, 5 * HOUR):
        sync_company(company_id=company.pk, now=now + later)
        assert states() == {"missing"}
    assert "abia după 5 ore" in Notification.objects.get().text
    sync_company(company_id=company.pk, now=now + 5 * HOUR + 5 * MINUTE)
    assert states() == {"delisted"}
    assert [kind for _, kind in notifications()] == ["disappearance", *["uit_delisted"] * 3]
    row = Transport.objects.all()[0]
    assert "nu mai este în lista ANAF" in driver_text.format_driver_text(row, today=today())


def test_some_come_back_and_the_others_are_held_on(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, owner: User
) -> None:
    back, *others = leave(anaf, company, 5)
    now = noon()
    sync_company(company_id=company.pk, now=now)
    anaf.turn_on("empty")
    sync_company(company_id=company.pk, now=now + 5 * MINUTE)
    anaf.turn_off("empty")
    for uit in others:
        anaf.withdraw(uit)
    for later in (40 * MINUTE, HOUR, 3 * HOUR):
        sync_company(company_id=company.pk, now=now + later)
        assert Transport.objects.get(uit=back).state == "active"
        assert Transport.objects.filter(state="missing").count() == 4
    assert [kind for _, kind in notifications()] == ["disappearance"]
    sync_company(company_id=company.pk, now=now + 3 * HOUR + 5 * MINUTE)
    assert Transport.objects.filter(state="delisted").count() == 4


def test_the_page_of_a_held_uit_says_until_when_and_why(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, signed_in: Client
) -> None:
    leave(anaf, company, 2)
    now = noon()
    sync_company(company_id=company.pk, now=now)
    anaf.turn_on("empty")
    sync_company(company_id=company.pk, now=now + 5 * MINUTE)
    page = signed_in.get(f"/transporturi/{Transport.objects.all()[0].pk}/").content.decode()
    assert "ANAF nu mai arată niciun UIT al firmei" in page
    assert f"Dacă lipsește și după {now:%d.%m.%Y}, 15:05:00" in page
    assert "verifică la declarant" in page
    assert '<p class="validity-words no-print is-unsure">' in page
