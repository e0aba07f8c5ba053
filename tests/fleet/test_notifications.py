"""Which issues people are notified of: those that ANAF's list raised, not those of own changes."""

from caraus.accounts.models import Company, Membership
from caraus.core.formatting import day_in_full, today
from caraus.fleet import changes, issue_store
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.models import VehicleKind
from caraus.notifications.models import Notification, NotificationEmail
from tests.fleet.conftest import BUCHAREST, CLUJ, MakeTransport


def test_a_new_issue_is_notified_once_with_what_to_do(
    dispatcher: Membership, company: Company, make: MakeTransport
) -> None:
    make(plate="CJ77NOU")
    changes.save_vehicles(dispatcher, company, [VehicleEntry("B123ABC", VehicleKind.VEHICLE)])
    assert not Notification.objects.exists()  # the person who changed the fleet sees it
    row = make(plate="TM99ALT", declarant_name="AGRO SRL")
    issue_store.update_issues(company.pk, because="uit")
    issue_store.update_issues(company.pk, because="uit")
    (notification,) = Notification.objects.all()
    uit = " ".join(row.uit[i : i + 4] for i in range(0, 16, 4))
    assert notification.user == dispatcher.user
    assert (notification.kind, notification.address) == ("fleet_issue", f"/transporturi/{row.pk}/")
    assert notification.title == f"Vehiculul TM99ALT nu este în flotă (UIT {uit})"
    assert "Pe UIT este declarat un vehicul pe care" in notification.text
    assert "Este al firmei? Adaugă-l în flotă.\nPleci cu alt număr?" in notification.text
    assert "declarant AGRO SRL" in notification.text
    assert NotificationEmail.objects.filter(pk=notification.pk).exists()
    # In two directions with a UIT of today: read tomorrow, that day has still its name.
    day = row.transport_date or today()
    make(plate="B123ABC")
    make(plate="B123ABC", start=BUCHAREST, end=CLUJ)
    issue_store.update_issues(company.pk, because="uit")
    clash = Notification.objects.filter(facts__issue__code="two_directions")[0]
    assert f"transport {day_in_full(day, today=day)}." in clash.text
    Notification.objects.all().delete()
    make(plate="AR98EXT", carrier_cui="1")  # with what another carrier drives is its own matter
    for number in range(50):
        make(plate=f"XX{number:02}YYY")
    issue_store.update_issues(company.pk, because="uit")
    burst = Notification.objects.get(is_burst=True)
    assert burst.notified_uits.count() == 50
    assert burst.address == f"/transporturi/?probleme=1&firma={company.cui}"
