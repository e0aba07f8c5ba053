"""The rows of the list are drawn in Python: each text in them is escaped, whoever wrote it."""

from html import escape

import pytest
from django.utils import timezone

from caraus.accounts.models import User
from caraus.core import formatting
from caraus.core.formatting import today
from caraus.fleet import display as fleet_display
from caraus.fleet.models import Issue
from caraus.transports import display
from caraus.transports.models import Mark
from caraus.workspace import columns, row_drawer, state_cells
from caraus.workspace.columns import LIST_COLUMNS, ListLayout
from caraus.workspace.models import ListSettings
from tests.workspace.conftest import MakeTransport

MARKUP = '"\'><b x="&'


@pytest.mark.django_db
@pytest.mark.parametrize("mark", [None, *Mark.Kind])
@pytest.mark.parametrize("density", ListSettings.Density)
def test_what_anaf_people_and_translators_wrote_is_no_markup(
    monkeypatch: pytest.MonkeyPatch, make: MakeTransport, density: str, mark: str | None
) -> None:
    transport = make(unreadable_fields=["x"])
    Issue.objects.create(
        company=transport.company, transport=transport, code="not_in_fleet", plate="B12ABC"
    )
    text = {"text": MARKUP}
    transport.company.name = MARKUP
    transport.uit = transport.plate = transport.trailer1 = transport.trailer2 = MARKUP
    transport.vehicle_changes = [{"plate": MARKUP, "trailer1": MARKUP, "trailer2": ""}]
    transport.declarant_name = transport.declarant_cui = transport.declarant_ref = MARKUP
    transport.start = transport.end = {"locality": MARKUP, "county": MARKUP}
    transport.documents = [text] * 5
    if mark:
        Mark(transport=transport, kind=mark, by=User(name="Ana"), at=timezone.now())
        transport.mark_by_name = MARKUP  # type: ignore[attr-defined]
    for module in (row_drawer, columns, state_cells, display, fleet_display, formatting):
        if hasattr(module, "gettext"):
            monkeypatch.setattr(module, "gettext", lambda sentence: sentence + MARKUP)
    drawer = row_drawer.RowDrawer(
        ListLayout(frozenset(LIST_COLUMNS), density),
        today=today(),
        may_mark=True,
        may_file_for={transport.company_id},
        with_company=True,
    )
    row = drawer.draw(transport)
    assert MARKUP not in row
    assert "<b " not in row
    assert row.count(escape(MARKUP)) > 30
