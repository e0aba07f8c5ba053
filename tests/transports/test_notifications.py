"""What people are notified of by ANAF's responses: each change once, in words to act on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database

from caraus.accounts.models import Company, Organization, User
from caraus.anaf.info import parse_info
from caraus.core.formatting import day_in_full, today
from caraus.notifications.models import DeliverySettings, Notification, NotifiedUit
from caraus.sync.models import SyncState
from caraus.transports import expiry
from caraus.transports.models import ExpiryWatch, Transport
from caraus.transports.store import store_response
from tests import factories
from tests.anaf import samples
from tests.transports.conftest import noon


class Anaf:
    """Responses about one company, read and stored as the synchronization does it."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.state = SyncState.objects.create(company=company)
        self.now = noon() - timedelta(hours=1)

    def record(self, **changes: Any) -> dict[str, Any]:
        day = self.now.date()
        fields = {
            "data_transp": f"{day}T00:00:00",
            "data_exp_uit": f"{day + timedelta(days=5)}T00:00:00",
            "tr_cod": self.company.cui,
            "nr_veh": "B01OLD",
            "ref_decl": "R1",
        }
        return samples.record(**(fields | changes))

    def store(self, *records: dict[str, Any], at: datetime | None = None) -> list[Notification]:
        """Store a response with these records; return the new notifications."""
        before = set(Notification.objects.values_list("pk", flat=True))
        self.now = at or self.now + timedelta(minutes=11)
        response = parse_info(samples.body_of(list(records)), received_at=self.now)
        store_response(
            company=self.company,
            response=response,
            last_good_at=self.state.last_good_at,
            entries=[],
        )
        self.state.last_good_at = self.now
        self.state.save()
        return list(Notification.objects.exclude(pk__in=before).order_by("pk"))


@pytest.fixture
def anaf(company: Company, owner: User) -> Anaf:
    return Anaf(company)


def kinds_and_titles(notifications: list[Notification]) -> list[tuple[str, str]]:
    return [(notice.kind, notice.title) for notice in notifications]


def test_a_response_that_is_not_announced_is_stored_and_notifies_nobody(
    anaf: Anaf, company: Company
) -> None:
    anaf.store()
    response = parse_info(samples.body_of([anaf.record()]), received_at=anaf.now)
    counts = store_response(
        company=company, response=response, last_good_at=anaf.now, entries=[], announce=False
    )
    assert counts.new == Transport.objects.count() == 1
    assert not Notification.objects.exists()


def test_the_life_of_a_uit_is_notified_step_by_step_and_never_twice(
    anaf: Anaf, company: Company
) -> None:
    name = "UIT-ul 3A0C 4D7E 9F1H 2J47"
    assert anaf.store() == []
    first = anaf.record()
    (new,) = anaf.store(first)
    day = day_in_full(today(), today=today())
    way = "B (B) → PTF Nădlac, Jud. Arad"
    assert new.title == f"UIT nou 3A0C 4D7E 9F1H 2J47: B01OLD, {way}, {day}"
    last = day_in_full(today() + timedelta(days=4), today=today())
    assert f"{way}, B01OLD, transport {day}" in new.text
    # Named as this very answer names it.
    assert "declarant TEST SRL, firma TEST SRL\n" in new.text
    assert f"Valabil până {last}, la 24:00." in new.text
    row = Transport.objects.get()
    assert new.address == f"/transporturi/{row.pk}/"
    assert (new.action, new.digest_at is not None) == ("Vezi UIT-ul", True)
    assert anaf.store(first) == []
    # What is read again from older bytes of ANAF's adds nothing.
    assert anaf.store(first, at=anaf.now - timedelta(minutes=5)) == []

    (changed,) = anaf.store(anaf.record(nr_veh="CJ02NOU"))
    assert kinds_and_titles([changed]) == [
        ("uit_changed", f"{name[:3]}{name[6:]}: vehicul B01OLD → CJ02NOU")
    ]
    assert changed.text.startswith("Vehicul: B01OLD → CJ02NOU\n\nB (B) → ")
    changes = {"nr_veh": "CJ02NOU", "ref_decl": "R2", "den_decl": "TEST SA"}
    (changed,) = anaf.store(anaf.record(**changes))
    assert changed.title.endswith(": s-au schimbat: declarant, referință")
    assert "Declarant: TEST SRL → TEST SA\nReferință: R1 → R2" in changed.text
    (changed,) = anaf.store(anaf.record(**changes, documente="D" * 90))
    assert changed.title.endswith(": s-a schimbat: documente")
    changes["documente"] = "D" * 90
    vehicle = {"data_modif_veh": f"{today()}T10:00:00", "nr_veh": "B03VEH", "nr_rem1": "B04REM"}
    (changed,) = anaf.store(anaf.record(**changes, modif_veh=[vehicle]))
    assert changed.title.endswith(": vehicul CJ02NOU → B03VEH + B04REM")

    with_other = anaf.record(**changes, modif_veh=[vehicle], tr_cod=factories.OTHER_CUI)
    (moved,) = anaf.store(with_other)
    assert kinds_and_titles([moved]) == [("uit_delisted", f"{name} are alt transportator")]
    assert f"CUI transportator: {company.cui} → {factories.OTHER_CUI}" in moved.text
    assert "Declarantul a trecut alt transportator. Nu porni" in moved.text
    (back,) = anaf.store(anaf.record(**changes, modif_veh=[vehicle]))
    assert kinds_and_titles([back]) == [("uit_delisted", f"{name} este din nou al tău")]
    assert "Nu porni" not in back.text

    own, other_record = (
        anaf.record(**changes, modif_veh=[vehicle]),
        anaf.record(uit="4E2A21D5GGCNNG05"),
    )
    anaf.store(own, other_record)
    assert anaf.store(other_record) == []  # absent once: nobody is alarmed
    (notification,) = anaf.store(other_record)
    assert kinds_and_titles([notification]) == [
        ("uit_delisted", f"{name} nu mai este în lista ANAF")
    ]
    assert "poate declarantul a confirmat transportul încheiat" in notification.text
    assert "nu porni la drum cu el până nu întrebi declarantul" in notification.text
    assert "a retras" not in notification.text
    assert "Valabil" not in notification.text
    assert anaf.store(other_record) == []
    (returned,) = anaf.store(own, other_record)
    assert kinds_and_titles([returned]) == [("uit_delisted", f"{name} este din nou în lista ANAF")]
    assert NotifiedUit.objects.count() == 10


def test_a_carrier_that_anaf_adds_later_is_a_correction_and_no_loss(anaf: Anaf) -> None:
    anaf.store()
    anaf.store(anaf.record(tr_cod=None, tr_den=None))
    (notification,) = anaf.store(anaf.record())
    assert notification.kind == "uit_changed"
    assert notification.title.endswith("transportatorul a fost corectat")


def test_the_first_response_about_a_company_is_no_flood_and_later_ones_are_notified(
    anaf: Anaf, owner: User, organization: Organization
) -> None:
    far = [anaf.record(uit=f"UIT{number:04}") for number in range(60)]
    ends = f"{anaf.now.date() + timedelta(days=1)}T00:00:00"
    near = [anaf.record(uit=f"NEAR{number:04}", data_exp_uit=ends) for number in range(60)]
    (notification,) = anaf.store(*far, *near)
    # They expire today: that matters, whoever is new.
    assert (notification.kind, notification.is_burst, notification.notified_uits.count()) == (
        "uit_ends_today",
        True,
        60,
    )
    more = [anaf.record(uit=f"MORE{number:04}") for number in range(50)]
    (burst,) = anaf.store(*far, *near, *more)
    assert (burst.kind, burst.notified_uits.count()) == ("uit_new", 50)
    assert burst.address == f"/transporturi/?arata=noi&firma={anaf.company.cui}"


def test_whoever_follows_a_vehicle_is_notified_that_another_has_taken_its_place(
    anaf: Anaf, owner: User, organization: Organization
) -> None:
    DeliverySettings.objects.create(user=owner, organization=organization, vehicles=["B01OLD"])
    anaf.store()
    (new,) = anaf.store(anaf.record())
    (changed,) = anaf.store(anaf.record(nr_veh="CJ02NOU"))
    assert (new.kind, changed.kind) == ("uit_new", "uit_changed")
    assert anaf.store(anaf.record(nr_veh="CJ02NOU", ref_decl="later")) == []


def test_an_end_that_is_near_when_it_is_first_seen_or_moved_is_notified_with_the_response(
    anaf: Anaf,
) -> None:
    midnight = anaf.now.replace(hour=0, minute=0)
    anaf.store(at=midnight + timedelta(hours=1))

    def ending(days: int, **changes: Any) -> dict[str, Any]:
        return anaf.record(data_exp_uit=f"{(midnight + timedelta(days=days)).date()}T00:00:00")

    def kinds(notifications: list[Notification]) -> list[str]:
        return [notice.kind for notice in notifications]

    assert kinds(anaf.store(ending(2), at=midnight + timedelta(hours=2))) == ["uit_new"]
    notifications = anaf.store(ending(1), at=midnight + timedelta(hours=3))
    assert kinds(notifications) == ["uit_changed", "uit_expiring"]
    # ANAF gives the first expired day; people read the last one that is valid.
    last, before = midnight + timedelta(days=1), midnight
    assert notifications[0].title.endswith(
        f": valabilitate până {last:%d.%m.%Y}, 24:00 → până {before:%d.%m.%Y}, 24:00"
    )
    assert kinds(anaf.store(ending(2), at=midnight + timedelta(hours=4))) == ["uit_changed"]
    notifications = anaf.store(ending(1), at=midnight + timedelta(hours=21))
    assert kinds(notifications) == ["uit_changed", "uit_last_hours"]
    # The declarant moves the end into the past: nobody would be notified at midnight.
    notifications = anaf.store(ending(0), at=midnight + timedelta(hours=22))
    assert kinds(notifications) == ["uit_changed", "uit_expired"]


def test_hours_that_begin_while_a_response_is_stored_are_notified_once(anaf: Anaf) -> None:
    midnight = anaf.now.replace(hour=0, minute=0)
    anaf.store(at=midnight + timedelta(hours=1))
    ExpiryWatch.objects.create(pk=1, notified_until=midnight + timedelta(hours=19))
    ends = f"{(midnight + timedelta(days=1)).date()}T00:00:00"
    notifications = anaf.store(
        anaf.record(data_exp_uit=ends), at=midnight + timedelta(hours=19, minutes=58)
    )
    assert [notice.kind for notice in notifications] == ["uit_new", "uit_last_hours"]
    expiry.notify_expiring(midnight + timedelta(hours=20))
    assert Notification.objects.count() == 2


def test_a_mistake_in_notifying_loses_no_response(
    anaf: Anaf, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    anaf.store()
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_notifieduit RENAME TO away")
    assert anaf.store(anaf.record()) == []
    assert Transport.objects.filter(company=company).count() == 1
    assert "notifications_notifieduit" in caplog.text
