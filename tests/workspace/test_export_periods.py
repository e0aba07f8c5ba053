"""The periods that an export is limited to: calendar months, quarters, halves of a year."""

import io
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client

from caraus.core.formatting import today
from caraus.workspace.export_periods import EXPORT_PERIODS, export_period
from tests.workspace.conftest import MakeTransport


@pytest.mark.parametrize(
    ("word", "day", "first", "last"),
    [
        ("luna", date(2028, 2, 10), date(2028, 2, 1), date(2028, 2, 29)),
        ("luna", date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
        ("luna-trecuta", date(2027, 1, 1), date(2026, 12, 1), date(2026, 12, 31)),
        ("luna-trecuta", date(2027, 3, 31), date(2027, 2, 1), date(2027, 2, 28)),
        ("trimestrul", date(2026, 11, 30), date(2026, 10, 1), date(2026, 12, 31)),
        ("trimestrul", date(2026, 1, 1), date(2026, 1, 1), date(2026, 3, 31)),
        ("trimestrul-trecut", date(2027, 1, 5), date(2026, 10, 1), date(2026, 12, 31)),
        ("semestrul", date(2026, 6, 30), date(2026, 1, 1), date(2026, 6, 30)),
        ("semestrul", date(2026, 7, 1), date(2026, 7, 1), date(2026, 12, 31)),
        ("semestrul-trecut", date(2026, 11, 30), date(2026, 1, 1), date(2026, 6, 30)),
    ],
)
def test_a_period_is_whole(word: str, day: date, first: date, last: date) -> None:
    period = export_period(word, today=day)
    assert period is not None
    assert (period.first, period.last) == (first, last)


def test_an_unknown_period_is_none() -> None:
    assert export_period("deceniul", today=date(2026, 11, 30)) is None


def test_a_period_of_the_export_goes_before_the_days_of_the_view(
    signed_in: Client, make: MakeTransport
) -> None:
    first = today().replace(day=1)
    last_month = first - timedelta(days=1)
    over = make(transport_date=last_month, first_expired_day=last_month + timedelta(days=1))
    make(transport_date=today())
    page = signed_in.get("/transporturi/").text
    assert all(f'value="{word}"' in page for word in EXPORT_PERIODS)
    form = {"vedere": f"de_la={first}", "fel": "xlsx", "perioada": "luna-trecuta"}
    response: Any = signed_in.post("/transporturi/export/", form)
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response))).active
    assert sheet is not None
    assert [cell.value for cell in sheet["A"]] == ["UIT", over.uit]
