"""The cells of the list that say how a UIT stands: its state, its validity.

They are drawn in Python: each UIT of the past has days of its own, and two templates for each row
took as long as the rest of the row's page.
"""

from datetime import date
from typing import NamedTuple, Self

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from caraus.core.formatting import day_in_brief, day_in_full
from caraus.core.icons import draw_icon
from caraus.transports import display
from caraus.transports.models import Transport
from caraus.transports.templatetags.transports import uit_bar
from caraus.workspace.columns import ListLayout

# On paper the days stand instead of these.
_NOT_PRINTED = (
    *(display.FUTURE, display.TODAY, display.UNDERWAY),
    *(display.ENDS_TODAY, display.ENDS_TOMORROW),
)
_ENDS_SOON = (display.ENDS_TODAY, display.ENDS_TOMORROW)


class Validity(NamedTuple):
    """What the state and the validity of a UIT are drawn from: equal ones look the same."""

    status: str
    transport_date: date | None
    first_expired_day: date | None
    is_computed: bool

    @classmethod
    def of_transport(cls, transport: Transport, status: display.Status) -> Self:
        return cls(
            status.key,
            transport.transport_date,
            transport.first_expired_day,
            transport.expiry_computed,
        )


def draw_state(
    transport: Transport, status: display.Status, *, layout: ListLayout, today: date
) -> SafeString:
    """Draw the state with the day of transport."""
    just_expired = status is display.EXPIRED and transport.first_expired_day == today
    drawn = format_html(
        '<span class="pill pill-{}{}" data-status="{}">{}<span>{}</span></span>',
        "bad" if just_expired else status.tone,
        " no-print" if status in _NOT_PRINTED else "",
        status.key,
        draw_icon(status.icon),
        status.word,
    )
    if day := _on_paper(transport.transport_date):
        drawn += format_html(
            '<span class="print-only"> {}</span>', gettext("transport {day}").format(day=day)
        )
    if "transport_date" in layout.columns and status is not display.TODAY:
        drawn += format_html(
            '<span class="sub no-print" title="{}"><span class="card-word">{} </span>{}</span>',
            gettext("Data transportului: {day}").format(
                day=day_in_full(transport.transport_date, today=today)
            ),
            gettext("transport"),
            day_in_brief(transport.transport_date, today=today),
        )
    return drawn + SafeString("\n")


def draw_validity(
    transport: Transport, status: display.Status, *, layout: ListLayout, today: date
) -> SafeString:
    """Draw the cell of the validity; nothing where the layout has none."""
    if "validity" not in layout.columns:
        return SafeString()
    cell = '<td class="col-validity"> {} </td> '
    if status is display.DELISTED:
        advice = gettext("verifică la declarant")
        return format_html(cell, format_html('<span class="muted line">{}</span>', advice))
    title = display.validity(transport, today=today)
    until, until_on_paper = _until(transport, status, today=today)
    computed = gettext("calculat") if transport.expiry_computed else ""
    left = format_html(
        '<span class="validity-words{}{}" title="{}">{}</span>',
        " no-print" if until else "",
        " is-unsure" if status is display.MISSING else "",
        title,
        display.validity_left(transport, today=today),
    )
    if layout.is_airy:
        bar = uit_bar(display.validity_bar(transport, status, today=today))
        left += format_html('<span class="no-print">{}</span>', bar)
    if until_on_paper:
        on_paper = f"{until_on_paper} ({computed})" if computed else until_on_paper
        left += format_html('<span class="print-only">{}</span>', on_paper)
    tag = format_html(' <span class="tag">{}</span>', computed) if computed else ""
    left += format_html('<span class="sub no-print" title="{}">{}{}</span>', title, until, tag)
    return format_html(cell, left)


def _on_paper(day: date | None) -> str:
    return f"{day.day:02}.{day.month:02}.{day.year:04}" if day else ""


def _until(transport: Transport, status: display.Status, *, today: date) -> tuple[str, str]:
    """Return until when a UIT is, or was, valid: on screen and on paper."""
    last = transport.last_valid_day
    if last is None:
        return "", ""
    is_over = status is display.EXPIRED
    sentence = gettext("a fost valabil până {day}") if is_over else gettext("până {day}")
    until = sentence.format(day=day_in_brief(last, today=today))
    hour = ", 24:00"
    return f"{until}{hour * (status in _ENDS_SOON)}", sentence.format(day=_on_paper(last)) + hour
