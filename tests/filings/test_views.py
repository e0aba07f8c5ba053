"""What a dispatcher does on pages: choose, preview, confirm, look, decide."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from caraus.accounts.models import AuditLogEntry, Membership, Organization, Role, User
from caraus.core.formatting import BUCHAREST, today
from caraus.filings import changes, permission
from caraus.filings.display import format_plate
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.fleet.models import Vehicle
from caraus.transports.display import route_title
from caraus.transports.models import Transport
from tests import factories
from tests.filings.conftest import Desk, text_of

pytestmark = pytest.mark.django_db(transaction=True)

CHANGE = {"plate": "cj-77 xyz", "trailer1": "", "trailer2": "", "when": "acum"}


def test_one_change_in_two_steps(desk: Desk, dispatcher: Client) -> None:
    transport = desk.new_uit()
    page = dispatcher.get(reverse("workspace:detail", args=[transport.pk]))
    address = reverse("filings:new", args=[transport.pk])
    assert address in text_of(page)
    form = text_of(dispatcher.get(address))
    assert "Acum pe UIT: B 12 ABC + B 01 REM." in form
    assert 'value="B01REM"' in form
    preview = dispatcher.post(address, CHANGE, follow=True)
    change = VehicleChange.objects.get()
    assert change.state == ChangeState.DRAFT
    clock = f"{change.moment.astimezone(BUCHAREST):%H:%M}"
    assert f"B 12 ABC + B 01 REM → CJ 77 XYZ, fără remorcă, de la {clock}" in text_of(preview)
    group = reverse("filings:group", args=[change.pk])
    dispatcher.post(group, {"ce": "depune"})
    dispatcher.post(group, {"ce": "depune"})
    change.refresh_from_db()
    assert change.state == ChangeState.QUEUED
    assert desk.steps(change).state == ChangeState.DONE
    assert len(desk.uploads()) == 1
    assert "apare la ANAF" in text_of(
        dispatcher.get(reverse("workspace:detail", args=[transport.pk]))
    )


def test_for_a_uit_that_has_expired_the_page_says_so_before_anything_is_typed(
    desk: Desk, dispatcher: Client
) -> None:
    transport = desk.new_uit()
    Transport.objects.update(first_expired_day=today())
    address = reverse("filings:new", args=[transport.pk])
    page = text_of(dispatcher.get(address))
    assert "UIT-ul a expirat: vehiculul se poate schimba numai cât este valabil." in page
    assert 'name="plate"' not in page
    assert "UIT-ul a expirat" in text_of(dispatcher.post(address, CHANGE))
    assert not VehicleChange.objects.exists()


def test_before_it_is_filed_the_page_names_the_trip_and_a_plate_that_is_not_in_the_fleet(
    desk: Desk, dispatcher: Client
) -> None:
    transport = desk.new_uit()
    address = reverse("filings:new", args=[transport.pk])
    warning = "CJ77XYZ nu este în flota firmei."
    assert warning not in text_of(dispatcher.post(address, CHANGE, follow=True))  # it has no fleet
    Vehicle.objects.create(company=transport.company, plate="B12ABC")
    page = text_of(dispatcher.post(address, CHANGE, follow=True))
    assert warning in page
    assert str(transport.company) in page
    assert route_title(transport) in page
    Vehicle.objects.create(company=transport.company, plate="CJ77XYZ")
    assert warning not in text_of(dispatcher.post(address, CHANGE, follow=True))


def test_nothing_is_filed_without_a_confirmation(desk: Desk, dispatcher: Client) -> None:
    transport = desk.new_uit()
    dispatcher.post(reverse("filings:new", args=[transport.pk]), CHANGE)
    change = VehicleChange.objects.get()
    dispatcher.post(reverse("filings:group", args=[change.pk]), {"ce": "renunta"})
    change.refresh_from_db()
    assert change.state == ChangeState.CANCELLED


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"plate": "ȘV 12 ABC"}, "Ai vrut „SV12ABC”?"),
        ({"plate": "B"}, "între 2 și 20"),
        ({"plate": "B 12 ABC", "trailer1": "B01REM"}, "nu este nimic de schimbat"),
        ({"trailer1": "CJ77XYZ"}, "numere diferite"),
        ({"when": "ora"}, "Alege ziua și ora."),
        ({"when": "ora", "moment": "2020-01-01T10:00"}, "înainte de valabilitatea"),
        ({"when": "ora", "moment": "2099-01-01T10:00"}, "cel mult peste o zi"),
    ],
)
def test_our_rules_come_before_anafs(
    desk: Desk, dispatcher: Client, typed: dict[str, str], sentence: str
) -> None:
    transport = desk.new_uit()
    response = dispatcher.post(reverse("filings:new", args=[transport.pk]), CHANGE | typed)
    assert sentence in text_of(response)
    assert not VehicleChange.objects.exists()


def test_all_uits_of_a_vehicle_at_once(desk: Desk, dispatcher: Client) -> None:
    transports = [desk.new_uit(nr_veh="B55TIR", nr_rem1="") for _ in range(3)]
    other_transport = desk.new_uit()
    address = reverse("filings:new_of_vehicle") + "?numar=b-55-tir"
    page = text_of(dispatcher.get(address))
    assert all(transport.uit in page for transport in transports)
    assert other_transport.uit not in page
    ticked = [str(transport.pk) for transport in (*transports[:2], other_transport)]
    preview = dispatcher.post(address, CHANGE | {"uit": ticked}, follow=True)
    assert "Depune toate cele 2 la ANAF" in text_of(preview)
    changes = list(VehicleChange.objects.order_by("pk"))
    assert {change.uit for change in changes} == {each.uit for each in transports[:2]}
    group = reverse("filings:group", args=[changes[0].pk])
    dispatcher.post(group, {"ce": "depune"})
    for change in changes:
        assert desk.steps(change).state == ChangeState.DONE
    assert "2 din 2 apar la ANAF." in text_of(dispatcher.get(group))
    assert len(desk.uploads()) == 2


def test_the_page_of_the_fleet_leads_to_the_uits_of_a_vehicle(
    desk: Desk, dispatcher: Client, teammate: User
) -> None:
    Vehicle.objects.create(company=desk.company, plate="B55TIR")
    Vehicle.objects.create(company=desk.company, plate="B01REM", kind="trailer")
    address = reverse("filings:new_of_vehicle") + "?numar="
    page = text_of(dispatcher.get(reverse("fleet:list")))
    assert f'href="{address}B55TIR"' in page
    assert f"{address}B01REM" not in page
    dispatcher.force_login(teammate)
    assert address not in text_of(dispatcher.get(reverse("fleet:list")))


def test_a_viewer_sees_and_can_not_file(desk: Desk, client: Client, teammate: User) -> None:
    transport = desk.new_uit()
    change = desk.filed(transport)
    client.force_login(teammate)
    page = text_of(client.get(reverse("workspace:detail", args=[transport.pk])))
    assert "CJ 77 XYZ" in page
    assert reverse("filings:new", args=[transport.pk]) not in page
    assert client.get(reverse("filings:new", args=[transport.pk])).status_code == 403
    for name, form in (("group", {"ce": "depune"}), ("decide", {"ce": "renunta"})):
        assert client.post(reverse(f"filings:{name}", args=[change.pk]), form).status_code == 403


def test_an_owner_switches_it_off_for_a_company(desk: Desk, client: Client, owner: User) -> None:
    transport = desk.new_uit()
    client.force_login(owner)
    client.post(reverse("filings:switch", args=[desk.company.pk]), {"depuneri": "nu"})
    assert not permission.may_file(Membership.objects.get(user=owner), desk.company)
    assert client.get(reverse("filings:new", args=[transport.pk])).status_code == 403
    client.post(reverse("filings:switch", args=[desk.company.pk]), {"depuneri": "da"})
    assert client.get(reverse("filings:new", args=[transport.pk])).status_code == 200


def test_a_held_change_is_decided_by_a_person(desk: Desk, dispatcher: Client) -> None:
    change = desk.filed(desk.new_uit())
    VehicleChange.objects.update(state=ChangeState.HELD, reason="late")
    page = text_of(dispatcher.get(reverse("filings:change", args=[change.pk])))
    assert "Nu îl schimbăm noi" in page
    dispatcher.post(
        reverse("filings:decide", args=[change.pk]), {"ce": "trimite", "moment": "acum"}
    )
    change.refresh_from_db()
    assert change.state == ChangeState.QUEUED
    assert abs(change.moment - timezone.now()) < timedelta(minutes=1)


def test_the_files_are_the_exact_bytes(desk: Desk, dispatcher: Client) -> None:
    change = desk.step(desk.filed(desk.new_uit()))
    attempt = change.attempts.get()
    xml = dispatcher.get(reverse("filings:xml", args=[attempt.pk]))
    assert xml.content == bytes(attempt.xml)
    response = attempt.responses.get()
    text = dispatcher.get(reverse("filings:response", args=[response.pk]))
    assert (text.content, text["Content-Type"]) == (
        bytes(response.body),
        "text/plain; charset=utf-8",
    )


def test_the_list_is_narrowed(desk: Desk, dispatcher: Client) -> None:
    done, refused = desk.new_uit(), desk.new_uit()
    desk.steps(desk.filed(done))
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    desk.steps(desk.filed(refused, plate="CJ88XYZ"))
    address = reverse("filings:list")
    everything = text_of(dispatcher.get(address))
    assert done.uit in everything
    assert refused.uit in everything
    for query, shown, hidden in (
        ("?stare=refuzate", refused, done),
        ("?stare=gata", done, refused),
        ("?q=cj-88", done, done),
        ("?q=cj-88-xyz", refused, done),
    ):
        page = text_of(dispatcher.get(address + query))
        assert hidden.uit not in page
        assert (shown.uit in page) is (shown != hidden)


@pytest.mark.parametrize(
    ("plate", "shown"),
    [
        ("B12ABC", "B 12 ABC"),
        ("CJ77XYZ", "CJ 77 XYZ"),
        ("B123ABC", "B 123 ABC"),
        ("WXY1234", "WXY1234"),
    ],
)
def test_a_plate_is_shown_as_it_stands_on_the_vehicle(plate: str, shown: str) -> None:
    assert format_plate(plate) == shown


def rights_of(client: Client) -> str:
    """Return the companies of the authorization on the page Integrări."""
    return text_of(client.get("/integrari/")).split('<ul class="rights">')[1].split("</ul>")[0]


def test_the_right_to_file_is_unknown_until_a_filing_is_tried(
    desk: Desk, dispatcher: Client
) -> None:
    assert "depunere" in rights_of(dispatcher)
    assert "neîncercată încă" in rights_of(dispatcher)
    desk.anaf.turn_on("upload_nok", text="UIT-ul nu poate fi identificat.")
    transport = desk.new_uit()
    desk.steps(desk.filed(transport))  # refused for its content: the upload itself was let in
    assert "primită de ANAF" in rights_of(dispatcher)
    desk.anaf.turn_off("upload_nok")
    desk.anaf.turn_on("upload_errors", text=f"Nu aveti drept in SPV pentru CIF={desk.company.cui}")
    assert desk.steps(desk.filed(transport)).state == ChangeState.REFUSED
    rights = rights_of(dispatcher).split("depunere")[1]
    assert "fără drept în SPV" in rights
    desk.anaf.turn_off("upload_errors")
    desk.steps(desk.filed(transport))
    assert "primită de ANAF" in rights_of(dispatcher)


def test_a_rehearsal_says_nothing_of_the_right_to_file(desk: Desk, dispatcher: Client) -> None:
    change = desk.draft(desk.new_uit(), rehearsal=True)
    changes.confirm([change], user=desk.user)
    desk.step(change)
    assert "neîncercată încă" in rights_of(dispatcher)


def _wait(change: VehicleChange, hours: float) -> None:
    """Set the change as if it had been in its state for so long."""
    change.refresh_from_db()
    VehicleChange.objects.filter(pk=change.pk).update(
        state_since=timezone.now() - timedelta(hours=hours)
    )


@pytest.mark.parametrize("state", [ChangeState.PROCESSING, ChangeState.ACCEPTED])
def test_a_person_closes_a_change_that_has_no_end(
    desk: Desk, dispatcher: Client, state: ChangeState
) -> None:
    transport = desk.new_uit()
    desk.anaf.turn_on("info_lags", seconds=3600)
    if state == ChangeState.PROCESSING:
        desk.anaf.turn_on("upload_stuck")
    change = desk.steps(desk.filed(transport), 4)
    assert change.state == state
    address = reverse("filings:change", args=[change.pk])
    decide = reverse("filings:decide", args=[change.pk])
    assert "Închide urmărirea" not in text_of(dispatcher.get(address))
    response = dispatcher.post(decide, {"ce": "inchide"}, follow=True)
    assert "ANAF mai poate răspunde" in text_of(response)
    _wait(change, 2)
    assert "de mai bine de o oră" in text_of(dispatcher.get(address))
    response = dispatcher.post(decide, {"ce": "inchide"}, follow=True)
    change.refresh_from_db()
    assert (change.state, change.next_step_at) == (ChangeState.CLOSED, None)
    assert "Cineva din firmă a închis urmărirea" in text_of(response)
    entry = AuditLogEntry.objects.filter(action="filing").latest("pk")
    assert "A închis urmărirea schimbării vehiculului" in entry.text
    # It stands on the UIT's page, and another change may be filed.
    page = text_of(dispatcher.get(reverse("workspace:detail", args=[transport.pk])))
    assert "închisă, rezultat necunoscut" in page
    second = desk.filed(transport, plate="CJ88XYZ")
    assert changes.cancel(second, user=desk.user)
    # ANAF shows the first one after all.
    desk.anaf.turn_off("upload_stuck")
    desk.anaf.turn_off("info_lags")
    if state == ChangeState.ACCEPTED:
        desk.sync()
        change.refresh_from_db()
        assert change.state == ChangeState.DONE


def test_a_change_that_takes_long_is_said_to(desk: Desk, dispatcher: Client) -> None:
    desk.anaf.turn_on("upload_stuck")
    change = desk.step(desk.filed(desk.new_uit()))
    address = reverse("filings:change", args=[change.pk])
    assert "mai bine de un minut" not in text_of(dispatcher.get(address))
    _wait(change, 0.02)
    assert "mai bine de un minut" in text_of(dispatcher.get(address))


def test_an_owner_decides_which_members_file(
    desk: Desk, client: Client, organization: Organization, teammate: User
) -> None:
    dispatcher = factories.member(organization, "dispatcher", name="Dan Dispecer")
    member = Membership.objects.get(user=dispatcher)
    transport = desk.new_uit()
    client.force_login(desk.user)
    page = text_of(client.get(reverse("filings:list")))
    assert "Dan Dispecer" in page.split("Cine poate depune la ANAF")[1]
    switch = reverse("filings:member_switch", args=[member.pk])
    client.post(switch, {"depuneri": "nu"})
    assert "i-a oprit dreptul" in AuditLogEntry.objects.latest("pk").text.lower()
    client.force_login(dispatcher)
    address = reverse("filings:new", args=[transport.pk])
    refused = client.get(address)
    assert refused.status_code == 403
    assert "Un proprietar ți-a oprit dreptul" in text_of(refused)
    assert address not in text_of(client.get(reverse("workspace:detail", args=[transport.pk])))
    assert client.post(switch, {"depuneri": "da"}).status_code == 403
    client.force_login(desk.user)
    client.post(switch, {"depuneri": "da"})
    client.force_login(dispatcher)
    assert client.get(address).status_code == 200
    # Who may only read has no switch.
    client.force_login(desk.user)
    viewer = Membership.objects.get(user=teammate)
    assert client.post(reverse("filings:member_switch", args=[viewer.pk])).status_code == 404


@pytest.mark.parametrize("role", Role)
def test_every_role_that_may_file_but_the_owners_has_a_switch(
    desk: Desk, client: Client, organization: Organization, role: Role
) -> None:
    member = Membership.objects.get(user=factories.member(organization, role, name="Mihai Membru"))
    has_switch = permission.may_file(member, desk.company) and role != Role.OWNER
    client.force_login(desk.user)
    switch = reverse("filings:member_switch", args=[member.pk])
    assert (switch in text_of(client.get(reverse("filings:list")))) == has_switch
    assert client.post(switch, {"depuneri": "nu"}).status_code == (302 if has_switch else 404)
    assert permission.may_file(member, desk.company) == (role == Role.OWNER)


def test_an_owner_is_never_switched_off(desk: Desk) -> None:
    owner = Membership.objects.get(user=desk.user)
    permission.set_member_filing_enabled(owner, owner, enabled=False)
    assert permission.may_file(owner, desk.company)
