"""The rows of the list, drawn in Python: fifty of them took a template half the time of a page.

Each cell is a method of its own; what it writes is made here or passes through `escape`.
"""

from collections.abc import Collection
from datetime import date
from html import escape
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from caraus.core.icons import draw_icon
from caraus.core.moments import draw_moment
from caraus.filings.rows import change_pill
from caraus.fleet.templatetags.fleet import issue_labels
from caraus.transports import display
from caraus.transports.models import Mark, Transport
from caraus.workspace.columns import ListLayout, cell_keys, papers_label
from caraus.workspace.state_cells import Validity, draw_state, draw_validity

# Documents of a UIT that its row names.
DOCUMENTS_PER_ROW = 2
_NOTHING = '<span class="muted">—</span>'


class _StateCells(NamedTuple):
    state: SafeString
    validity: SafeString


class RowDrawer:
    """Draws the rows of one page for one reader.

    `may_mark`: the reader may mark UITs. `may_file_for`: the keys of the companies for which the
    reader may file vehicle changes. `with_company`: the list shows several companies, so the second
    line of a row names the UIT's.
    """

    def __init__(
        self,
        layout: ListLayout,
        *,
        today: date,
        may_mark: bool,
        may_file_for: Collection[int],
        with_company: bool,
    ) -> None:
        self._layout, self._today = layout, today
        self._columns = layout.columns
        self._may_mark, self._may_file_for = may_mark, may_file_for
        self._with_company = with_company
        self._detail_url, self._filing_url = detail_url(), _split_url("filings:new")
        self._papers_label = escape(papers_label(layout.columns))
        # Equal states look the same: each is drawn once.
        self._state_cells: dict[Validity, _StateCells] = {}
        # Of the UIT whose row is being drawn: Django takes long to say that there is none.
        self._mark: Mark | None = None
        self._is_dealt_with = False
        # What is the same in all rows.
        self._new_and_changed = (
            f'<span class="mark mark-new">{draw_icon("sparkles", 14)}'
            f"{escape(gettext('nou'))}</span>"
            f'<span class="mark mark-changed">{draw_icon("pencil", 14)}'
            f"{escape(gettext('schimbat'))}</span>"
        )
        self._copy_icons = (
            f'<span class="copy-before">{draw_icon("copy")}</span>'
            f'<span class="copy-after">{draw_icon("check")}</span>'
        )
        self._label_from, self._label_to = (
            f'<span class="visually-hidden">{escape(word)} </span>'
            for word in (gettext("de la"), gettext("la"))
        )
        self._label_pick = escape(gettext("Alege UIT"))
        self._label_copy = escape(gettext("Copiază UIT"))
        self._label_done = escape(gettext("Descărcat: UIT"))
        self._label_undo = escape(gettext("Scoate marcajul: UIT"))
        self._label_seen = escape(gettext("Văzut prima dată"))
        self._label_changed = escape(gettext("Ultima modificare"))
        self._label_file = escape(gettext("Schimbă vehiculul la ANAF: UIT"))
        self._label_file_title = escape(gettext("Schimbă vehiculul la ANAF"))
        self._label_vehicle = escape(gettext("Vehicul"))
        self._label_declarant = escape(gettext("Declarant"))
        draw_cell = {
            "vehicle": self._vehicle,
            "route": self._route,
            "validity": self._validity,
            "state": self._states,
            "declarant": self._declarant,
            "reference": self._papers,
            "documents": self._papers,
            "first_seen": self._first_seen,
            "last_changed": self._last_changed,
            "uit": self._uit,
        }
        self._cells = [draw_cell[key] for key in cell_keys(self._columns)]

    def draw(self, transport: Transport) -> SafeString:
        """Draw the row of a UIT."""
        self._mark = getattr(transport, "mark", None)
        self._is_dealt_with = self._mark is not None and self._mark.is_dealt_with
        uit = escape(transport.uit)
        row_class = ' class="is-dealt-with"' if self._is_dealt_with else ""
        # Seconds since 1970, for list.js.
        first_seen = int(transport.first_seen_at.timestamp())
        last_changed = int(transport.last_changed_at.timestamp())
        return SafeString(
            f'<tr data-uit="{uit}" data-first="{first_seen}" data-changed="{last_changed}"'
            f"{row_class}>"
            f'<td class="col-pick"><input type="checkbox" name="uit" form="alese"'
            f' value="{transport.pk}" aria-label="{self._label_pick} {uit}"></td>'
            f"{''.join([draw_cell(transport) for draw_cell in self._cells])}"
            "</tr>\n"
        )

    def _cells_of_state(self, transport: Transport) -> _StateCells:
        status = display.status(transport, today=self._today)
        validity = Validity.of_transport(transport, status)
        if validity not in self._state_cells:
            self._state_cells[validity] = _StateCells(
                draw_state(transport, status, layout=self._layout, today=self._today),
                draw_validity(transport, status, layout=self._layout, today=self._today),
            )
        return self._state_cells[validity]

    def _validity(self, transport: Transport) -> str:
        return self._cells_of_state(transport).validity

    def _vehicle(self, transport: Transport) -> str:
        plate, *trailers = transport.current_vehicle
        plates = f'<span class="plate">{escape(plate)}</span>' if plate else _NOTHING
        for trailer in filter(None, trailers):
            plates += f'<span class="plate plate-trailer">{escape(trailer)}</span>'
        if note := escape(_vehicle_note(transport, plate)):
            plates += (
                f'<span class="vehicle-changed" title="{note}">{draw_icon("repeat", 14)}'
                f'<span class="sub">{note}</span></span>'
            )
        filing = ""
        if transport.company_id in self._may_file_for and _may_change(transport, self._today):
            filing = (
                f'<a class="icon-button file-change" href="{_join(self._filing_url, transport)}"'
                f' tabindex="-1" aria-label="{self._label_file} {escape(transport.uit)}"'
                f' title="{self._label_file_title}">{draw_icon("arrow-left-right")}</a>'
            )
        return (
            f'<td class="col-vehicle" data-label="{self._label_vehicle}">'
            f'<span class="plates">{plates}</span>{filing}</td>'
        )

    def _route(self, transport: Transport) -> str:
        start = escape(display.place_title(transport.start))
        end = escape(display.place_title(transport.end))
        return (
            f'<td class="col-route"><span class="route" title="{start} → {end}">'
            f'<span class="route-from">{self._label_from}{start}</span>'
            f'<span class="route-to">{self._label_to}{end}</span></span></td>'
        )

    def _states(self, transport: Transport) -> str:
        """Draw how the UIT stands, what a person said of it, and its issues."""
        mark = self._mark
        pills = ""
        if not self._is_dealt_with:
            pills = self._cells_of_state(transport).state + change_pill(transport)
        if mark is not None:
            tone, icon = ("good", "circle-check") if mark.is_dealt_with else ("calm", "user-check")
            pills += (
                f'<span class="pill pill-{tone}" data-mark-kind="{escape(mark.kind)}">'
                f"{draw_icon(icon)}<span>{escape(_mark_label(transport, mark))}</span></span>"
            )
        issues = issue_labels(transport)
        if transport.unreadable_fields:
            issues.append(gettext("câmpuri necitite"))
        for issue in issues:
            pills += (
                f'<span class="pill pill-warn">{draw_icon("triangle-alert")}'
                f"<span>{escape(issue)}</span></span>"
            )
        return f'<td class="col-status"><span class="states">{pills}</span></td>'

    def _declarant(self, transport: Transport) -> str:
        name = escape(transport.declarant_name or "—")
        cui = ""
        if self._layout.is_airy:
            cui = f'<span class="sub mono">{escape(transport.declarant_cui)}</span>'
        return (
            f'<td class="col-declarant" data-label="{self._label_declarant}">'
            f'<span class="line" title="{name}">{name}</span>{cui}</td>'
        )

    def _papers(self, transport: Transport) -> str:
        """Draw the reference and the documents, which share a column."""
        papers = ""
        if "reference" in self._columns and transport.declarant_ref:
            papers = f'<span class="line">{escape(transport.declarant_ref)}</span>\n'
        if "documents" in self._columns:
            papers += _documents(transport, "sub line")
        return (
            f'<td class="col-reference" data-label="{self._papers_label}">{papers or _NOTHING}</td>'
        )

    def _first_seen(self, transport: Transport) -> str:
        moment = draw_moment(transport.first_seen_at)
        return f'<td class="col-seen" data-label="{self._label_seen}">{moment}</td>'

    def _last_changed(self, transport: Transport) -> str:
        moment = draw_moment(transport.last_changed_at)
        return f'<td class="col-seen col-changed" data-label="{self._label_changed}">{moment}</td>'

    def _uit(self, transport: Transport) -> str:
        uit = escape(transport.uit)
        code = "".join(
            f"<span>{escape(group)}</span>" for group in display.uit_groups(transport.uit)
        )
        second_line = ""
        if self._layout.is_airy:
            if self._with_company:
                second_line = f'<span class="sub">{escape(str(transport.company))}</span>'
            if "documents" not in self._columns:
                second_line += _documents(transport, "sub")
        return (
            f'<td class="col-uit"><div class="uit-line">'
            f'<a href="{_join(self._detail_url, transport)}" id="uit-{transport.pk}">'
            f'<span class="uit">{code}</span></a>{self._new_and_changed}'
            f'<button type="button" class="icon-button copy needs-js" tabindex="-1"'
            f' id="copiaza-{transport.pk}" data-copy="{uit}"'
            f' aria-label="{self._label_copy} {uit}" title="{self._label_copy}">'
            f"{self._copy_icons}</button>"
            f"{self._mark_button(transport)}"
            f"</div>{second_line}</td>"
        )

    def _mark_button(self, transport: Transport) -> str:
        if not self._may_mark:
            return ""
        name, icon, label = (
            ("scoate", "undo-2", self._label_undo)
            if self._is_dealt_with
            else ("descarcat", "circle-check", self._label_done)
        )
        return (
            f'<button type="submit" form="alese" class="icon-button done" tabindex="-1"'
            f' name="{name}" value="{transport.pk}"'
            f' aria-label="{label} {escape(transport.uit)}"'
            f' title="{label}">{draw_icon(icon)}</button>'
        )


def detail_url() -> tuple[str, str]:
    """Return the address of a UIT's page before and after the key: to reverse the address of each
    row would take longer than the rest of the row."""
    return _split_url("workspace:detail")


def _split_url(name: str) -> tuple[str, str]:
    before, _key, after = reverse(name, args=[0]).rpartition("0")
    return before, after


def _join(address: tuple[str, str], transport: Transport) -> str:
    return str(transport.pk).join(address)


def _may_change(transport: Transport, today: date) -> bool:
    """Return whether the vehicle of the UIT can still be changed at ANAF
    (`caraus.filings.rules.check_uit`), by what a row knows."""
    is_ours = transport.carrier_cui in {"", transport.company.cui}
    return is_ours and transport.state in Transport.OPEN_STATES and not transport.is_over_on(today)


def _vehicle_note(transport: Transport, plate: str) -> str:
    """Return a note on a changed vehicle, with the declared one where it is another; "" where the
    declared change names the same vehicle."""
    declared = (transport.plate, transport.trailer1, transport.trailer2)
    if not transport.vehicle_changes or transport.current_vehicle == declared:
        return ""
    if plate == transport.plate:
        return gettext("schimbat după declarare")
    return gettext("declarat: {plate}").format(plate=transport.plate or "—")


def _mark_label(transport: Transport, mark: Mark) -> str:
    """Format „descărcat · Ana Pop”."""
    name: str | None = getattr(transport, "mark_by_name", None)
    return " · ".join(filter(None, [mark.get_kind_display(), name]))


def _documents(transport: Transport, css_class: str) -> str:
    """Draw the first documents, and how many more there are."""
    texts = [str(document.get("text", "")) for document in transport.documents[:DOCUMENTS_PER_ROW]]
    drawn = "".join(f'<span class="{css_class}">{escape(text)}</span>' for text in texts)
    more = len(transport.documents) - DOCUMENTS_PER_ROW
    if more > 0:
        drawn += f'<span class="sub">{escape(gettext("și încă {n}").format(n=more))}</span>'
    return drawn
