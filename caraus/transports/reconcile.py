"""What changed: known UITs × a good response → the new state, its events. Pure: no clock, no rows.

The rules (docs/architecture.md, 2 and 3):
- an error never comes here; absence in one good response only marks a UIT as missing;
- absence in a second good response, at least `DELIST_WAIT` after the first, makes it delisted,
  unless its validity is over, when it is expired;
- when more than half of ten or more UITs go missing at once, a third good response is awaited, as
  long after the second, and people are notified;
- when none of the open UITs is left, however many they were, ANAF's list is the likelier culprit:
  those absent then are delisted by a third good response, and not before `hold` has passed, also
  when some of them return meanwhile; and people are notified;
- the same response applied twice makes no event;
- a response older than the last one applied (`reconcile_late`) only adds what it alone has seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

DELIST_WAIT = timedelta(minutes=10)
# How long all UITs of a carrier must be absent together (CARAUS_DELIST_ALL_AFTER_HOURS).
DEFAULT_HOLD = timedelta(hours=3)
# A suspicious mass disappearance: more than half of so many, or more.
MASS_MINIMUM = 10

UitState = Literal["active", "missing", "expired", "delisted"]
EventKind = Literal[
    "appeared",
    "changed",
    "vehicle_changed",
    "carrier_changed",
    "returned",
    "expired",
    "delisted",
]
Changes = dict[str, list[Any]]

type PlateField = Literal["plate", "trailer1", "trailer2"]
# The fields of a UIT that hold a plate, in the order of a form.
PLATE_FIELDS: tuple[PlateField, ...] = ("plate", "trailer1", "trailer2")
VEHICLE_FIELDS = frozenset({*PLATE_FIELDS, "vehicle_changes"})
CARRIER_FIELDS = frozenset({"carrier_cui"})
# What the product adds, not the declarant: a change in these alone is no event.
UNCOMPARED_FIELDS = frozenset({"expiry_computed", "unreadable_fields"})


@dataclass(frozen=True, slots=True)
class KnownUit:
    """A UIT as it stands here: `fields` are JSON values, comparable with those of a response.

    `missing_since` and `missing_again_at` are the first two good responses without it.
    `delist_not_before`: it was absent together with all others of its carrier, and is held until
    then. `seen_at` matters to late responses only: when it was last listed.
    """

    state: UitState
    fields: Mapping[str, Any]
    missing_since: datetime | None = None
    missing_again_at: datetime | None = None
    delist_not_before: datetime | None = None
    seen_at: datetime | None = field(default=None, compare=False)

    @property
    def is_open(self) -> bool:
        return self.state in {"active", "missing"}

    @property
    def first_expired_day(self) -> date | None:
        day = self.fields["first_expired_day"]
        return date.fromisoformat(day) if day else None

    def is_over_on(self, day: date) -> bool:
        """Return whether the validity is over; one that is not known never is."""
        return self.first_expired_day is not None and self.first_expired_day <= day


@dataclass(frozen=True, slots=True)
class Event:
    uit: str
    kind: EventKind
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Only what is to be written: the UITs whose state is new, and their events in order.

    `mass_missing`: how many UITs disappear in a suspicious mass, when it begins with this response;
    `all_missing`: how many there were, when none of them is left from this response on.
    """

    states: Mapping[str, KnownUit]
    events: tuple[Event, ...]
    mass_missing: int = 0
    all_missing: int = 0

    def count(self, *kinds: EventKind) -> int:
        """Count the UITs that have an event of one of these kinds."""
        return len({event.uit for event in self.events if event.kind in kinds})


def reconcile(
    *,
    known: Mapping[str, KnownUit],
    response: Mapping[str, Mapping[str, Any]],
    at: datetime,
    today: date,
    unread: frozenset[str] = frozenset(),
    hold: timedelta = DEFAULT_HOLD,
) -> Reconciled:
    """Compare the known UITs with one good response.

    `response` holds the fields by UIT; `at` is when the response came (UTC), `today` is the day in
    Bucharest. UITs that are closed (expired, delisted) and absent stay as they are.
    `unread` are the UITs of records that could not be understood: they are present, with the
    fields last read, and a record without even a UIT ("") may be any of the absent ones, so that
    none is judged then.
    """
    states: dict[str, KnownUit] = {}
    events: list[Event] = []
    listed = {uit: known[uit].fields for uit in sorted(unread & known.keys())} | dict(response)
    for uit, fields in listed.items():
        new, happened = _present(uit, known.get(uit), fields)
        if happened or new != known.get(uit):
            states[uit] = new
        events += happened
    absent = {uit: old for uit, old in known.items() if uit not in listed and old.is_open}
    if "" in unread:
        absent = {}
    missing = {uit for uit, old in absent.items() if not old.is_over_on(today)}
    none_left = bool(missing) and not any(known[uit].is_open for uit in listed.keys() & known)
    open_before = sum(old.is_open for old in known.values())
    mass = _is_mass(open_before=open_before, absent=len(missing))
    held_before = any(known[uit].delist_not_before for uit in missing)
    for uit, old in absent.items():
        held = old.delist_not_before or (at + hold if none_left else None)
        new, happened = _absent(
            uit, replace(old, delist_not_before=held), at=at, today=today, mass=mass
        )
        if new != old:
            states[uit] = new
        events += happened
    # One more that goes missing meanwhile does not begin it again.
    missed_before = sum(known[uit].state == "missing" for uit in missing)
    mass_begins = mass and not _is_mass(open_before=open_before, absent=missed_before)
    all_missing = len(missing) if none_left and not held_before else 0
    return Reconciled(
        states,
        tuple(events),
        mass_missing=len(missing) if mass_begins and not all_missing else 0,
        all_missing=all_missing,
    )


def _present(
    uit: str, old: KnownUit | None, fields: Mapping[str, Any]
) -> tuple[KnownUit, list[Event]]:
    new = KnownUit(state="active", fields=fields)
    if old is None:
        return new, [Event(uit, "appeared")]
    events: list[Event] = []
    # A UIT missed only once came back before anybody was notified: nothing to notify.
    if old.state in {"expired", "delisted"}:
        events.append(Event(uit, "returned"))
    changes = difference(old.fields, fields)
    if changes:
        events.append(Event(uit, _kind_of(changes), changes))
    return new, events


def _absent(
    uit: str, old: KnownUit, *, at: datetime, today: date, mass: bool
) -> tuple[KnownUit, list[Event]]:
    if old.is_over_on(today):
        return _closed(old, "expired", missing_since=None), [Event(uit, "expired")]
    if old.missing_since is None:
        return replace(old, state="missing", missing_since=at), []
    if at - old.missing_since < DELIST_WAIT:
        return old, []
    held_until = old.delist_not_before
    if mass or held_until:
        if old.missing_again_at is None:
            return replace(old, missing_again_at=at), []
        if at - old.missing_again_at < DELIST_WAIT or (held_until and at < held_until):
            return old, []
    return _closed(old, "delisted", missing_since=old.missing_since), [Event(uit, "delisted")]


def _closed(old: KnownUit, state: UitState, *, missing_since: datetime | None) -> KnownUit:
    return replace(
        old,
        state=state,
        missing_since=missing_since,
        missing_again_at=None,
        delist_not_before=None,
    )


def _is_mass(*, open_before: int, absent: int) -> bool:
    return open_before >= MASS_MINIMUM and absent * 2 > open_before


def reconcile_late(
    *,
    known: Mapping[str, KnownUit],
    response: Mapping[str, Mapping[str, Any]],
    at: datetime,
    newest: datetime,
) -> Reconciled:
    """Reconcile a response of `at` that comes after a newer one (of `newest`) was applied: nothing
    is dropped.

    A UIT that no other response has shown is kept, as missing since the newest one; so is one that
    was last seen before `at`, whatever was concluded from its older fields. Absence in an old
    response says nothing.
    """
    states: dict[str, KnownUit] = {}
    events: list[Event] = []
    for uit, fields in response.items():
        old = known.get(uit)
        if old is None:
            states[uit] = KnownUit("missing", fields, missing_since=newest, seen_at=at)
            events.append(Event(uit, "appeared"))
        elif old.state != "active" and old.seen_at is not None and old.seen_at < at:
            states[uit] = KnownUit(
                "missing",
                fields,
                missing_since=newest,
                delist_not_before=old.delist_not_before,
                seen_at=at,
            )
            if changes := difference(old.fields, fields):
                events.append(Event(uit, _kind_of(changes), changes))
    return Reconciled(states, tuple(events))


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    """Return {field: [old, new]} without UNCOMPARED_FIELDS."""
    return {
        name: [old.get(name), value]
        for name, value in new.items()
        if name not in UNCOMPARED_FIELDS and old.get(name) != value
    }


def _kind_of(changes: Changes) -> EventKind:
    if changes.keys() & CARRIER_FIELDS:
        return "carrier_changed"
    if changes.keys() <= VEHICLE_FIELDS:
        return "vehicle_changed"
    return "changed"
