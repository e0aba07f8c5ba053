"""The problems as they are kept: after ANAF's answers, after changes of the fleet, as time goes."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from caraus.accounts.models import AuditLogEntry, Company, Membership
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.fleet import changes, issue_store, queries
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.models import Issue, Vehicle, VehicleKind
from caraus.sync.company_sync import sync_company
from caraus.transports.models import Transport
from tests import factories
from tests.fleet.conftest import BUCHAREST, CLUJ, MakeTransport, MakeVehicle
from tests.simulator_process import SimulatorProcess


@pytest.fixture
def new_notices() -> Any:
    """Collect what `appeared` sends: (because, plate) of each new issue."""
    heard: list[tuple[str, str]] = []

    def hear(sender: object, issues: list[Issue], because: str, **_: object) -> None:
        heard.extend((because, issue.plate) for issue in issues)

    queries.appeared.connect(hear, weak=False, dispatch_uid="test")
    yield heard
    queries.appeared.disconnect(dispatch_uid="test")


def standing(transport: Transport) -> list[tuple[str, str]]:
    transport.refresh_from_db()
    return [(issue.code, issue.plate) for issue in queries.issues_of(transport)]


def test_a_change_of_the_fleet_shows_at_once_on_the_open_uits(
    dispatcher: Membership,
    company: Company,
    make: MakeTransport,
    new_notices: list[tuple[str, str]],
) -> None:
    ours, theirs = make(plate="b-123 abc"), make(plate="CJ77NOU", trailer1="CT 34 REM")
    closed = [
        make(plate="XX1", state="delisted"),
        make(plate="XX2", state="expired"),
        make(plate="XX3", first_expired_day=today()),
    ]
    assert standing(theirs) == []
    changes.save_vehicles(dispatcher, company, [VehicleEntry("B123ABC", VehicleKind.VEHICLE)])
    assert standing(ours) == []
    assert standing(theirs) == [("not_in_fleet", "CJ77NOU"), ("not_in_fleet", "CT34REM")]
    assert [standing(transport) for transport in closed] == [[], [], []]
    assert sorted(new_notices) == [("fleet", "CJ77NOU"), ("fleet", "CT34REM")]
    new_notices.clear()

    changes.save_vehicles(dispatcher, company, [VehicleEntry("CT34REM", VehicleKind.VEHICLE)])
    assert standing(theirs) == [("vehicle_as_trailer", "CT34REM"), ("not_in_fleet", "CJ77NOU")]
    assert new_notices == [("fleet", "CT34REM")]  # what stood already is not sent again
    changes.update_vehicle(
        dispatcher,
        Vehicle.objects.get(plate="CT34REM"),
        VehicleEntry("CT34REM", VehicleKind.TRAILER),
    )
    changes.update_vehicle(
        dispatcher,
        Vehicle.objects.get(plate="B123ABC"),
        VehicleEntry("CJ77NOU", VehicleKind.VEHICLE),
    )
    assert standing(theirs) == []
    assert standing(ours) == [("not_in_fleet", "B123ABC")]
    for vehicle in Vehicle.objects.all():
        changes.set_active(dispatcher, vehicle, active=False)
    assert not Issue.objects.exists()  # nothing in use: no fleet
    changes.save_vehicles(dispatcher, company, [VehicleEntry("B123ABC", VehicleKind.VEHICLE)])
    assert standing(theirs) == [("retired", "CJ77NOU"), ("retired", "CT34REM")]
    changes.delete_vehicle(dispatcher, Vehicle.objects.get(plate="CJ77NOU"))
    assert standing(theirs) == [("not_in_fleet", "CJ77NOU"), ("retired", "CT34REM")]
    words = [entry.text for entry in AuditLogEntry.objects.filter(action="fleet").order_by("pk")]
    assert len(words) == 8
    assert words[0] == f"A adăugat în flotă ({company}) B123ABC."
    assert words[3] == f"A schimbat în flotă ({company}) B123ABC (acum CJ77NOU)."


def test_the_fleet_of_one_company_says_nothing_about_another(
    dispatcher: Membership, company: Company, make: MakeTransport
) -> None:
    other_company = factories.company(company.organization, cui=factories.OTHER_CUI)
    theirs = make(company=other_company, plate="CJ77NOU")
    changes.save_vehicles(dispatcher, company, [VehicleEntry("B123ABC", VehicleKind.VEHICLE)])
    assert standing(theirs) == []
    assert queries.count_with_issues([company.pk, other_company.pk], today()) == 0


def test_two_directions_name_each_other_until_one_is_closed(
    company: Company, make: MakeTransport, vehicle: MakeVehicle, dispatcher: Membership
) -> None:
    vehicle("B123ABC")
    local = make(plate="B123ABC")
    back = make(plate="B 123 ABC", start=BUCHAREST, end=CLUJ)
    assert len(issue_store.update_issues(company.pk, because="uit")) == 2
    assert [issue.other for issue in queries.issues_of(local)] == [back]
    returning = make(plate="B123ABC", start=BUCHAREST, end=CLUJ)
    Transport.objects.filter(pk=back.pk).update(state="delisted")
    (new,) = issue_store.update_issues(company.pk, because="uit")
    assert new.transport_id == returning.pk
    assert [issue.other for issue in queries.issues_of(local)] == [returning]
    returning.delete()
    assert standing(local) == []


def test_a_later_vehicle_change_counts_instead_of_what_was_declared(
    company: Company, make: MakeTransport, vehicle: MakeVehicle
) -> None:
    vehicle("B123ABC")
    changed = {"plate": "B123ABC", "trailer1": "", "trailer2": ""}
    transport = make(plate="CJ77NOU", trailer1="CT1REM", vehicle_changes=[changed])
    issue_store.update_issues(company.pk, because="uit")
    assert standing(transport) == []


def test_keeping_twice_writes_nothing(
    company: Company,
    make: MakeTransport,
    vehicle: MakeVehicle,
    django_assert_num_queries: Any,
) -> None:
    vehicle("B123ABC")
    for _ in range(30):
        make(plate="CJ77NOU")
    issue_store.update_issues(company.pk, because="uit")
    before = list(Issue.objects.order_by("pk").values())
    with django_assert_num_queries(6):  # a savepoint, the lock, the fleet, the UITs, the problems
        assert issue_store.update_issues(company.pk, because="uit") == []
    assert list(Issue.objects.order_by("pk").values()) == before


def test_what_midnight_closes_leaves_the_view_at_once_and_the_table_within_the_hour(
    company: Company, make: MakeTransport, vehicle: MakeVehicle
) -> None:
    vehicle("B123ABC")
    stays, ends = make(plate="CJ1NOU"), make(plate="B123ABC", end={"county": "TM"})
    clashing = make(plate="B123ABC")
    issue_store.update_issues(company.pk, because="uit")
    assert queries.count_with_issues([company.pk], today()) == 3
    Transport.objects.filter(pk=ends.pk).update(first_expired_day=today())
    assert standing(ends) == []
    assert queries.count_with_issues([company.pk], today()) == 2
    issue_store.delete_outdated_issues()
    assert {issue.transport_id for issue in Issue.objects.all()} == {stays.pk}
    assert standing(clashing) == []


def test_a_response_of_anaf_brings_the_issue_and_a_corrected_one_takes_it(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    dispatcher: Membership,
    new_notices: list[tuple[str, str]],
) -> None:
    changes.save_vehicles(dispatcher, company, [VehicleEntry("B123ABC", VehicleKind.VEHICLE)])
    added = anaf.add_uit(company.cui, nr_veh="CJ77NOU", nr_rem1="", nr_rem2="")["uit"]
    sync_company(company_id=company.pk)
    uit = Transport.objects.get(uit=added)
    assert ("not_in_fleet", "CJ77NOU") in standing(uit)
    assert ("uit", "CJ77NOU") in new_notices
    anaf.change_vehicle(added, nr_veh="B123ABC", nr_rem1="", nr_rem2="")
    sync_company(company_id=company.pk)
    assert standing(uit) == []


def test_a_mistake_of_the_fleet_loses_no_response_of_anaf(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    vehicle: MakeVehicle,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    vehicle("B123ABC")
    # The database refuses it: the first key of a lock is an integer of 32 bits.
    monkeypatch.setattr(issue_store, "LockSpace", SimpleNamespace(FLEET_ISSUES=2**40))
    added = anaf.add_uit(company.cui, nr_veh="CJ77NOU", nr_rem1="", nr_rem2="")["uit"]
    sync_company(company_id=company.pk)
    assert Transport.objects.filter(uit=added).exists()
    assert "_on_written" in caplog.text


def test_the_list_shows_only_those_with_problems_whether_few_or_many(
    signed_in: Client,
    company: Company,
    make: MakeTransport,
    vehicle: MakeVehicle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vehicle("B123ABC")
    troubled = [make(plate="CJ77NOU") for _ in range(3)]
    make(plate="B123ABC")
    issue_store.update_issues(company.pk, because="uit")
    for more in ("", "&arata=toate", "&q=cj77"):
        response = signed_in.get(f"/transporturi/?probleme=1{more}")
        assert {row.pk for row in response.context["page"]} == {row.pk for row in troubled}
        assert response.content.decode().count("nu e în flotă") == 3
