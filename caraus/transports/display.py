"""What a dispatcher reads about a UIT: its state in a word, its validity in a sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext

from caraus.anaf.info import uit_is_valid
from caraus.anaf.records import FIELD_NAMES
from caraus.core.formatting import (
    bucharest_day,
    bucharest_midnight,
    day_in_brief,
    day_in_full,
    gettext_lazy,
    plural,
)
from caraus.transports.models import Mark, Transport, TransportEvent
from caraus.transports.reconcile import PLATE_FIELDS

Tone = Literal["calm", "good", "warn", "bad", "off"]


@dataclass(frozen=True, slots=True)
class Status:
    """A colour, an icon and a word: never the colour alone."""

    key: str
    word: str | Promise
    tone: Tone
    icon: str


FUTURE = Status("future", gettext_lazy("viitor"), "calm", "calendar-clock")
TODAY = Status("today", gettext_lazy("azi"), "good", "calendar-check")
UNDERWAY = Status("underway", gettext_lazy("în curs"), "good", "truck")
ENDS_TODAY = Status("ends_today", gettext_lazy("expiră azi"), "bad", "alarm-clock")
ENDS_TOMORROW = Status("ends_tomorrow", gettext_lazy("expiră mâine"), "warn", "hourglass")
EXPIRED = Status("expired", gettext_lazy("expirat"), "off", "calendar-x")
UNKNOWN_DAYS = Status("unknown_days", gettext_lazy("zi necunoscută"), "warn", "calendar-off")
MISSING = Status("missing", gettext_lazy("lipsă la ANAF"), "warn", "search-x")
DELISTED = Status("delisted", gettext_lazy("nu mai este în lista ANAF"), "off", "list-x")
CARRIER_CHANGED = Status(
    "carrier_changed", gettext_lazy("transportator schimbat"), "bad", "arrow-left-right"
)
NOT_VALIDATED = Status("not_validated", gettext_lazy("cod greșit"), "bad", "shield-question-mark")


def why_delisted() -> str:
    """Say the possible reasons, never one as a fact: nobody says why ANAF no longer lists a UIT."""
    return gettext(
        "ANAF nu spune de ce: poate declarantul a confirmat transportul încheiat, l-a dat altui "
        "transportator sau l-a șters; poate fi și o problemă la ANAF."
    )


def status(transport: Transport, *, today: date) -> Status:
    """Return the state on a day in Bucharest; the calendar goes before what was last stored.

    „nevalidat”: the code lacks the form or the check digits of the XSD (UitType).
    """
    if transport.state == Transport.State.DELISTED:
        return DELISTED
    if transport.is_over_on(today):
        return EXPIRED
    return _of_anaf(transport) or _of_calendar(transport, today=today)


def _of_anaf(transport: Transport) -> Status | None:
    """Return what makes a living UIT unfit for the road, whatever the day."""
    if transport.carrier_cui and transport.carrier_cui != transport.company.cui:
        return CARRIER_CHANGED
    if transport.state == Transport.State.MISSING:
        return MISSING
    return None if uit_is_valid(transport.uit) else NOT_VALIDATED


def has_wrong_code(transport: Transport, *, today: date) -> bool:
    """Return whether the code of a UIT that is not over lacks the form or the check digits of
    one."""
    over = status(transport, today=today) in {DELISTED, EXPIRED}
    return not over and not uit_is_valid(transport.uit)


def has_not_begun(transport: Transport, *, today: date) -> bool:
    """Return whether a UIT that is not over is declared for a later day."""
    over = status(transport, today=today) in {DELISTED, EXPIRED}
    return not over and transport.transport_date is not None and transport.transport_date > today


def _of_calendar(transport: Transport, *, today: date) -> Status:
    if transport.last_valid_day == today:
        return ENDS_TODAY
    if transport.last_valid_day == today + timedelta(days=1):
        return ENDS_TOMORROW
    if transport.transport_date is None or transport.first_expired_day is None:
        return UNKNOWN_DAYS
    if transport.transport_date > today:
        return FUTURE
    return TODAY if transport.transport_date == today else UNDERWAY


def validity(transport: Transport, *, today: date) -> str:
    """Format „valabil până joi, 28 noiembrie, 24:00”, „a fost valabil până …”."""
    if transport.first_expired_day is None:
        return gettext("valabilitate necunoscută")
    day = day_in_full(transport.last_valid_day, today=today)
    if transport.is_over_on(today):
        return gettext("a fost valabil până {day}, 24:00").format(day=day)
    return gettext("valabil până {day}, 24:00").format(day=day)


def validity_left(transport: Transport, *, today: date, now: datetime | None = None) -> str:
    """Format the days left; on the last two valid days the hours; of an expired UIT since when.

    `now` (UTC) replaces the clock.
    """
    if transport.first_expired_day is None:
        return gettext("termen necunoscut")
    days = (transport.first_expired_day - today).days
    if days == 0:
        return gettext("expirat azi-noapte")
    if days < 0:
        return gettext("expirat {day}").format(
            day=day_in_brief(transport.last_valid_day, today=today)
        )
    if transport.transport_date is not None and transport.transport_date > today:
        whole = (transport.first_expired_day - transport.transport_date).days
        return gettext("începe {day}, {days}").format(
            day=day_in_brief(transport.transport_date, today=today),
            days=plural(max(whole, 1), "zi", "zile"),
        )
    if days <= 2:
        return _last_hours(transport.first_expired_day, now or datetime.now(UTC))
    return gettext("încă {days}").format(days=plural(days, "zi", "zile"))


def _last_hours(first_expired_day: date, now: datetime) -> str:
    """Format „încă 5 ore”, in the last hour „încă 40 de minute”: rounded down, for nobody to be
    late."""
    end = bucharest_midnight(first_expired_day).astimezone(UTC)
    seconds = (end - now).total_seconds()
    if seconds <= 0:
        return gettext("expirat azi-noapte")
    minutes = int(seconds // 60)
    if minutes < 1:
        return gettext("încă mai puțin de un minut")
    if minutes >= 60:
        return gettext("încă {value}").format(value=plural(minutes // 60, "oră", "ore"))
    return gettext("încă {minutes}").format(minutes=plural(minutes, "minut", "minute"))


def clock_due(transport: Transport | None, *, now: datetime) -> int:
    """Return the seconds until what is said about a UIT (or about none) changes with the clock: at
    midnight in Bucharest; in its last two days each hour, in its last hour each minute."""
    today = bucharest_day(now)
    midnight = bucharest_midnight(today + timedelta(days=1))
    due = (midnight.astimezone(UTC) - now).total_seconds()
    if transport is not None and transport.first_expired_day is not None:
        end = bucharest_midnight(transport.first_expired_day)
        left = (end.astimezone(UTC) - now).total_seconds()
        if 0 < left <= 2 * 86400:
            due = min(due, left % (60 if left <= 3600 else 3600))
    return int(due) + 1


def validity_days(transport: Transport, *, today: date) -> tuple[int, int]:
    """Return (days used, days in all), for a bar; the day of transport is the first. None in all
    where a day is not known."""
    if transport.first_expired_day is None or transport.transport_date is None:
        return 0, 0
    whole = max((transport.first_expired_day - transport.transport_date).days, 1)
    used = (today - transport.transport_date).days
    return min(max(used, 0), whole), whole


@dataclass(frozen=True, slots=True)
class ValidityBar:
    """A row of cells, one a day unless there are many, in the colour of the state; the first
    `used` are over."""

    tone: Tone
    cells: int
    used: int


MOST_BAR_CELLS = 15


def validity_bar(transport: Transport, status: Status, *, today: date) -> ValidityBar:
    """Return the validity as at most 15 cells, the used ones first; today's cell counts as left."""
    used, whole = validity_days(transport, today=today)
    cells = min(whole, MOST_BAR_CELLS)
    return ValidityBar(status.tone, cells, used=used * cells // max(whole, 1))


def uit_groups(uit: str) -> list[str]:
    """Split in fours, for reading aloud."""
    return [uit[i : i + 4] for i in range(0, len(uit), 4)]


def grouped_uit(uit: str) -> str:
    """Format in fours: „3V0P 0L0P 0T3J UW46”."""
    return " ".join(uit_groups(uit))


def place_title(place: dict[str, Any]) -> str:
    """Format „Nădlac (AR)”: the locality, or the name of the border point or customs office."""
    name = place.get("locality") or place.get("full_address") or "—"
    county = place.get("county", "")
    return f"{name} ({county})" if county and place.get("locality") else name


def route_title(transport: Transport) -> str:
    """Format „Nădlac (AR) → Cluj-Napoca (CJ)”."""
    return f"{place_title(transport.start)} → {place_title(transport.end)}"


def place_details(place: dict[str, Any]) -> str:
    """Return street, number and other information, as far as given."""
    street = " ".join(filter(None, [place.get("street"), place.get("number")]))
    return ", ".join(filter(None, [street, place.get("other")]))


def place_lines(place: dict[str, Any]) -> list[str]:
    """Return all that was given about a place beside its title, nothing said twice."""
    whole = place.get("full_address", "")
    if not whole:
        return [line for line in [place_details(place)] if line]
    pieces = [place.get("street"), place.get("number"), place.get("other")]
    more = ", ".join(piece for piece in pieces if piece and piece not in whole)
    # Who has nothing to say writes „-”, for the form wants something.
    return [line for line in [whole, more] if line.strip(" -.") and line != place_title(place)]


PLACE_KINDS = {
    "ADR": gettext_lazy("adresă în țară"),
    "PTF": gettext_lazy("punct de trecere a frontierei"),
    "BV": gettext_lazy("birou vamal"),
}

FIELD_LABELS: dict[str, str | Promise] = {
    "declarant_cui": gettext_lazy("CUI declarant"),
    "declarant_name": gettext_lazy("declarant"),
    "declarant_ref": gettext_lazy("referință"),
    "transport_date": gettext_lazy("data transportului"),
    "first_expired_day": gettext_lazy("valabilitate"),
    "carrier_cui": gettext_lazy("CUI transportator"),
    "carrier_name": gettext_lazy("transportator"),
    "plate": gettext_lazy("vehicul"),
    "trailer1": gettext_lazy("remorca 1"),
    "trailer2": gettext_lazy("remorca 2"),
    "vehicle_changes": gettext_lazy("schimbări de vehicul"),
    "start": gettext_lazy("locul de start"),
    "end": gettext_lazy("locul de final"),
    "documents": gettext_lazy("documente"),
    "extra": gettext_lazy("alte câmpuri"),
    "mark": gettext_lazy("marcaj"),
    "issue_mark": gettext_lazy("problemă"),
    "request": gettext_lazy("cerere"),
}

# By field: how packages above this one write the values of their own events.
_REGISTERED_FORMATS: dict[str, Callable[[Any], str]] = {}


def register_field(name: str, label: str | Promise, format_value: Callable[[Any], str]) -> None:
    """Have the history name a field of events, and write its values, which are never empty."""
    FIELD_LABELS[name] = label
    _REGISTERED_FORMATS[name] = format_value


# ANAF's names of what is read of a record, as people know it.
_ANAF_FIELDS = {anaf_name: FIELD_LABELS[name] for anaf_name, name in FIELD_NAMES.items()} | {
    "data_exp_uit": gettext_lazy("data expirării")
}


def unreadable_labels(transport: Transport) -> list[str]:
    """Return the fields of ANAF's record that could not be read, each with what stood there: „data
    expirării (data_exp_uit): „-””."""
    return [
        f"{_ANAF_FIELDS.get(name.partition('.')[0], gettext('alt câmp'))} ({name}): "
        + (f"„{value}”" if value else gettext("lipsește"))
        for name, value in transport.unreadable_fields.items()
    ]


def unreadable_sentence(transport: Transport) -> str:
    """Say what people must know of such fields, "" where there are none."""
    fields = unreadable_labels(transport)
    if not fields:
        return ""
    return gettext(
        "ANAF a trimis câmpuri pe care nu le putem citi sau păstra întregi: {fields}. "
        "Verifică UIT-ul la declarant sau în portalul ANAF înainte de drum."
    ).format(fields="; ".join(fields))


@dataclass(frozen=True, slots=True)
class EventStyle:
    """How an event of the history is shown."""

    icon: str
    tone: Tone


EVENT_STYLES = {
    TransportEvent.Kind.APPEARED: EventStyle("sparkles", "calm"),
    TransportEvent.Kind.CHANGED: EventStyle("pencil", "warn"),
    TransportEvent.Kind.VEHICLE_CHANGED: EventStyle("truck", "warn"),
    TransportEvent.Kind.CARRIER_CHANGED: EventStyle("arrow-left-right", "bad"),
    TransportEvent.Kind.RETURNED: EventStyle("rotate-ccw", "good"),
    TransportEvent.Kind.EXPIRED: EventStyle("calendar-x", "off"),
    TransportEvent.Kind.DELISTED: EventStyle("list-x", "off"),
    TransportEvent.Kind.MARKED: EventStyle("circle-check", "good"),
    TransportEvent.Kind.UNMARKED: EventStyle("undo-2", "off"),
    TransportEvent.Kind.FILING: EventStyle("send", "calm"),
    TransportEvent.Kind.REQUESTED: EventStyle("mail", "calm"),
}


def event_look(event: TransportEvent) -> EventStyle:
    """Return the icon, the tone and the label of an event."""
    return EVENT_STYLES[TransportEvent.Kind(event.kind)]


# What was requested of a declarant, and by which way.
REQUEST_LABELS = {
    "correction": gettext_lazy("corectură"),
    "new_uit": gettext_lazy("UIT nou"),
    "email": gettext_lazy("prin e-mail"),
    "whatsapp": gettext_lazy("prin WhatsApp"),
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    field: str
    old: str
    new: str


def change_lines(event: TransportEvent) -> list[ChangeLine]:
    """Format an event's differences."""
    return [
        _new_vehicle(event, old or [], new)
        if name == "vehicle_changes" and new and new[:-1] == (old or [])
        else ChangeLine(str(FIELD_LABELS.get(name, name)), _value(name, old), _value(name, new))
        for name, (old, new) in event.changes.items()
    ]


def _new_vehicle(event: TransportEvent, old: list[Any], new: list[Any]) -> ChangeLine:
    """Format one more vehicle change: from the vehicle before it to the one after."""
    transport = event.transport
    declared: dict[str, Any] = {name: getattr(transport, name) for name in PLATE_FIELDS}
    before, after = _vehicle(old[-1] if old else declared), _vehicle(new[-1])
    if before == after:
        after = gettext("același, declarat din nou")
    return ChangeLine(str(FIELD_LABELS["plate"]), before or "—", after or "—")


def _value(name: str, value: Any) -> str:
    if not value:
        return "—"
    if name in {"start", "end"}:
        return ", ".join(filter(None, [place_title(value), place_details(value)]))
    if name == "transport_date":
        return f"{date.fromisoformat(value):%d.%m.%Y}"
    if name == "first_expired_day":
        last = date.fromisoformat(value) - timedelta(days=1)
        return gettext("până {day}, 24:00").format(day=f"{last:%d.%m.%Y}")
    if name == "vehicle_changes":
        return "; ".join(_vehicle(change) for change in value)
    if name == "mark":
        return str(Mark.Kind(value).label)
    if name == "issue_mark":
        return f"{value['plate']}: {Mark.Kind(value['kind']).label}"
    if name == "request":
        return ", ".join(str(REQUEST_LABELS.get(word, word)) for word in value)
    if name == "documents":
        return ", ".join(document.get("text", "") for document in value)
    return _REGISTERED_FORMATS.get(name, str)(value)


def _vehicle(change: dict[str, Any]) -> str:
    plates = [change.get("plate"), change.get("trailer1"), change.get("trailer2")]
    return " + ".join(filter(None, plates))
