"""What is said of a UIT: what ANAF's response changed, and its end."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import day_in_full, plural, today
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.transports.display import (
    ChangeLine,
    change_lines,
    grouped_uit,
    route_title,
    unreadable_sentence,
    why_delisted,
)
from caraus.transports.models import DEALT_WITH_KINDS, Mark, Transport, TransportEvent
from caraus.transports.reconcile import PLATE_FIELDS, Changes

_TITLE = 100
_COPIED_FIELDS = (
    *("uit", "declarant_cui", "declarant_name", "carrier_cui", *PLATE_FIELDS),
    *("vehicle_changes", "expiry_computed", "unreadable_fields"),
)
_PLACE_FIELDS = ("locality", "county", "full_address")


def transport_facts(company: Company, row: Transport) -> Facts:
    """Return what is said of a UIT, as it is now: the row goes on changing."""
    facts: Facts = {name: getattr(row, name) for name in _COPIED_FIELDS}
    facts["vehicle_changes"] = row.vehicle_changes[-1:]
    for name in ("start", "end"):
        place = getattr(row, name)
        facts[name] = {field: place[field] for field in _PLACE_FIELDS if place.get(field)}
    for name in ("transport_date", "first_expired_day"):
        day = getattr(row, name)
        facts[name] = day and day.isoformat()
    return facts | {"company": {"cui": company.cui, "name": company.name}}


def transport_of_facts(facts: Facts) -> Transport:
    """Return the UIT as it was; it is no row of the database."""
    row = Transport(**{name: facts[name] for name in (*_COPIED_FIELDS, "start", "end")})
    row.transport_date = _day_of(facts["transport_date"])
    row.first_expired_day = _day_of(facts["first_expired_day"])
    row.company = Company(**facts["company"])
    return row


def _day_of(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@message_kind("uit_event")
def uit_event(facts: Facts) -> Message:
    """Say what a response of ANAF's changed."""
    text = _EventText(
        transport_of_facts(facts["transport"]), facts["event"], dict(facts["changes"])
    )
    return Message(
        text.title(), text.text(), gettext("Vezi UIT-ul"), text.brief(), text.row_title()
    )


def _title_of_ends(facts: Facts, number: int) -> str:
    """Return „Tot ce expiră azi: 11 UIT-uri · luni, 30 noiembrie, la 24:00”. With the day's name:
    the page may be read after midnight."""
    row = transport_of_facts(facts["transport"])
    uits = plural(number, "UIT", "UIT-uri")
    day = _day(row.last_valid_day)
    if row.last_valid_day == today():
        return gettext("Tot ce expiră azi: {uits} · {day}, la 24:00").format(day=day, uits=uits)
    return gettext("{uits} expiră {day}, la 24:00").format(day=day, uits=uits)


def _title_of_expired(facts: Facts, number: int) -> str:
    row = transport_of_facts(facts["transport"])
    return gettext("{uits} au expirat {day}, la 24:00").format(
        day=_day(row.last_valid_day), uits=plural(number, "UIT", "UIT-uri")
    )


def _dealt_with(keys: Collection[str]) -> set[str]:
    """Return which of these keys of ends (`key_of_end`) are of UITs that are dealt with now."""
    pk_of = {key: int(key.partition(":")[0]) for key in keys}
    marks = Mark.objects.filter(transport__in=set(pk_of.values()), kind__in=DEALT_WITH_KINDS)
    marked = set(marks.values_list("transport", flat=True)) if pk_of else set()
    return {key for key, pk in pk_of.items() if pk in marked}


@message_kind("uit_ends", title_of_many=_title_of_ends, dealt_with=_dealt_with)
def uit_ends(facts: Facts) -> Message:
    """Say until when a UIT is valid, and what to do."""
    row, words = _end_of_facts(facts)
    advice = gettext(
        "De %(next)s, ora 00:00, nu mai este valabil. Dacă transportul nu se încheie până "
        "atunci, cere din timp declarantului un UIT valabil."
    )
    return Message(
        gettext("UIT-ul %(uit)s expiră %(day)s, la 24:00") % words,
        _text_of_end(row, advice % words),
        gettext("Vezi UIT-ul"),
        _brief_of_end(row),
        f"{_brief_of_end(row)} · {gettext('expiră %(day)s, la 24:00') % words}",
    )


@message_kind("uit_expired", title_of_many=_title_of_expired, dealt_with=_dealt_with)
def uit_expired(facts: Facts) -> Message:
    """Say when a UIT has expired, and what the law requires."""
    row, words = _end_of_facts(facts)
    advice = gettext(
        "Dacă transportul s-a încheiat, nu trebuie să faci nimic. Dacă este încă pe drum, "
        "oprește-l și cere declarantului un UIT valabil."
    )
    return Message(
        gettext("UIT-ul %(uit)s a expirat %(day)s, la 24:00") % words,
        _text_of_end(row, advice),
        gettext("Vezi UIT-ul"),
        _brief_of_end(row),
        f"{_brief_of_end(row)} · {gettext('a expirat %(day)s, la 24:00') % words}",
    )


def _end_of_facts(facts: Facts) -> tuple[Transport, dict[str, str]]:
    row = transport_of_facts(facts["transport"])
    vehicle = row.current_vehicle[0]
    return row, {
        "uit": grouped_uit(row.uit) + (f" ({vehicle})" if vehicle else ""),
        # With the year when it is not that of the notification.
        "day": day_in_full(row.last_valid_day, today=date.fromisoformat(facts["today"])),
        "next": day_in_full(row.first_expired_day, today=date.fromisoformat(facts["today"])),
    }


def _brief_of_end(row: Transport) -> str:
    return row.current_vehicle[0] or grouped_uit(row.uit)


def _text_of_end(row: Transport, advice: str) -> str:
    ours = gettext("Termenul este calculat de noi: ANAF nu l-a dat.") if row.expiry_computed else ""
    return "\n\n".join(filter(None, [describe_transport(row), ours, advice]))


class _EventText:
    """What happened, whose doing it is, what to do; in the language that is active."""

    def __init__(self, row: Transport, event: str, changes: Changes) -> None:
        self.row, self.changes = row, changes
        self.kind = TransportEvent.Kind(event)

    def title(self) -> str:
        words = {"uit": grouped_uit(self.row.uit)}
        sentences: Mapping[TransportEvent.Kind, Callable[[], str]] = {
            TransportEvent.Kind.APPEARED: lambda: (
                gettext("UIT nou %(uit)s: %(what)s")
                % (
                    words
                    | {"what": ", ".join([*_plates(self.row), route_title(self.row), self._day()])}
                )
            ),
            TransportEvent.Kind.DELISTED: lambda: (
                gettext("UIT-ul %(uit)s nu mai este în lista ANAF") % words
            ),
            TransportEvent.Kind.RETURNED: lambda: (
                gettext("UIT-ul %(uit)s este din nou în lista ANAF") % words
            ),
            TransportEvent.Kind.CARRIER_CHANGED: lambda: self._carrier() % words,
        }
        if self.kind in sentences:
            return sentences[self.kind]()
        return f"UIT {words['uit']}: {_change_title(self._changes())}"

    def row_title(self) -> str:
        """Return „CJ01ABC + CJ02REM · UIT nou · Nădlac (AR) → Cluj-Napoca (CJ)”."""
        vehicle = _plates(self.row) or [grouped_uit(self.row.uit)]
        is_new = self.kind == TransportEvent.Kind.APPEARED
        return " · ".join([*vehicle, self.brief(), *([route_title(self.row)] if is_new else [])])

    def brief(self) -> str:
        if self.kind == TransportEvent.Kind.APPEARED:
            return gettext("UIT nou")
        if self.kind in {TransportEvent.Kind.CHANGED, TransportEvent.Kind.VEHICLE_CHANGED}:
            return _change_title(self._changes())
        return str(self.kind.label)

    def _day(self) -> str:
        return _day(self.row.transport_date)

    def text(self) -> str:
        what = "\n".join(
            f"{_capital(change.field)}: {change.old} → {change.new}" for change in self._changes()
        )
        end = "" if self.kind == TransportEvent.Kind.DELISTED else f"{validity_sentence(self.row)}."
        unread = unreadable_sentence(self.row)
        parts = [what, describe_transport(self.row), end, unread, self._advice()]
        return "\n\n".join(filter(None, parts))

    def _carrier(self) -> str:
        if not has_moved(self.changes, self.row.company):
            return gettext("UIT-ul %(uit)s: transportatorul a fost corectat")
        if is_ours(self.row, self.row.company):
            return gettext("UIT-ul %(uit)s este din nou al tău")
        return gettext("UIT-ul %(uit)s are alt transportator")

    def _advice(self) -> str:
        kind = self.kind
        if kind == TransportEvent.Kind.APPEARED:
            return gettext(
                "Înainte de plecare, compară numerele de pe UIT cu vehiculul de pe drum. Dacă "
                "diferă, cere declarantului să le schimbe."
            )
        if kind == TransportEvent.Kind.DELISTED:
            advice = gettext(
                "Dacă transportul s-a încheiat, nu trebuie să faci nimic. Dacă nu, nu porni la "
                "drum cu el până nu întrebi declarantul; dacă este deja pe drum, întreabă-l acum."
            )
            return f"{why_delisted()}\n\n{advice}"
        if kind == TransportEvent.Kind.RETURNED:
            return gettext("ANAF îl are din nou în lista ta. Poți circula cu el cât este valabil.")
        if not is_ours(self.row, self.row.company):
            return gettext(
                "Declarantul a trecut alt transportator. Nu porni la drum cu acest UIT; dacă "
                "transportul este tot al tău, cere declarantului să îl corecteze."
            )
        return gettext(
            "Verifică dacă vehiculul, traseul și actele șoferului se mai potrivesc cu UIT-ul."
        )

    def _changes(self) -> list[ChangeLine]:
        event = TransportEvent(transport=self.row, kind=self.kind, changes=self.changes)
        return change_lines(event)


def has_moved(changes: Changes, company: Company) -> bool:
    """Return whether a UIT went from the company to another carrier, or came back. Where ANAF names
    none, it is the company's."""
    was, became = (cui in {None, "", company.cui} for cui in changes["carrier_cui"])
    return was != became or not became


def is_ours(row: Transport, company: Company) -> bool:
    """Return whether the company is the declared carrier, or none is declared."""
    return row.carrier_cui in {"", company.cui}


def describe_transport(row: Transport) -> str:
    """Describe from where to where, with which vehicle, when, who declared it, whose it is."""
    plates = _plates(row) or [gettext("fără număr")]
    day = gettext("transport %(day)s") % {"day": _day(row.transport_date)}
    declarant = gettext("declarant %(name)s") % {"name": row.declarant_name or row.declarant_cui}
    company = gettext("firma %(company)s") % {"company": row.company}
    return ", ".join([route_title(row), *plates, day, declarant, company])


def _plates(row: Transport) -> list[str]:
    """Format „CJ01ABC + CJ02REM”, or nothing."""
    plates = " + ".join(filter(None, row.current_vehicle))
    return [plates] if plates else []


def validity_sentence(row: Transport) -> str:
    """Say until which midnight it is valid, and whether that is ANAF's word or ours."""
    if row.last_valid_day is None:
        return gettext("Valabilitate necunoscută: ANAF nu a dat un termen care să poată fi citit")
    sentence = (
        gettext("Valabil până %(day)s, la 24:00 (termen calculat de noi: ANAF nu l-a dat)")
        if row.expiry_computed
        else gettext("Valabil până %(day)s, la 24:00")
    )
    return sentence % {"day": _day(row.last_valid_day)}


def _change_title(changes: Sequence[ChangeLine]) -> str:
    """Show a single change whole unless it is long; of several, name the fields."""
    if len(changes) == 1:
        (change,) = changes
        whole = f"{change.field} {change.old} → {change.new}"
        return (
            whole
            if len(whole) <= _TITLE
            else gettext("s-a schimbat: %(field)s") % {"field": change.field}
        )
    return gettext("s-au schimbat: %(fields)s") % {
        "fields": ", ".join(str(change.field) for change in changes)
    }


def _day(day: date | None) -> str:
    """Format with its weekday, never „azi”: it may be read tomorrow."""
    return day_in_full(day, today=today())


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
