"""The list: one row for what came together about a UIT, one for all that ends on a day."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.formatting import BUCHAREST, day_in_full, today
from caraus.fleet import changes
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.models import VehicleKind
from caraus.notifications.models import Notification, NotificationPush
from caraus.transports import expiry
from caraus.transports.models import Transport
from tests import factories
from tests.squeezed import squeezed
from tests.transports.test_notifications import Anaf


def rows_of(client: Client) -> list[tuple[str, str]]:
    """Return the title and the second line of each row."""
    page = squeezed(client.get("/notificari/").content.decode())
    titles = re.findall(r'class="notice-title" href="/notificari/\d+/">(.*?) ?<(?:span|/a)', page)
    details = re.findall(r'class="notice-detail">(.*?)</p>', page)
    return list(zip(titles, details, strict=True))


def bell_count(client: Client) -> int:
    text = client.get("/notificari/clopotel/").content.decode()
    return int(text.partition("bell-count")[2].partition(">")[2].partition("<")[0] or 0)


def uit_of_day(company: Company, day: date, number: int, **fields: str) -> Transport:
    """Make a UIT that ends at the end of a day."""
    now = timezone.now()
    return Transport.objects.create(
        company=company,
        uit=f"1A2B3C4D5E6F{number:04}",
        transport_date=day,
        first_expired_day=day + timedelta(days=1),
        plate=fields.get("plate", f"KLM{number:03}"),
        **dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), now),
    )


def alarm(day: date, hour: int) -> None:
    """Run the worker's minute before and at an hour of the clock."""
    at = datetime.combine(day, time(hour), BUCHAREST)
    expiry.notify_expiring(at - timedelta(minutes=1))
    expiry.notify_expiring(at)
    # Whatever hour it is really: an old alarm notifies nobody.
    NotificationPush.objects.update(created_at=timezone.now())


def test_a_new_uit_with_unknown_plates_is_one_row_with_its_lines(
    signed_in: Client, company: Company, owner: User
) -> None:
    changes.save_vehicles(
        Membership.objects.get(user=owner), company, [VehicleEntry("B01OWN", VehicleKind.VEHICLE)]
    )
    anaf = Anaf(company)
    anaf.store()
    anaf.store(anaf.record(nr_veh="B99NEW", nr_rem1="B98REM"))
    assert Notification.objects.count() == 3
    ((title, detail),) = rows_of(signed_in)
    assert title == "B99NEW + B98REM · UIT nou · B (B) → PTF Nădlac, Jud. Arad"
    assert detail == "Vehiculul B99NEW nu este în flotă · Remorca B98REM nu este în flotă"
    assert bell_count(signed_in) == 1
    lead = Notification.objects.get(kind="uit_new")
    assert signed_in.get(f"/notificari/{lead.pk}/")["Location"] == lead.address
    assert not Notification.objects.filter(read_at=None).exists()
    assert bell_count(signed_in) == 0


def test_what_comes_hours_later_about_the_uit_is_a_row_of_its_own(
    signed_in: Client, company: Company, owner: User
) -> None:
    anaf = Anaf(company)
    anaf.store()
    anaf.store(anaf.record())
    Notification.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    anaf.store(anaf.record(nr_veh="B99NEW"))
    anaf.store(anaf.record(nr_veh="B98NEW"))
    (later, detail), (first, _) = rows_of(signed_in)
    assert later == "B98NEW · vehicul B99NEW → B98NEW"  # the newest first
    assert detail == "vehicul B01OLD → B99NEW"
    assert first.startswith("B01OLD · UIT nou")
    assert bell_count(signed_in) == 2


@pytest.mark.parametrize("number", [2, 11])
def test_all_that_ends_on_a_day_is_one_row_plates_first_however_often_it_is_announced(
    signed_in: Client, organization: Organization, company: Company, owner: User, number: int
) -> None:
    day = today()
    second = factories.company(organization, cui=factories.OTHER_CUI)
    for index in range(number):
        uit_of_day(second if index == 0 else company, day, index)
    uit_of_day(company, day + timedelta(days=3), 99, plate="")
    for hour in (8, 16):
        alarm(day, hour)
        ((title, detail),) = rows_of(signed_in)
        name = day_in_full(day, today=day)
        assert title == f"Tot ce expiră azi: {number} UIT-uri · {name}, la 24:00"
        plates = [f"KLM{index:03}" for index in range(number)]
        assert detail.split(" · ") == plates
        assert bell_count(signed_in) == 1
        lead = Notification.objects.latest("pk")
        location = signed_in.get(f"/notificari/{lead.pk}/")["Location"]
        assert location.startswith("/transporturi/?sortare=expira")
        assert bell_count(signed_in) == 0


def test_a_single_uit_that_ends_is_named_and_opens_itself(
    signed_in: Client, company: Company, owner: User
) -> None:
    row = uit_of_day(company, today(), 1)
    alarm(today(), 8)
    ((title, detail),) = rows_of(signed_in)
    assert title.startswith("KLM001 · expiră ")
    assert "KLM001" in detail
    notification = Notification.objects.get()
    location = signed_in.get(f"/notificari/{notification.pk}/")["Location"]
    assert location == f"/transporturi/{row.pk}/"


def test_of_a_day_only_the_uits_of_visible_companies_are_counted_and_named(
    client: Client, organization: Organization, company: Company, owner: User
) -> None:
    member = factories.member(organization, "dispatcher")
    other = factories.company(organization, cui=factories.OTHER_CUI)
    for index in range(9):
        uit_of_day(company if index else other, today(), index)
    alarm(today(), 8)
    membership = member.memberships.get()
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(company)
    client.force_login(member)
    ((title, detail),) = rows_of(client)
    assert title.startswith("Tot ce expiră azi: 8 UIT-uri · ")
    assert "KLM000" not in detail


def test_one_row_may_be_marked_as_read_without_leaving_the_list(
    signed_in: Client, company: Company, owner: User
) -> None:
    for index in range(2):
        uit_of_day(company, today(), index)
    alarm(today(), 8)
    (first, _) = Notification.objects.order_by("pk")
    response = signed_in.post(f"/notificari/{first.pk}/", {"ramai": "1"})
    assert response["Location"] == "/notificari/"
    assert not Notification.objects.filter(read_at=None).exists()
    assert "Ești la zi." in signed_in.get("/notificari/").content.decode()
