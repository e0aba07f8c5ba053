"""What people send is bounded in rows, cells, seconds and memory: a sentence, and nothing hangs."""

import resource
import zipfile
from contextlib import suppress
from io import BytesIO
from threading import BoundedSemaphore

import openpyxl
import pytest
from django.test import Client

from caraus.accounts.models import Company, Membership, User
from caraus.core import bounded_process
from caraus.fleet import drafts as fleet_drafts
from caraus.fleet.import_lines import FLEET
from caraus.lists import drafts, spreadsheets, views, workbook
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import UnreadableFileError, read_file, read_text

pytestmark = pytest.mark.process


def book(*rows: list[str]) -> bytes:
    workbook, file = openpyxl.Workbook(), BytesIO()
    for row in rows:
        workbook.worksheets[0].append(row)
    workbook.save(file)
    return file.getvalue()


def with_sheet(change: bytes, to: bytes) -> bytes:
    """Return a small workbook in whose sheet something was replaced."""
    output = BytesIO()
    source = zipfile.ZipFile(BytesIO(book(["Număr"], ["B 123 ABC"])))
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert change in content
                content = content.replace(change, to)
            target.writestr(part.filename, content)
    return output.getvalue()


CELL = b'<c t="inlineStr"><is><t>B 123 ABC</t></is></c>'
ENDLESS = {
    "a row far away": (b'<row r="2"', b'<row r="1000000000000000"', "deteriorat"),
    "a row after the last": (b'<row r="2"', b"<row  spans='1:1' r='1048577'", "deteriorat"),
    "a wide row": (b"</sheetData>", b"<row>" + CELL * 350_000 + b"</row></sheetData>", "mult mai"),
}


@pytest.fixture
def processor_time_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound its processor time alone: on a busy machine a reader may wait long for its turn."""
    monkeypatch.setattr(spreadsheets, "SECONDS", 300.0)


def of_ended_programs() -> float:
    """Return the processor time of the programs that this process has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.usefixtures("processor_time_alone")
@pytest.mark.parametrize("kind", ENDLESS)
def test_a_workbook_without_end_is_refused_with_a_sentence(kind: str) -> None:
    change, to, words = ENDLESS[kind]
    data = with_sheet(change, to)
    assert len(data) < 900_000
    before = of_ended_programs()
    with pytest.raises(UnreadableFileError, match=words):
        read_file("flota.xlsx", data)
    assert of_ended_programs() - before < workbook.CPU_SECONDS + 2


def test_a_good_workbook_is_read_by_the_program_of_its_own() -> None:
    rows = read_file("a.xlsx", book(["Număr"], [], ["B 123 ABC", "remorcă"])).rows
    assert [row[:2] for row in rows] == [["Număr", ""], [], ["B 123 ABC", "remorcă"]]


def test_a_program_that_computes_or_takes_memory_without_end_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slots = BoundedSemaphore(1)
    with pytest.raises(bounded_process.ChildError):
        bounded_process.run_bounded("tests.fleet.resource_user", b"cpu", seconds=60, slots=slots)
    with pytest.raises(bounded_process.ChildError, match="MemoryError"):
        bounded_process.run_bounded("tests.fleet.resource_user", b"memory", seconds=60, slots=slots)
    with pytest.raises(bounded_process.ChildError) as error:
        bounded_process.run_bounded("tests.fleet.resource_user", b"sleep", seconds=1, slots=slots)
    assert error.value.timed_out
    monkeypatch.setenv("ANAF_CLIENT_SECRET", "a-secret")
    assert b"a-secret" not in bounded_process.run_bounded(
        "tests.fleet.resource_user", b"env", seconds=60, slots=slots
    )


def test_above_two_readers_others_must_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "PATIENCE", 0.01)
    refused = pytest.raises(UnreadableFileError, match="citește acum alte fișiere")
    with spreadsheets._READING, spreadsheets._READING, refused:
        read_file("flota.xlsx", book(["B 123 ABC"]))
    assert read_file("flota.xlsx", book(["B 123 ABC"])).rows


@pytest.mark.usefixtures("processor_time_alone")
def test_rows_that_hold_nothing_cost_nothing() -> None:
    data = with_sheet(b"</sheetData>", b"<row/>" * 400_000 + b"</sheetData>")
    rows = read_file("a.xlsx", data).rows
    assert [row[0] for row in rows if row] == ["Număr", "B 123 ABC"]
    sheet = read_text("B 123 ABC;x" + "\n" * 200_000 + "B 124 ABC;x")
    assert [number for number, _ in sheet.numbered()] == [1, 200_001]


def test_a_draft_does_not_grow_by_corrections(owner: User, company: Company) -> None:
    actor = Membership.objects.get(user=owner)
    draft = drafts.create_list_draft(actor, read_text("?"), FLEET, company=company)
    for county in ("B", "CT", "AR", "TM"):
        good = [f"{county} {number} {letters}" for number in range(10, 99) for letters in WORDS]
        unclear = fleet_drafts.unclear_numbers(fleet_drafts.checked_vehicle_rows(draft))
        with suppress(UnreadableFileError):
            drafts.correct_rows(draft, FLEET, unclear, "\n".join(["greșit", *good[:1990]]))
    draft.refresh_from_db()
    assert drafts.MAX_KEPT_ROWS - 2000 < len(draft.rows) <= drafts.MAX_KEPT_ROWS
    unclear = fleet_drafts.unclear_numbers(fleet_drafts.checked_vehicle_rows(draft))
    with pytest.raises(UnreadableFileError, match="Împarte-o în mai multe"):
        drafts.correct_rows(draft, FLEET, unclear, "\n".join(["greșit", *good[:1990]]))


WORDS = [f"A{second}{third}" for second in "BCDEF" for third in "ABCDE"]


def test_a_draft_is_bounded_from_its_start(owner: User, company: Company) -> None:
    with pytest.raises(UnreadableFileError, match="peste 5000 de rânduri"):
        read_text("B 123 ABC\n" * (drafts.MAX_KEPT_ROWS + 1))
    assert not Draft.objects.exists()


def test_a_pasted_list_of_bad_companies_names_some_and_counts_the_rest(
    signed_in: Client, company: Company
) -> None:
    start = signed_in.post("/firme/lista/", {"text": "x\n" * 2_000 + "RO 14399840; Trans Pop"})
    page = signed_in.get(start["Location"])
    assert "1 firmă nouă" in page.content.decode()
    assert page.content.decode().count("<strong>Rândul") == views.SHOWN_ERRORS
    assert "Și încă 1700 de rânduri greșite." in page.content.decode()
    refused = signed_in.post("/firme/lista/", {"text": "x\n" * 120_000})
    assert "peste 5000 de rânduri" in refused.content.decode()
    refused = signed_in.post("/firme/lista/", {"text": "1 " * 120_000})
    assert "un câmp este mult prea lung" in refused.content.decode()
    start = signed_in.post("/firme/lista/", {"text": "1 " * 60_000})
    assert "Rândul este prea lung" in signed_in.get(start["Location"]).content.decode()
