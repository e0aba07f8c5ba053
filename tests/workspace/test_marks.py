"""Dealt with: „descărcat”, „în regulă”, „mă ocup eu”, on a UIT and an issue; undone; made anew."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Membership, User
from caraus.core.formatting import today
from caraus.fleet.issue_store import update_issues
from caraus.fleet.models import Issue, Vehicle
from caraus.notifications.models import Notification
from caraus.transports import expiry, marks
from caraus.transports.models import ExpiryWatch, Mark, Transport, TransportEvent
from caraus.transports.notifications import expires_at
from caraus.transports.reconcile import Event
from caraus.transports.store import transports_stored
from tests import factories
from tests.squeezed import page_of
from tests.transports.test_odd_fields import applied, record
from tests.workspace.conftest import MakeTransport

KINDS = TransportEvent.Kind


def history(row: Transport) -> list[tuple[str, str, dict[str, object]]]:
    events = row.events.order_by("pk").select_related("by")
    return [(event.kind, event.by.name if event.by else "", event.changes) for event in events]


def test_a_uit_is_marked_and_taken_back_on_its_page(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    row = make()
    address = f"/transporturi/{row.pk}/"
    for word, kind, label in (
        ("ma-ocup", "taken", "se ocupă"),
        ("descarcat", "unloaded", "descărcat"),
        ("in-regula", "fine", "în regulă"),
    ):
        signed_in.post(f"{address}marcaj/", {"ce": word})
        mark = Mark.objects.get(transport=row)
        assert (mark.kind, mark.by) == (kind, owner)
        page = page_of(signed_in.get(address))
        assert f"<strong>{label}</strong>· {owner.name}" in page
    signed_in.post(f"{address}marcaj/", {"ce": "scoate"})
    assert not Mark.objects.exists()
    signed_in.post(f"{address}marcaj/", {"ce": "altceva"})
    assert history(row) == [
        (KINDS.MARKED, owner.name, {"mark": ["", "taken"]}),
        (KINDS.MARKED, owner.name, {"mark": ["taken", "unloaded"]}),
        (KINDS.MARKED, owner.name, {"mark": ["unloaded", "fine"]}),
        (KINDS.UNMARKED, owner.name, {"mark": ["fine", ""]}),
    ]
    page = page_of(signed_in.get(address))
    assert f"<strong>marcaj scos</strong>· {owner.name}" in page
    assert "<ins>descărcat</ins>" in page


def test_a_second_press_is_no_second_event(make: MakeTransport, owner: User) -> None:
    row = make()
    for _ in range(2):
        marks.mark_transports([row], "unloaded", owner)
    assert len(history(row)) == 1
    # Another dispatcher takes it over.
    other_member = factories.member(row.company.organization, "dispatcher")
    for by in (owner, other_member, other_member):
        marks.mark_transports([row], "taken", by)
    assert [by for _, by, _ in history(row)] == [owner.name, owner.name, other_member.name]


def test_many_are_marked_at_once_and_those_of_others_are_not(
    signed_in: Client, make: MakeTransport
) -> None:
    rows = [make() for _ in range(3)]
    stranger = make(company=factories.company(factories.organization("Altă firmă SRL")))
    form = {"uit": [row.pk for row in [*rows[:2], stranger]], "ce": "descarcat", "vedere": "q=b"}
    response = signed_in.post("/transporturi/alese/", form)
    assert response["Location"] == "/transporturi/?q=b"
    assert {mark.transport for mark in Mark.objects.all()} == set(rows[:2])
    page = page_of(signed_in.get("/transporturi/?arata="))
    assert "2 UIT-uri: descărcat, la „Rezolvate”." in page
    assert [row.uit for row in signed_in.get("/transporturi/?arata=").context["page"]] == [
        rows[2].uit
    ]
    # The button of a row acts on that row alone, whatever is selected.
    signed_in.post("/transporturi/alese/", {"uit": [rows[2].pk], "scoate": rows[0].pk})
    assert {mark.transport for mark in Mark.objects.all()} == {rows[1]}
    for nothing in ({}, {"ce": "descarcat"}, {"ce": "x", "uit": "9"}, {"ce": "scoate", "uit": "²"}):
        assert signed_in.post("/transporturi/alese/", nothing).status_code == 302
    assert Mark.objects.count() == 1


@pytest.mark.parametrize(
    ("kind", "returns"),
    [
        ("changed", True),
        ("vehicle_changed", True),
        ("carrier_changed", True),
        ("returned", True),
        ("expired", False),
        ("delisted", False),
    ],
)
def test_a_change_of_anaf_takes_the_marks_back(
    make: MakeTransport, owner: User, kind: str, returns: bool
) -> None:
    row = make()
    marks.mark_transports([row], "unloaded", owner)
    assert (KINDS(kind) in marks.RENEWING_EVENTS) == returns


def test_what_anaf_changed_is_to_be_dealt_with_anew(
    company: Company, owner: User, signed_in: Client
) -> None:
    store(company, plate="B12ABC")
    row, still = Transport.objects.get(uit=UITS[0]), Transport.objects.get(uit=UITS[1])
    marks.mark_transports([row, still], "unloaded", owner)
    store(company, plate="B99XYZ")
    assert [mark.transport for mark in Mark.objects.all()] == [still]
    assert history(row)[-1] == (KINDS.UNMARKED, "", {"mark": ["unloaded", ""]})
    page = page_of(signed_in.get(f"/transporturi/{row.pk}/"))
    assert "<strong>marcaj scos</strong>· ANAF a schimbat UIT-ul" in page


UITS = ("4E2A21D5GGCNNG05", "0A1C2D3E4F5H6J42")


def store(company: Company, *, plate: str) -> None:
    """Store a response of ANAF in which the first UIT has this plate."""
    plates = (plate, "CJ01ABC")
    applied(
        company,
        *(record(uit=uit, nr_veh=current) for uit, current in zip(UITS, plates, strict=True)),
    )


def test_dealt_with_is_not_notified_of(make: MakeTransport, owner: User) -> None:
    day = today() + timedelta(days=1)
    done, open_ = make(first_expired_day=day), make(first_expired_day=day)
    marks.mark_transports([done], "unloaded", owner)
    before = expires_at(day) - timedelta(hours=9)
    ExpiryWatch.objects.create(pk=1, notified_until=before)
    expiry.notify_expiring(before + timedelta(hours=2))
    texts = "".join(row.title for row in Notification.objects.all())
    assert open_.uit[:4] in texts.replace(" ", "") or open_.uit in texts.replace(" ", "")
    assert done.uit not in texts.replace(" ", "")


@pytest.fixture
def clash(make: MakeTransport, company: Company) -> tuple[Transport, Transport]:
    """Make two UITs of one lorry in two directions."""
    Vehicle.objects.create(company=company, plate="B12ABC")
    west = {"start": {"county": "B"}, "end": {"county": "CJ"}}
    east = {"start": {"county": "CJ"}, "end": {"county": "B"}}
    first = make(plate="B12ABC", transport_date=today() - timedelta(days=1), **west)
    second = make(plate="B12ABC", transport_date=today() - timedelta(days=1), **east)
    update_issues(company.pk, because="uit")
    assert Issue.objects.count() == 2
    return first, second


def test_an_issue_is_dealt_with_and_no_longer_counted(
    signed_in: Client, clash: tuple[Transport, Transport], owner: User
) -> None:
    first, _second = clash
    issue = Issue.objects.get(transport=first)
    listed = "/transporturi/?probleme=1"
    assert len(signed_in.get(listed).context["page"].rows) == 2
    signed_in.post(f"/flota/probleme/{issue.pk}/", {"ce": "ma-ocup"})
    assert len(signed_in.get(listed).context["page"].rows) == 2
    signed_in.post(f"/flota/probleme/{issue.pk}/", {"ce": "in-regula"})
    assert len(signed_in.get(listed).context["page"].rows) == 1
    page = page_of(signed_in.get(f"/transporturi/{first.pk}/"))
    assert "Problemele sunt rezolvate" in page
    assert f"<span>în regulă · {owner.name}" in page
    assert "<strong>1</strong>cu probleme" in page_of(signed_in.get("/transporturi/"))
    signed_in.post(f"/flota/probleme/{issue.pk}/", {"ce": "scoate"})
    assert len(signed_in.get(listed).context["page"].rows) == 2
    assert [changes for _, _, changes in history(first)] == [
        {"issue_mark": [None, {"plate": "B12ABC", "kind": "taken"}]},
        {
            "issue_mark": [
                {"plate": "B12ABC", "kind": "taken"},
                {"plate": "B12ABC", "kind": "fine"},
            ]
        },
        {"issue_mark": [{"plate": "B12ABC", "kind": "fine"}, None]},
    ]
    assert "<ins>B12ABC: în regulă</ins>" in page


def test_the_first_trip_is_over(
    signed_in: Client, clash: tuple[Transport, Transport], company: Company
) -> None:
    first, second = clash
    issue = Issue.objects.get(transport=second)
    page = page_of(signed_in.get(f"/transporturi/{second.pk}/"))
    assert "Prima cursă s-a încheiat" in page
    signed_in.post(f"/flota/probleme/{issue.pk}/", {"ce": "cursa-incheiata"})
    assert Mark.objects.get().transport == first
    assert not Issue.objects.exists()
    signed_in.post(f"/transporturi/{first.pk}/marcaj/", {"ce": "scoate"})
    assert Issue.objects.count() == 2


def test_a_changed_uit_takes_the_marks_of_its_issues_back(
    clash: tuple[Transport, Transport], company: Company, owner: User
) -> None:
    first, second = clash
    Issue.objects.update(mark="fine", marked_by=owner, marked_at=timezone.now())
    transports_stored.send(
        sender=Transport,
        company=company,
        transports=[first, second],
        events=[Event(first.uit, "changed"), Event(second.uit, "expired")],
        at=datetime.now(UTC),
        first=False,
    )
    assert {issue.transport: issue.mark for issue in Issue.objects.all()} == {
        first: "",
        second: "fine",
    }


def test_a_mark_is_taken_back_in_its_message_and_the_view_stays(
    signed_in: Client, make: MakeTransport
) -> None:
    loads = [make(declarant_name="Agro"), make(declarant_name="Agro")]
    view = {"vedere": "q=agro"}
    keys = [str(load.pk) for load in loads]
    done = signed_in.post(
        "/transporturi/alese/", {"uit": keys, "ce": "descarcat", **view}, follow=True
    )
    form = page_of(done).partition('class="undo"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(vedere|ce)" value="([^"]*)"', form))
    assert fields == {"vedere": "q=agro", "ce": "anuleaza"}
    assert re.findall(r'name="uit" value="(\d+)"', form) == keys
    undone = signed_in.post("/transporturi/alese/", {"uit": keys, **fields}, follow=True)
    assert not Mark.objects.exists()
    assert undone.redirect_chain[-1][0].endswith("?q=agro")
    assert 'class="undo"' not in page_of(undone)


def test_undo_puts_back_what_was_there_and_leaves_what_others_did(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    colleague = factories.member(Membership.objects.get(user=owner).organization, "dispatcher")
    taken, unloaded, plain, later = (make() for _ in range(4))
    marks.mark_transports([taken], "taken", colleague)
    marks.mark_transports([unloaded], "unloaded", colleague)
    keys = [row.pk for row in (taken, unloaded, plain, later)]
    signed_in.post("/transporturi/alese/", {"uit": keys, "ce": "descarcat"})
    marks.mark_transports([later], "fine", colleague)
    page = signed_in.post("/transporturi/alese/", {"uit": keys, "ce": "anuleaza"}, follow=True)
    marked = Mark.objects.values_list("transport", "kind", "by")
    assert set(marked) == {
        (taken.pk, "taken", colleague.pk),
        (unloaded.pk, "unloaded", colleague.pk),
        (later.pk, "fine", colleague.pk),
    }
    assert "2 UIT-uri: marcajul a fost scos." in page_of(page)
    assert history(taken)[-1] == (KINDS.MARKED, owner.name, {"mark": ["unloaded", "taken"]})
    # A press that changes nothing has nothing to take back.
    again = signed_in.post(
        "/transporturi/alese/", {"uit": unloaded.pk, "ce": "descarcat"}, follow=True
    )
    assert 'class="undo"' not in page_of(again)


def test_a_stale_page_takes_over_nothing_that_was_dealt_with_meanwhile(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    row = make()
    colleague = factories.member(row.company.organization, "dispatcher")
    marks.mark_transports([row], "unloaded", colleague)
    page = signed_in.post("/transporturi/alese/", {"uit": row.pk, "ce": "ma-ocup"}, follow=True)
    assert "Nu s-a schimbat nimic: erau deja marcate." in page_of(page)
    mark = Mark.objects.get()
    assert (mark.kind, mark.by) == ("unloaded", colleague)


def test_what_is_dealt_with_is_counted_beside_the_list_and_not_among_what_expires(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    tonight = {"first_expired_day": today() + timedelta(days=1)}
    done, pending = make(**tonight), make(**tonight)
    Mark.objects.create(transport=done, kind=Mark.Kind.UNLOADED, by=owner, at=timezone.now())
    page = page_of(signed_in.get("/transporturi/"))
    assert '1 transport activ<span class="muted">· 1 rezolvat</span>' in page
    assert "<strong>1</strong>expiră în 24 h" in page
    expiring = page_of(signed_in.get("/transporturi/?arata=expira"))
    assert pending.uit in expiring
    assert done.uit not in expiring
