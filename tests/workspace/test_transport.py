"""A UIT's page: its history with both clocks, the text for the driver, the driver's card."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from caraus.accounts.models import Company
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.drivers import card, driver_text
from caraus.fleet.models import Issue
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncRun, SyncState
from caraus.transports.display import grouped_uit
from caraus.transports.models import Transport, TransportEvent
from caraus.workspace.timeline import build_timeline
from tests.simulator_process import SimulatorProcess
from tests.squeezed import page_of
from tests.transports.test_views import transport
from tests.workspace.conftest import uit

# With the form and the check digits of a UIT.
GOOD_CODE = uit(1)


def test_each_event_distinguishes_when_anaf_had_it_and_when_we_did(
    anaf: SimulatorProcess, signed_in: Client, company: Company, authorization: Authorization
) -> None:
    sync_company(company_id=company.pk)
    earlier = timezone.now() - timedelta(minutes=3)
    SyncState.objects.update(last_good_at=earlier)
    uit = anaf.add_uit(company.cui, nr_veh="B01OLD")["uit"]
    sync_company(company_id=company.pk)
    anaf.change_vehicle(uit, nr_veh="B02NEW")
    sync_company(company_id=company.pk)
    row = Transport.objects.get(uit=uit)
    with CaptureQueriesContext(database) as queries:
        changed, appeared = build_timeline(row, list(row.events.all()))
    assert len(queries) == 2
    assert appeared.not_before == earlier
    assert appeared.event.at > earlier
    assert changed.declared_at is not None
    assert abs(changed.declared_at - changed.event.at) < timedelta(minutes=1)
    page = signed_in.get(f"/transporturi/{row.pk}/").content.decode()
    assert re.search(r"<del>B01OLD.*?</del>.*?<ins>B02NEW", page, re.DOTALL)
    assert re.search(r"între \d\d\.\d\d\.\d{4}, \d\d:\d\d:\d\d și \d\d", page)
    assert re.search(r"declarat \d\d\.\d\d\.\d{4}, \d\d:\d\d", page)
    # Once the polls are only sums, nothing is made up.
    SyncRun.objects.all().delete()
    assert [event.not_before for event in build_timeline(row, list(row.events.all()))] == [
        None,
        None,
    ]


def test_the_page_costs_the_same_for_a_long_history(signed_in: Client, company: Company) -> None:
    row = transport(company)
    counts = set()
    for more in (1, 30):
        for number in range(more):
            TransportEvent.objects.create(
                transport=row,
                kind="changed",
                at=timezone.now() - timedelta(minutes=number),
                changes={"declarant_ref": ["A", "B"]},
            )
        with CaptureQueriesContext(database) as queries:
            signed_in.get(f"/transporturi/{row.pk}/")
        counts.add(len(queries))
    assert len(counts) == 1


def test_the_text_for_the_driver_is_true_whenever_it_is_read(company: Company) -> None:
    row = transport(
        company,
        uit=GOOD_CODE,
        trailer1="CT83WPT",
        vehicle_changes=[{"plate": "B99NOU", "trailer1": "CT84WPT", "trailer2": "CT85WPT"}],
        start={"county": "AR", "locality": "Nădlac", "street": "Vămii", "number": "1"},
        end={"county": "CJ", "locality": "Cluj-Napoca"},
        transport_date=date(2031, 11, 24),
        first_expired_day=date(2031, 11, 29),
    )
    assert driver_text.format_driver_text(row, today=date(2031, 11, 24)).splitlines() == [
        f"UIT: {grouped_uit(GOOD_CODE)}",
        "Vehicul: B99NOU",
        "Remorcă: CT84WPT + CT85WPT",
        "De la: Nădlac (AR), Vămii 1",
        "La: Cluj-Napoca (CJ)",
        "Data transportului: luni, 24 noiembrie 2031",
        "Valabil până: vineri, 28 noiembrie 2031, ora 24:00",
    ]
    assert (
        "a expirat" in driver_text.format_driver_text(row, today=date(2031, 11, 29)).splitlines()[0]
    )
    row.carrier_cui = "900020201"
    assert (
        "alt transportator"
        in driver_text.format_driver_text(row, today=date(2031, 11, 24)).splitlines()[0]
    )
    row.state = "delisted"
    warning = driver_text.format_driver_text(row, today=date(2031, 11, 24)).splitlines()[0]
    assert warning.startswith("ATENȚIE: acest UIT nu mai este în lista ANAF. Nu pleca la drum")
    row.state, row.carrier_cui = "missing", row.company.cui
    warning = driver_text.format_driver_text(row, today=date(2031, 11, 24)).splitlines()[0]
    assert warning.startswith("ATENȚIE: la ultima verificare ANAF nu a mai arătat acest UIT.")


@pytest.mark.parametrize(
    ("fields", "on_page", "in_text", "on_card"),
    [
        ({"state": "missing"}, "nu l‑a mai arătat", "nu a mai arătat acest UIT", "LIPSĂ LA ANAF"),
        ({"state": "delisted"}, "nu mai este în lista ANAF", "nu mai este în lista", "NU MAI ESTE"),
        ({"state": "expired", "expires": 0}, "A expirat", "acest UIT a expirat", "EXPIRAT"),
        ({"carrier_cui": "900020201"}, "transportatorul declarat", "alt transportator", "ALT TRA"),
        ({"uit": "1A2B3C4D5E6F7H00"}, "cifrele de control", "cifrele de control", "COD GREȘIT"),
        ({"starts": 2}, "începe", "este valabil abia din", "VALABIL ABIA DIN"),
        (
            {"issue": "retired"},
            "scos din uz în flotă",
            "de verificat înainte de plecare: B12ABC scos din uz",
            "DE VERIFICAT – B12ABC scos din uz",
        ),
        (
            {"unreadable_fields": {"data_exp_uit": "-"}},
            "nu a putut fi citit",
            "câmpuri pe care nu le putem citi",
            "câmpuri pe care nu le putem citi",
        ),
    ],
)
def test_the_drivers_text_has_all_that_the_page_warns_of(
    signed_in: Client,
    company: Company,
    fields: dict[str, Any],
    on_page: str,
    in_text: str,
    on_card: str,
) -> None:
    day = today()
    row = transport(
        company,
        uit=fields.pop("uit", GOOD_CODE),
        transport_date=day + timedelta(days=fields.pop("starts", 0)),
        first_expired_day=day + timedelta(days=fields.pop("expires", 5)),
    )
    if code := fields.pop("issue", ""):
        Issue.objects.create(
            transport=row, company=company, code=code, plate_field="plate", plate="B12ABC"
        )
    Transport.objects.filter(pk=row.pk).update(**fields)
    assert on_page in page_of(signed_in.get(f"/transporturi/{row.pk}/"))
    text = page_of(signed_in.get(f"/transporturi/{row.pk}/text-pentru-sofer/"))
    assert in_text in text
    row.refresh_from_db()
    assert on_card in str(card.content(row, today=day))
    # With more than one, each is named.
    both = Transport.objects.create(
        company=company,
        uit="0000000000000001",
        state="missing",
        transport_date=day + timedelta(days=1),
        first_expired_day=day + timedelta(days=5),
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        last_changed_at=row.last_changed_at,
    )
    assert len(str(card.content(both, today=day)["warning"]).splitlines()) == 3
    assert driver_text.format_driver_text(both, today=day).count("ATENȚIE") == 3


def test_the_card_is_a_pdf_that_says_anaf_did_not_issue_it(
    signed_in: Client, company: Company
) -> None:
    row = transport(
        company,
        uit=GOOD_CODE,
        trailer1="CT83WPT",
        declarant_name="ȘTEFĂNEȘTI ȚIGLE & FIII SRL " * 4,
        start={"county": "AR", "locality": "Nădlac"},
        documents=[{"text": "CMR 1"}],
    )
    response = signed_in.get(f"/transporturi/{row.pk}/fisa-soferului.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="UIT-{GOOD_CODE}.pdf"'
    assert response.content.startswith(b"%PDF-")
    assert len(response.content) < 80_000
    with translation.override("en"):
        content = card.content(row, today=today())
    assert "nu este emis de ANAF" in str(content["footer"])
    assert content["warning"] == ""
    row.state = "delisted"
    assert "NU MAI ESTE ÎN LISTA ANAF" in str(card.content(row, today=today())["warning"])
    row.state = "missing"
    assert "LIPSĂ LA ANAF" in str(card.content(row, today=today())["warning"])
    for state in ("delisted", "missing"):
        Transport.objects.filter(pk=row.pk).update(state=state)
        response = signed_in.get(f"/transporturi/{row.pk}/fisa-soferului.pdf")
        assert response.content.startswith(b"%PDF-")


def test_a_uit_of_another_carrier_is_given_to_no_driver_without_a_warning(
    signed_in: Client, company: Company
) -> None:
    row = transport(company, carrier_cui="900020201", carrier_name="MOȚII <SRL>")
    page = signed_in.get(f"/transporturi/{row.pk}/").content.decode()
    assert "transportatorul declarat este MOȚII &lt;SRL&gt;. Nu porni la drum" in page
    assert "ATENȚIE: pe acest UIT este trecut alt transportator." in page
    assert "ALT TRANSPORTATOR" in str(card.content(row, today=today())["warning"])


@pytest.mark.process
def test_a_card_that_cannot_be_made_is_reported_in_a_sentence(
    signed_in: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = transport(company)
    monkeypatch.setattr(card, "SECONDS", 0.01)
    address = f"/transporturi/{row.pk}/fisa-soferului.pdf"
    page = signed_in.get(address, follow=True).content.decode()
    assert "Fișa nu a fost gata la timp" in page
    monkeypatch.setattr(card, "PROGRAM", "caraus.no_such_module")
    monkeypatch.setattr(card, "SECONDS", 20)
    page = signed_in.get(address, follow=True).content.decode()
    assert "din vina noastră" in page


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"state": Transport.State.MISSING}, True),
        ({"state": Transport.State.DELISTED}, False),
    ],
)
def test_a_bad_code_is_explained_beside_any_other_issue_of_a_uit_in_use(
    signed_in: Client, company: Company, fields: dict[str, Any], *, expected: bool
) -> None:
    row = transport(company, **fields)
    page = signed_in.get(f"/transporturi/{row.pk}/").content.decode()
    assert ("nu are forma sau cifrele de control" in page) is expected


@pytest.mark.process
def test_a_card_is_drawn_once_for_the_same_facts(
    signed_in: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = transport(company)
    address = f"/transporturi/{row.pk}/fisa-soferului.pdf"
    first = signed_in.get(address)
    assert first.content.startswith(b"%PDF")
    monkeypatch.setattr(card, "PROGRAM", "caraus.no_such_module")
    assert signed_in.get(address).content == first.content
    row.plate = "CT99ZZZ"
    row.save()
    assert signed_in.get(address).status_code == 302  # another card, which can't be drawn now


def test_above_two_cards_at_once_others_must_come_again(
    signed_in: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "PATIENCE", 0.01)
    address = f"/transporturi/{transport(company).pk}/fisa-soferului.pdf"
    with card._DRAWING, card._DRAWING:
        response = signed_in.get(address)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Se fac chiar acum alte fișe" in response.text
    assert signed_in.get(address).status_code == 200


def test_the_text_for_the_driver_is_made_when_it_is_copied(
    signed_in: Client, company: Company
) -> None:
    """The page stood open over midnight: the button asks the server."""
    row = transport(company, first_expired_day=today() + timedelta(days=1))
    page = signed_in.get(f"/transporturi/{row.pk}/").content.decode()
    address = f"/transporturi/{row.pk}/text-pentru-sofer/"
    assert f'data-copy-from="{address}"' in page
    Transport.objects.filter(pk=row.pk).update(first_expired_day=today())
    response = signed_in.get(address)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Cache-Control"].count("no-store") == 1
    assert response.content.decode().startswith("ATENȚIE: acest UIT a expirat.")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"days": 0}, "oprește-l și cere un UIT valabil"),
        ({"state": "delisted"}, "poate declarantul a confirmat transportul încheiat"),
        ({"state": "missing"}, "Un singur răspuns nu dovedește nimic"),
    ],
)
def test_no_days_left_are_promised_beside_a_doubt(
    signed_in: Client, company: Company, fields: dict[str, Any], words: str
) -> None:
    fields = dict(fields)
    ends = today() + timedelta(days=fields.pop("days", 6))
    row = transport(company, first_expired_day=ends, **fields)
    page = signed_in.get(f"/transporturi/{row.pk}/").content.decode()
    assert words in page
    assert "încă 6 zile" not in page
    assert "a retras" not in page
