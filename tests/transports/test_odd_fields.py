"""UITs of which ANAF's record has an odd field: in the list, marked, with nothing invented."""

import csv
import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from caraus.accounts.models import Company
from caraus.anaf.info import parse_info
from caraus.anaf.records import FIELD_NAMES
from caraus.anaf.values import canonical
from caraus.authorizations.models import Authorization
from caraus.commands import data
from caraus.core.formatting import today
from caraus.drivers import card, driver_text
from caraus.fleet import issue_store
from caraus.fleet.models import Issue, Vehicle, VehicleKind
from caraus.notifications.models import Notification
from caraus.sync.company_sync import sync_company
from caraus.sync.models import SyncRun, SyncState
from caraus.sync.unreadable_records import reparse_records
from caraus.transports import display, expiry
from caraus.transports.models import Transport, UnreadableRecord
from caraus.transports.store import FIELDS, store_response
from caraus.web import retention
from caraus.web.dashboard import build_dashboard
from caraus.workspace import export_files, pagination
from tests.simulator_process import SimulatorProcess

DASH = "„-”"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def record(**fields: Any) -> dict[str, Any]:
    """Return a good record of today, with some fields changed."""
    return {
        "uit": "3V0P0L0P0T3JUW46",
        "cod_decl": 900020201,
        "den_decl": "Ștefănești & Fiii SRL",
        "data_transp": f"{today()}T00:00:00",
        "data_exp_uit": f"{today() + 5 * DAY}T00:00:00",
        "tr_cod": "900010100",
        "tr_den": "TRANS ȚEPEȘ SRL",
        "nr_veh": "B101XYZ",
        "loc_start": {"tip_loc": "PTF", "adresa_completa": "PTF Nădlac", "judet": "AR"},
        "loc_final": {"tip_loc": "ADR", "judet": "IS", "localitate": "Iași"},
        "documente": "CMR 123",
        **fields,
    }


def test_every_field_of_info_has_a_column_and_a_word() -> None:
    """A field that is added to `FIELD_NAMES` alone is missed here, not in production."""
    columns = {field.name for field in Transport._meta.concrete_fields}
    assert set(FIELDS) <= columns
    assert set(FIELD_NAMES.values()) <= display.FIELD_LABELS.keys()


def applied(company: Company, *records: dict[str, Any], minutes: int = 0) -> None:
    """Apply a response with these records, come so many minutes from now."""
    at = timezone.now() + minutes * MINUTE
    state, _ = SyncState.objects.get_or_create(company=company)
    store_response(
        company=company,
        response=parse_info(canonical([*records]).encode(), received_at=at),
        last_good_at=state.last_good_at,
        entries=[],
    )
    state.last_good_at = at
    state.save()


NOTHING_KNOWN = {"data_exp_uit": "-", "data_transp": "ieri"}


# -- what is kept ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["-", "n/a", "2024-13-45", 7, False, {"an": 2026}])
def test_a_new_uit_with_an_unreadable_end_is_in_the_list_with_a_computed_one(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, end: object
) -> None:
    anaf.turn_on("odd_field", fields={"data_exp_uit": end})
    truth = anaf.active(company.cui)
    result = sync_company(company_id=company.pk)
    assert Transport.objects.count() == len(truth)
    assert not UnreadableRecord.objects.exists()
    (row,) = Transport.objects.exclude(unreadable_fields={})
    assert row.transport_date
    assert row.first_expired_day == row.transport_date + 5 * DAY
    assert row.expiry_computed
    assert row.raw["data_exp_uit"] == end
    assert [*row.unreadable_fields] == ["data_exp_uit"]
    assert result.counts.partly_unreadable == 1
    assert "1 cu câmpuri necitite" in result.message


def test_with_no_readable_day_nothing_is_made_up(company: Company) -> None:
    applied(company, record(**NOTHING_KNOWN))
    row = Transport.objects.get()
    assert (row.transport_date, row.first_expired_day, row.last_valid_day) == (None, None, None)
    assert (row.state, row.expiry_computed) == ("active", False)
    assert row.unreadable_fields == {"data_exp_uit": "-", "data_transp": "ieri"}
    # A fresh read by each way that rows are read.
    for again in (
        Transport.objects.only("first_expired_day", "transport_date").get(),
        *pagination.paginate(Transport.objects.all()),
    ):
        assert (again.transport_date, again.first_expired_day) == (None, None)
    assert row.state_on(date(2050, 1, 1)) == "active"


def test_the_same_odd_record_again_is_no_event_and_a_good_one_mends_it(company: Company) -> None:
    applied(company, record(**NOTHING_KNOWN, loc_start=[]))
    applied(company, record(**NOTHING_KNOWN, loc_start=[]), minutes=1)
    row = Transport.objects.get()
    assert [event.kind for event in row.events.all()] == ["appeared"]
    applied(company, record(), minutes=2)
    row.refresh_from_db()
    assert row.unreadable_fields == {}
    assert (row.transport_date, row.first_expired_day) == (today(), today() + 5 * DAY)
    event = row.events.all()[0]
    assert event.kind == "changed"
    assert event.changes["first_expired_day"] == [None, str(today() + 5 * DAY)]
    lines = {line.field: (line.old, line.new) for line in display.change_lines(event)}
    assert lines[str(display.FIELD_LABELS["transport_date"])][0] == "—"


def test_a_field_that_becomes_unreadable_keeps_what_was_read_last(company: Company) -> None:
    long = str(today() + 12 * DAY)
    applied(company, record(data_exp_uit=long))
    odd = {"data_exp_uit": "-", "data_transp": "?", "loc_start": [], "nr_veh": {}, "modif_veh": 7}
    applied(company, record(**odd | {"nr_veh": {"x": 1}}), minutes=1)
    row = Transport.objects.get()
    assert [event.kind for event in row.events.all()] == ["appeared"]
    assert (row.transport_date, str(row.first_expired_day)) == (today(), long)
    assert (row.expiry_computed, row.plate, row.start["county"]) == (False, "B101XYZ", "AR")
    assert {*row.unreadable_fields} == {*odd}


def test_a_uit_without_an_end_goes_missing_like_others_and_never_expires(company: Company) -> None:
    applied(company, record(**NOTHING_KNOWN), record(uit="B", data_transp=str(today())))
    for minutes in (5, 16):
        applied(company, record(uit="B", data_transp=str(today())), minutes=minutes)
    row = Transport.objects.get(uit="3V0P0L0P0T3JUW46")
    assert row.state == Transport.State.DELISTED
    assert "expired" not in [event.kind for event in row.events.all()]


def test_what_an_older_parser_could_not_read_is_a_transport_now(company: Company) -> None:
    now = timezone.now()
    UnreadableRecord.objects.create(
        company=company,
        digest="x",
        raw=canonical(record(data_exp_uit="-")),
        reason="data_exp_uit",
        first_seen_at=now,
        last_seen_at=now,
        parser_version=1,
    )
    assert reparse_records() == 1
    row = Transport.objects.get()
    assert row.expiry_computed
    assert row.unreadable_fields == {"data_exp_uit": "-"}


def test_a_record_without_a_usable_uit_is_unreadable_and_judges_nobody_absent(
    company: Company,
) -> None:
    applied(company, record(), record(uit="B"))
    for minutes in (5, 20):
        applied(company, record(), record(uit={"x": 1}), minutes=minutes)
    assert set(Transport.objects.values_list("state", flat=True)) == {"active"}
    assert UnreadableRecord.objects.get(resolved_at=None).reason


# -- what people see -------------------------------------------------------------------------------

PAGES = [
    "/transporturi/",
    "/transporturi/?sortare=expira",
    "/transporturi/?sortare=transport",
    "/transporturi/?arata=in-curs",
    "/transporturi/?cauta=B101",
    "/transporturi/saptamana/",
    "/transporturi/harta/",
    "/firme/",
]


@pytest.mark.parametrize("unknown", [{"data_exp_uit": "-"}, {"data_transp": "-"}, NOTHING_KNOWN])
@pytest.mark.parametrize("address", PAGES)
def test_no_page_breaks_or_shows_a_false_day(
    signed_in: Client, company: Company, unknown: dict[str, Any], address: str
) -> None:
    applied(company, record(**unknown, loc_start=[]))
    response = signed_in.get(address)
    assert response.status_code == 200
    page = response.content.decode()
    assert "9999" not in page
    assert "0001-01-01" not in page
    assert "01.01.0001" not in page


def test_the_list_marks_and_warns_of_it(signed_in: Client, company: Company) -> None:
    applied(company, record(**NOTHING_KNOWN), record(uit="B"))
    page = signed_in.get("/transporturi/").content.decode()
    assert "1 transport are câmpuri de la ANAF pe care nu le putem citi" in page
    assert f"data expirării (data_exp_uit): {DASH}" in page
    assert page.count("<span>câmpuri necitite</span>") == 1
    assert "termen necunoscut" in page
    assert 'data-status="unknown_days"' in page
    assert 'title="Data transportului: zi necunoscută"' in page
    assert "3V0P0L0P0T3JUW46" in signed_in.get("/transporturi/?arata=in-curs").content.decode()
    assert "3V0P0L0P0T3JUW46" not in signed_in.get("/transporturi/?arata=expirate").content.decode()


def test_the_list_goes_on_over_pages_with_unknown_days(company: Company) -> None:
    rows = [
        record(uit=f"A{number:03}", **NOTHING_KNOWN)
        for number in range(pagination.TRANSPORTS_PER_PAGE + 5)
    ]
    applied(company, *rows, record(uit="B"))
    for sort in ("expiry", "transport_date"):
        first = pagination.paginate(Transport.objects.all(), sort=sort)
        last = pagination.paginate(Transport.objects.all(), sort=sort, after=first.next)
        uits = [row.uit for row in (*first, *last)]
        assert len(set(uits)) == len(rows) + 1
        assert uits[0] == "B"


def test_the_page_of_a_uit_names_the_fields_and_holds_the_record(
    signed_in: Client, company: Company
) -> None:
    applied(company, record(**NOTHING_KNOWN, loc_start=[], tr_den={"x": 1}))
    row = Transport.objects.get()
    page = signed_in.get(f"/transporturi/{row.pk}/").content.decode()
    assert "4 câmpuri de la ANAF nu au putut fi citite întregi" in page
    for words in (
        f"data expirării (data_exp_uit): {DASH}",
        "data transportului (data_transp): „ieri”",
        "locul de start (loc_start): „[]”",
    ):
        assert words in page
    assert "valabilitate necunoscută" in page
    assert "ANAF nu a dat o dată care să poată fi citită" in page
    assert "&quot;data_exp_uit&quot;: &quot;-&quot;" in page


def test_the_drivers_text_says_it(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(company, record(**NOTHING_KNOWN))
    row = Transport.objects.get()
    text = driver_text.format_driver_text(row, today=today())
    assert "Valabil până: necunoscut (ANAF nu a dat o dată care să poată fi citită)" in text
    assert "Data transportului: zi necunoscută" in text
    assert f"data expirării (data_exp_uit): {DASH}" in text
    content = card.content(row, today=today())
    assert ["VALABIL PÂNĂ LA, ORA 24:00", "necunoscut"] in content["rows"][1]  # type: ignore[index]
    assert "data_exp_uit" in str(content["footer"])
    monkeypatch.setattr(card, "SECONDS", 300.0)  # a busy machine is no failure
    assert card.render([row], today=today()).startswith(b"%PDF")


def test_a_computed_end_of_an_odd_record_is_marked_for_the_driver(company: Company) -> None:
    applied(company, record(data_exp_uit="-"))
    text = driver_text.format_driver_text(Transport.objects.get(), today=today())
    assert "(termen calculat: ANAF nu l-a dat)" in text
    assert f"data expirării (data_exp_uit): {DASH}" in text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_of_the_list_names_what_is_unknown(
    company: Company, tmp_path: Path, kind: str
) -> None:
    applied(company, record(**NOTHING_KNOWN))
    path = tmp_path / "list"
    with translation.override("ro"):
        export_files.write_export(
            path, kind, Transport.objects.select_related("company"), today=today()
        )
    if kind == "xlsx":
        assert path.read_bytes().startswith(b"PK")
        return
    (line,) = csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";")
    assert line["Data transportului"] == line["Ultima zi valabilă"] == "zi necunoscută"
    assert f"(data_exp_uit): {DASH}" in line["Câmpuri necitite"]


def test_json_has_null_for_what_is_unknown(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    applied(company, record(**NOTHING_KNOWN))
    for as_json in (False, True):
        rows = data._rows([company], everything=False)
        (print(json.dumps(rows)) if as_json else data._print_table(rows))
    (row,) = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (row["transport_date"], row["first_expired_day"], row["last_valid_day"]) == (None,) * 3
    assert row["unreadable_fields"] == {"data_exp_uit": "-", "data_transp": "ieri"}
    assert (row["state"], row["expiry_computed"]) == ("active", False)


def test_a_new_uit_with_odd_fields_is_notified_with_them(company: Company, owner: object) -> None:
    applied(company, record(uit="B"))
    applied(company, record(uit="B"), record(**NOTHING_KNOWN), minutes=1)
    notification = Notification.objects.get(facts__transport__uit__startswith="3V0P")
    assert f"data expirării (data_exp_uit): {DASH}" in notification.text
    assert "Valabilitate necunoscută" in notification.text


# -- what reckons with days ------------------------------------------------------------------------


def test_alarms_of_the_end_are_silent_where_no_end_is_known(company: Company) -> None:
    applied(company, record(**NOTHING_KNOWN))
    for hours in range(0, 24 * 7, 12):
        expiry.notify_expiring(timezone.now() + timedelta(hours=hours))
    assert not Notification.objects.filter(kind__in=["lapsing", "last_hours", "lapsed"]).exists()


def test_the_week_shows_the_last_day_of_a_uit_whose_first_is_unknown(
    signed_in: Client, company: Company
) -> None:
    last = today() + 1 * DAY
    applied(company, record(data_transp="?", data_exp_uit=str(last + DAY)))
    page = signed_in.get(f"/transporturi/saptamana/?saptamana={last}").content.decode()
    assert "3V0P 0L0P 0T3J UW46" in page
    assert "from-2 days-1" in page
    assert "zi necunoscută" in page


def test_no_two_directions_are_alleged_of_unknown_days(company: Company) -> None:
    Vehicle.objects.create(company=company, plate="B101XYZ", kind=VehicleKind.VEHICLE)
    places = {"loc_start": {"judet": "CT"}, "loc_final": {"judet": "SV"}}
    applied(company, record(**NOTHING_KNOWN), record(uit="B", **places))
    issue_store.update_issues(company.pk, because="uit")
    assert not Issue.objects.filter(code="two_directions").exists()


def test_panou_counts_it_once(
    company: Company, authorization: Authorization, signed_in: Client, owner: Any
) -> None:
    applied(company, record(**NOTHING_KNOWN), record(uit="B"))
    dashboard = build_dashboard(owner.memberships.get())
    assert (dashboard.partly_unreadable.number, dashboard.active.number) == (1, 2)
    page = signed_in.get("/").content.decode()
    assert "cu câmpuri necitite" in page
    assert "9999" not in page


def test_a_closed_uit_without_an_end_is_kept_as_long_as_others(company: Company) -> None:
    company.organization.keep_transports_months = 12
    company.organization.save()
    applied(company, record(**NOTHING_KNOWN))
    long_ago = timezone.now() - 400 * DAY
    Transport.objects.update(last_seen_at=long_ago)
    retention.apply_retention()
    assert Transport.objects.exists()  # ANAF lists it still
    Transport.objects.update(state="delisted")
    retention.apply_retention()
    assert not Transport.objects.exists()


def test_an_unknown_day_leaves_the_schedule_alone(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    anaf.turn_on("odd_field", all=True, fields=NOTHING_KNOWN)
    assert sync_company(company_id=company.pk).outcome == "ok"
    assert SyncState.objects.get().start_days == []
    assert SyncRun.objects.get().unreadable == 0
