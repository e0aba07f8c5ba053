"""What people are notified of about UITs: what a response of ANAF's changed, in the transaction
that stores it, and their end (`expiry.py` says when)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time

from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import BUCHAREST, day_in_full, today
from caraus.notifications.delivery_settings import FilterSubject
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.uit_notifications import UitNotice, notify_about_uits
from caraus.transports.display import (
    ChangeLine,
    change_lines,
    grouped_uit,
    route_title,
    unreadable_sentence,
    why_delisted,
)
from caraus.transports.models import Transport, TransportEvent
from caraus.transports.notification_kinds import CHANGED_UIT, DELISTED_UIT, EXPIRED_UIT, NEW_UIT
from caraus.transports.reconcile import PLATE_FIELDS, Changes, Event
from caraus.transports.store import transports_stored

_TITLE = 100


def connect_signals() -> None:
    """Notify of the events of UITs in the transaction that stores them."""
    transports_stored.connect(_on_transports_stored, dispatch_uid="transports.notifications")


@isolate_failures
def _on_transports_stored(
    sender: object,
    *,
    company: Company,
    transports: Sequence[Transport],
    events: Sequence[Event],
    at: datetime,
    first: bool,
    **_: object,
) -> None:
    rows = {row.uit: row for row in transports}
    by_kind: dict[NotificationKind, list[UitNotice]] = {}
    for event in events:
        kind = _kind(event, company)
        # The UITs of the first answer about a company are no news.
        if kind is None or (first and kind is NEW_UIT):
            continue
        notice = _build_notice(company, rows[event.uit], event, at)
        by_kind.setdefault(kind, []).append(notice)
    for kind, notices in by_kind.items():
        notify_about_uits(kind, notices, organization=company.organization)


def _kind(event: Event, company: Company) -> NotificationKind | None:
    kind = TransportEvent.Kind(event.kind)
    if kind == TransportEvent.Kind.CARRIER_CHANGED:
        return DELISTED_UIT if _has_moved(event, company) else CHANGED_UIT
    return {
        TransportEvent.Kind.APPEARED: NEW_UIT,
        TransportEvent.Kind.CHANGED: CHANGED_UIT,
        TransportEvent.Kind.VEHICLE_CHANGED: CHANGED_UIT,
        TransportEvent.Kind.DELISTED: DELISTED_UIT,
        TransportEvent.Kind.RETURNED: DELISTED_UIT,
    }.get(kind)


def _has_moved(event: Event, company: Company) -> bool:
    """Between the company and another carrier. Where ANAF names none, it is the company's."""
    was, became = (cui in {None, "", company.cui} for cui in event.changes["carrier_cui"])
    return was != became or not became


def is_ours(row: Transport, company: Company) -> bool:
    """Return whether the company is the declared carrier, or none is declared."""
    return row.carrier_cui in {"", company.cui}


def notification_subject(
    company: Company, row: Transport, changes: Changes | None = None
) -> FilterSubject:
    """Return what filters look at, with the plates of before a change too: whoever follows the
    vehicle is notified that it left."""
    plates = [row.plate, *row.current_vehicle]
    before = {name: old for name, (old, _new) in (changes or {}).items()}
    plates += [before.get(name) or "" for name in PLATE_FIELDS]
    for change in before.get("vehicle_changes") or []:
        plates += [change[name] for name in PLATE_FIELDS]
    return FilterSubject(
        company=company,
        declarant_cui=row.declarant_cui,
        declarant_name=row.declarant_name,
        plates=tuple(filter(None, plates)),
    )


def _build_notice(company: Company, row: Transport, event: Event, at: datetime) -> UitNotice:
    words = _EventText(company, row, event)
    return UitNotice(
        key=f"{row.pk}:{event.kind}:{at.isoformat()}",
        subject=notification_subject(company, row, event.changes),
        title=words.title,
        text=words.text,
        address=row.get_absolute_url(),
    )


def build_expiry_notice(
    kind: NotificationKind, row: Transport, first_expired_day: date, now: datetime
) -> UitNotice:
    """Build the notice that a UIT expires on a day or, of the kind EXPIRED_UIT, has expired."""
    ends = expires_at(first_expired_day)
    current_day = now.astimezone(BUCHAREST).date()
    vehicle = row.current_vehicle[0]

    def words() -> dict[str, str]:
        return {
            "uit": grouped_uit(row.uit) + (f" ({vehicle})" if vehicle else ""),
            "day": day_in_full(row.last_valid_day, today=current_day),
            "next": day_in_full(first_expired_day, today=current_day),
        }

    def title() -> str:
        if kind is EXPIRED_UIT:
            return gettext("UIT-ul %(uit)s a expirat %(day)s, la 24:00") % words()
        return gettext("UIT-ul %(uit)s expiră %(day)s, la 24:00") % words()

    def text() -> str:
        advice = (
            gettext(
                "Dacă transportul s-a încheiat, nu trebuie să faci nimic. Dacă este încă pe drum, "
                "oprește-l și cere declarantului un UIT valabil."
            )
            if kind is EXPIRED_UIT
            else gettext(
                "De %(next)s, ora 00:00, nu mai este valabil. Dacă transportul nu se încheie până "
                "atunci, cere din timp declarantului un UIT valabil."
            )
            % words()
        )
        ours = (
            gettext("Termenul este calculat de noi: ANAF nu l-a dat.")
            if row.expiry_computed
            else ""
        )
        return "\n\n".join(filter(None, [describe_transport(row.company, row), ours, advice]))

    return UitNotice(
        key=f"{row.pk}:{first_expired_day.isoformat()}",
        subject=notification_subject(row.company, row),
        title=title,
        text=text,
        address=row.get_absolute_url(),
        matters_until=None if kind is EXPIRED_UIT else ends,
    )


class _EventText:
    """What happened, whose doing it is, what to do; in the language that is active."""

    def __init__(self, company: Company, row: Transport, event: Event) -> None:
        self.company, self.row, self.event = company, row, event
        self.kind = TransportEvent.Kind(event.kind)

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

    def _day(self) -> str:
        return _day(self.row.transport_date)

    def text(self) -> str:
        what = "\n".join(
            f"{_capital(change.field)}: {change.old} → {change.new}" for change in self._changes()
        )
        end = "" if self.kind == TransportEvent.Kind.DELISTED else f"{validity_sentence(self.row)}."
        unread = unreadable_sentence(self.row)
        parts = [what, describe_transport(self.company, self.row), end, unread, self._advice()]
        return "\n\n".join(filter(None, parts))

    def _carrier(self) -> str:
        if not _has_moved(self.event, self.company):
            return gettext("UIT-ul %(uit)s: transportatorul a fost corectat")
        if is_ours(self.row, self.company):
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
        if not is_ours(self.row, self.company):
            return gettext(
                "Declarantul a trecut alt transportator. Nu porni la drum cu acest UIT; dacă "
                "transportul este tot al tău, cere declarantului să îl corecteze."
            )
        return gettext(
            "Verifică dacă vehiculul, traseul și actele șoferului se mai potrivesc cu UIT-ul."
        )

    def _changes(self) -> list[ChangeLine]:
        event = TransportEvent(transport=self.row, kind=self.event.kind, changes=self.event.changes)
        return change_lines(event)


def describe_transport(company: Company, row: Transport) -> str:
    """Describe from where to where, with which vehicle, when, who declared it, whose it is."""
    plates = _plates(row) or [gettext("fără număr")]
    day = gettext("transport %(day)s") % {"day": _day(row.transport_date)}
    declarant = gettext("declarant %(name)s") % {"name": row.declarant_name or row.declarant_cui}
    whose = gettext("firma %(company)s") % {"company": company}
    return ", ".join([route_title(row), *plates, day, declarant, whose])


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


def expires_at(first_expired_day: date) -> datetime:
    """Return 00:00 in Bucharest of the first expired day, in UTC."""
    return datetime.combine(first_expired_day, time(), tzinfo=BUCHAREST).astimezone(UTC)
