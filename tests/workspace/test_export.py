"""The export of a view: read back as a spreadsheet program does; for its requester, for a day."""

import csv
import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl.worksheet.worksheet import Worksheet
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.core.formatting import BUCHAREST, today
from caraus.fleet.models import Issue
from caraus.fleet.queries import IssueCode
from caraus.workspace import exports
from caraus.workspace.models import ListExport, ListExportPart
from tests import factories
from tests.squeezed import page_of
from tests.worker import Worker
from tests.workspace.conftest import MakeTransport

EXPORT = "/transporturi/export/"


@pytest.fixture(autouse=True)
def no_short_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every list to the worker; `test_short_export.py` is about those made at once."""
    monkeypatch.setattr(exports, "MAX_DIRECT_ROWS", -1)


def request_export(client: Client, view: str = "", kind: str = "xlsx") -> ListExport:
    response = client.post(EXPORT, {"vedere": view, "fel": kind})
    assert response.status_code == 302
    export = ListExport.objects.latest("pk")
    assert response["Location"] == f"{EXPORT}{export.pk}/"
    return export


def download(client: Client, view: str = "", kind: str = "xlsx") -> bytes:
    """Make an export as the worker does, and download it."""
    export = request_export(client, view, kind)
    exports.run_export(export_id=export.pk)
    response: Any = client.get(f"{EXPORT}{export.pk}/fisier/")
    assert response.status_code == 200
    content = b"".join(response)
    assert len(content) == int(response["Content-Length"])
    return content


def sheet(content: bytes) -> Worksheet:
    worksheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert isinstance(worksheet, Worksheet)
    return worksheet


def test_a_company_that_one_no_longer_sees_is_not_exported_as_all_companies(
    signed_in: Client, make: MakeTransport, organization: Organization
) -> None:
    company = make().company
    make(company=factories.company(organization, cui=factories.OTHER_CUI))
    view = f"firma={company.cui}&q=b12"
    late = request_export(signed_in, f"firma={company.cui}", "csv")
    company.archived_at = timezone.now()
    company.save()
    response = signed_in.post(EXPORT, {"vedere": view, "fel": "csv"})
    assert response["Location"] == f"/transporturi/?q=b12&firma={company.cui}"
    assert "nu este printre cele pe care le vezi" in signed_in.get(response["Location"]).text
    assert ListExport.objects.get() == late
    exports.run_export(export_id=late.pk)
    late.refresh_from_db()
    assert late.total == 0


def test_xlsx_has_real_dates_a_frozen_heading_widths_and_no_formula(
    signed_in: Client, make: MakeTransport
) -> None:
    row = make(
        declarant_name='=HYPERLINK("http://evil.example","Premiu")',
        declarant_ref="+40 721",
        plate="B12ABC",
        start={"county": "AR", "locality": "Nădlac", "full_address": "x" * 40_000},
        documents=[{"text": "CMR\x07 1"}, {"text": "@SUM(A1)"}],
    )
    lines = sheet(download(signed_in))
    heading, cells = lines[1], lines[2]
    value: dict[str, Any] = {
        str(title.value): cell for title, cell in zip(heading, cells, strict=True)
    }
    assert lines.freeze_panes == "B2"
    assert heading[0].font.bold
    assert lines.column_dimensions["A"].width > 16
    assert value["UIT"].value == row.uit
    assert value["Stare"].value == "azi"
    assert value["Data transportului"].is_date
    assert value["Data transportului"].value == datetime.combine(today(), datetime.min.time())
    assert row.last_valid_day
    last = value["Ultima zi valabilă"].value
    assert last == datetime.combine(row.last_valid_day, datetime.min.time())
    first_seen = row.first_seen_at.astimezone(BUCHAREST).replace(tzinfo=None, microsecond=0)
    assert value["Văzut prima dată"].value == first_seen
    assert value["Declarant"].value == row.declarant_name
    assert value["Loc plecare"].value == "Nădlac"
    assert {cell.data_type for cell in cells} <= {"s", "d", "inlineStr", "n"}
    assert all(cell.data_type != "f" for line in lines for cell in line)


def test_the_second_sheet_sums_what_is_invoiced_to_each_company(
    signed_in: Client, make: MakeTransport, organization: Organization, company: Company
) -> None:
    second = factories.company(organization, cui="900030302")
    Company.objects.filter(pk=company.pk).update(name="Alfa SRL")
    Company.objects.filter(pk=second.pk).update(name="=Beta SRL")
    make(plate="B12ABC")
    make(plate="b-12 abc", first_expired_day=today())
    make(plate="CJ10AAA", state="delisted")
    make(plate="", carrier_cui="18547290")
    make(company=second, plate="B12ABC")
    book = openpyxl.load_workbook(io.BytesIO(download(signed_in, "arata=toate")))
    assert book.sheetnames == ["Transporturi", "Pe firme"]
    totals = book["Pe firme"]
    assert list(totals.iter_rows(values_only=True)) == [
        (
            *("Firma", "CUI firmă", "UIT-uri", "Active", "Expirate"),
            *("Nu mai sunt în lista ANAF", "Transportator schimbat", "Camioane"),
        ),
        ("=Beta SRL", "900030302", 1, 1, 0, 0, 0, 1),
        ("Alfa SRL", company.cui, 4, 1, 1, 1, 1, 2),
        ("Total", "", 5, 2, 1, 1, 1, 2),
    ]
    assert {cell.data_type for line in totals for cell in line[2:]} == {"s", "n"}
    assert totals["A2"].data_type == "s"
    assert totals["A4"].font.bold


@pytest.mark.parametrize(("kind", "delimiter"), [("csv", ";"), ("csv-virgula", ",")])
def test_csv_has_a_bom_the_chosen_delimiter_and_harmless_formulas(
    signed_in: Client, make: MakeTransport, kind: str, delimiter: str
) -> None:
    row = make(declarant_name='=1+1;"ȘȚ", srl', declarant_ref="-2", plate="@B")
    content = download(signed_in, kind=kind)
    assert content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))
    assert len(lines) == 1
    assert lines[0]["UIT"] == row.uit
    assert lines[0]["Data transportului"] == str(row.transport_date)
    assert lines[0]["Declarant"] == '\'=1+1;"ȘȚ", srl'
    assert (lines[0]["Referință"], lines[0]["Vehicul"]) == ("'-2", "'@B")


def test_the_file_holds_the_view_in_its_order_and_nothing_of_others(
    signed_in: Client, make: MakeTransport, organization: Organization, stranger: User
) -> None:
    second = factories.company(organization, cui="900030302")
    late, soon = make(plate="B12AAA"), make(plate="B12BBB", first_expired_day=today())
    make(company=second, plate="B12CCC")
    make(company=Company.objects.get(cui=factories.OTHER_CUI), plate="B12DDD")
    make(plate="CT99ZZZ")
    view = f"?q=b12&arata=toate&sortare=expira&firma={factories.CUI}"
    lines = csv.reader(
        io.StringIO(download(signed_in, view, "csv").decode("utf-8-sig")), delimiter=";"
    )
    assert [line[0] for line in lines] == ["UIT", soon.uit, late.uit]


def test_the_problems_of_a_uit_stand_in_words_and_cost_no_query_for_each(
    signed_in: Client, make: MakeTransport, company: Company
) -> None:
    rows = [make(plate="B12ABC", first_expired_day=today() + timedelta(days=n)) for n in (1, 2)]
    for row in rows:
        Issue.objects.create(
            transport=row,
            company=company,
            code=IssueCode.NOT_IN_FLEET,
            plate_field="plate",
            plate="B12ABC",
        )
        Issue.objects.create(
            transport=row,
            company=company,
            code=IssueCode.NOT_IN_FLEET,
            plate_field="trailer1",
            plate="CT10WPT",
        )
    closed = make(first_expired_day=today())
    Issue.objects.create(
        transport=closed,
        company=company,
        code=IssueCode.RETIRED,
        plate_field="plate",
        plate="B12OLD",
    )
    export = request_export(signed_in, "arata=toate&sortare=expira", "csv")
    with CaptureQueriesContext(connection) as queries:
        exports.run_export(export_id=export.pk)
    assert sum('FROM "fleet_issue"' in each["sql"] for each in queries) == 1
    text = b"".join(exports.stream_content(export)).decode("utf-8-sig")
    lines = {line["UIT"]: line for line in csv.DictReader(io.StringIO(text), delimiter=";")}
    lorry, trailer = "Vehiculul B12ABC nu este în flotă", "Remorca CT10WPT nu este în flotă"
    assert [lines[row.uit]["Probleme"] for row in rows] == [f"{lorry}; {trailer}"] * 2
    assert lines[closed.uit]["Probleme"] == ""


def test_the_worker_makes_it_and_the_page_says_how_far_it_is(
    worker: Worker, signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PROGRESS_EVERY", 1)
    monkeypatch.setattr(exports, "PART_BYTES", 1000)
    for _ in range(3):
        make()
    export = request_export(signed_in, "arata=toate&q=&x=%00", "fel-necunoscut")
    address = f"{EXPORT}{export.pk}/"
    waiting = page_of(signed_in.get(address))
    assert "Așteaptă la rând" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    assert signed_in.get(f"{address}fisier/").status_code == 404
    ListExport.objects.update(started_at=timezone.now(), total=3, done=1)
    half = page_of(signed_in.get(address, headers={"hx-request": "true"}))
    assert '<progress max="3" value="1"' in half
    assert "<html" not in half
    worker.drain()
    done = page_of(signed_in.get(address))
    assert "Fișierul este gata" in done
    assert "3 transporturi" in done
    assert "În XLSX, codurile și numerele lungi rămân întregi, cu zerourile din față" in done
    assert "hx-trigger" not in done.split('id="export"')[1].split("</section>")[0]
    assert ListExportPart.objects.count() > 3
    response: Any = signed_in.get(f"{address}fisier/")
    assert sheet(b"".join(response)).max_row == 4
    entry = AuditLogEntry.objects.get(action="export")
    assert entry.details["view"] == "arata=toate"
    assert entry.details["translations"] == {"en": "Exported the list of transports (XLSX)."}


def test_only_its_requester_who_still_sees_the_companies_may_download_it(
    client: Client, organization: Organization, make: MakeTransport
) -> None:
    make()
    person, colleague = (factories.member(organization, "dispatcher") for _ in range(2))
    client.force_login(person)
    export = request_export(client)
    exports.run_export(export_id=export.pk)
    address = f"{EXPORT}{export.pk}/fisier/"
    assert b"".join(client.get(address))
    other_client = Client()
    other_client.force_login(colleague)
    assert other_client.get(address).status_code == 404
    Membership.objects.filter(user=person).update(only_some_companies=True)
    assert client.get(address).status_code == 404


def test_after_a_day_it_is_deleted(signed_in: Client, make: MakeTransport) -> None:
    make()
    export = request_export(signed_in)
    exports.run_export(export_id=export.pk)
    assert exports.delete_expired_exports() == 0
    ListExport.objects.update(requested_at=timezone.now() - timedelta(hours=25))
    assert signed_in.get(f"{EXPORT}{export.pk}/fisier/").status_code == 404
    assert exports.delete_expired_exports() == 1
    assert not ListExportPart.objects.exists()


def test_what_fails_says_so_and_is_not_hidden_from_the_operator(
    signed_in: Client, make: MakeTransport
) -> None:
    make(start=["not a place"])
    export = request_export(signed_in, kind="csv")
    with pytest.raises(AttributeError):
        exports.run_export(export_id=export.pk)
    assert "Exportul nu a reușit" in page_of(signed_in.get(f"{EXPORT}{export.pk}/"))


def test_a_member_who_left_gets_no_file(signed_in: Client, make: MakeTransport) -> None:
    make()
    export = request_export(signed_in)
    Membership.objects.all().delete()
    exports.run_export(export_id=export.pk)
    assert not ListExport.objects.exists()


def test_too_many_exports_are_refused(signed_in: Client, company: Company, settings: Any) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"list_export": "2/h/user"}
    statuses = [signed_in.post(EXPORT, {}).status_code for _ in range(3)]
    assert statuses == [302, 302, 429]


def test_one_at_a_time_for_each_person(
    signed_in: Client, make: MakeTransport, organization: Organization
) -> None:
    make()
    first = request_export(signed_in, "arata=toate")
    second_page = signed_in.post(EXPORT, {"vedere": "arata=active", "fel": "csv"}, follow=True)
    assert second_page.redirect_chain == [(f"{EXPORT}{first.pk}/", 302)]
    assert "care încă se face" in second_page.text
    assert ListExport.objects.count() == ProcrastinateJob.objects.count() == 1
    other_client = Client()
    other_client.force_login(factories.member(organization, "viewer"))
    request_export(other_client, "arata=toate")
    exports.run_export(export_id=first.pk)
    request_export(signed_in, "arata=active")
    assert ListExport.objects.count() == 3


def test_two_presses_at_once_make_one_file(transactional_db: None) -> None:
    organization = factories.organization()
    membership = Membership.objects.get(user=factories.member(organization, "viewer"))

    def press(_: int) -> str:
        try:
            return exports.request_export(membership, kind="csv", query="")[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        outcomes = sorted(threads.map(press, range(4)))
    assert outcomes == ["new", "under_way", "under_way", "under_way"]
    assert ListExport.objects.count() == 1


def test_the_same_view_soon_again_with_nothing_changed_is_the_same_file(
    signed_in: Client, make: MakeTransport
) -> None:
    row = make()
    first = request_export(signed_in, "arata=toate")
    exports.run_export(export_id=first.pk)

    def again() -> bool:
        response = signed_in.post(EXPORT, {"vedere": "arata=toate", "fel": "xlsx"})
        newest = ListExport.objects.latest("pk")
        if newest.finished_at is None:
            exports.run_export(export_id=newest.pk)
        return bool(response["Location"] == f"{EXPORT}{first.pk}/")

    assert again()
    ListExport.objects.update(requested_at=timezone.now() - exports.REUSE_FOR)
    assert not again()
    for change in (
        {"state": "missing"},
        {"last_changed_at": timezone.now()},
    ):
        first = ListExport.objects.latest("pk")
        assert again()
        type(row).objects.filter(pk=row.pk).update(**change)
        assert not again()
    first = ListExport.objects.latest("pk")
    Company.objects.update(name="Alt nume")
    assert not again()


def test_the_oldest_files_of_an_organization_make_room(
    signed_in: Client, make: MakeTransport, settings: Any, organization: Organization
) -> None:
    settings.EXPORT_MEGABYTES = 1
    make()
    for number, view in enumerate(("arata=toate", "arata=active", "arata=expirate")):
        export = request_export(signed_in, view)
        exports.run_export(export_id=export.pk)
        ListExport.objects.filter(pk=export.pk).update(size=600_000 + number)
    newest = request_export(signed_in, "q=b12")
    exports.run_export(export_id=newest.pk)
    sizes = list(ListExport.objects.order_by("pk").values_list("size", flat=True))
    assert sizes[:1] == [600_002]
    assert len(sizes) == 2


def test_only_an_owner_gets_all_of_the_organization_made_by_the_worker(
    worker: Worker, make_one: None, client: Client
) -> None:
    organization = Organization.objects.get()
    owner = factories.member(organization, "owner")
    client.force_login(owner)
    created = client.post("/organizatie/export/")
    assert "Așteaptă la rând" in client.get(created["Location"]).text
    worker.drain()
    page = client.get(created["Location"]).text
    assert "Fișierul este gata" in page
    assert "Exportul complet al organizației" in page
    response: Any = client.get(f"{created['Location']}fisier/")
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:
        assert "transporturi.csv" in archive.namelist()
        (company,) = json.loads(archive.read("firme.json"))
        assert company["cui"] == factories.CUI
    assert AuditLogEntry.objects.get(action="export").details["whole"] is True
    Membership.objects.filter(user=owner).update(role="admin")
    assert client.get(f"{created['Location']}fisier/").status_code == 404


@pytest.fixture
def make_one(transactional_db: None) -> None:
    factories.company(factories.organization())
