"""An export of a short list answers the press with the file itself."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import AuditLogEntry
from caraus.core.formatting import today
from caraus.transports.models import Transport
from caraus.workspace import export_files, exports
from caraus.workspace.models import ListExport
from tests.workspace.conftest import MakeTransport

EXPORT = "/transporturi/export/"


def press(client: Client, kind: str = "xlsx") -> Any:
    return client.post(EXPORT, {"vedere": "arata=toate", "fel": kind})


def test_a_short_list_is_the_answer_to_the_press(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "MAX_DIRECT_ROWS", 2)
    rows = [make(), make()]
    response = press(signed_in)
    export = ListExport.objects.get()
    assert response["Content-Disposition"] == f'attachment; filename="{exports.filename(export)}"'
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response))).active
    assert sheet is not None
    assert {cell.value for cell in sheet["A"][1:]} == {row.uit for row in rows}
    assert AuditLogEntry.objects.filter(action="export").count() == 1
    again = press(signed_in)
    assert again.status_code == 200
    assert ListExport.objects.get() == export
    assert not ProcrastinateJob.objects.exists()

    make()  # one more than a request makes
    assert press(signed_in)["Location"] == f"{EXPORT}{ListExport.objects.latest('pk').pk}/"
    assert ProcrastinateJob.objects.count() == 1


def test_a_short_list_that_fails_leaves_nothing_under_way(
    signed_in: Client, make: MakeTransport
) -> None:
    row = make(start=["not a place"])
    with pytest.raises(AttributeError):
        press(signed_in)
    assert not ListExport.objects.exists()
    type(row).objects.update(start={})
    assert b"".join(press(signed_in, "csv"))


def test_rows_that_fail_leave_no_file_open(tmp_path: Path) -> None:
    def rows() -> Iterator[Transport]:
        raise RuntimeError("the database went")
        yield

    path = tmp_path / "export"
    with pytest.raises(RuntimeError, match="the database went"):
        export_files.write_export(path, "xlsx", rows(), today=today(), folder=str(tmp_path))
    assert [file for file in psutil.Process().open_files() if str(tmp_path) in file.path] == []
