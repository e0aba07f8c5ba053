"""The state of every notification at a moment: what was generated plus what calls added."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from anaf_simulator.clock import local
from anaf_simulator.generator import (
    Event,
    Notification,
    known_carriers,
    notifications_of_day,
)
from anaf_simulator.people import Carrier

ENVIRONMENTS = ("prod", "test")
_LONGEST_LIFE = timedelta(days=20)
"""3 days ahead, a correction included, and 15 days of validity: nothing lives longer."""


@dataclass
class Overlay:
    """What calls changed in one environment; it dies with the process."""

    added: dict[str, Notification] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)


class World:
    """All notifications. The generated ones are the same in both environments."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.carriers: dict[str, Carrier] = known_carriers()
        self.overlays = {name: Overlay() for name in ENVIRONMENTS}
        self._ids = itertools.count(1)

    def reset(self) -> None:
        """Put the carriers back as they are at the start, with nothing declared by hand."""
        self.carriers = known_carriers()
        self.overlays = {name: Overlay() for name in ENVIRONMENTS}

    def next_number(self) -> int:
        """Return a number not given before in this run: for ids and load indexes of added
        things."""
        return next(self._ids)

    def random_source(self) -> random.Random:
        """Make randomness for added notifications, reproducible within a run."""
        return random.Random(f"added/{self.seed}/{self.next_number()}")  # noqa: S311

    def active(
        self, cui: str, moment: datetime, env: str = "prod", vehicle_lag: timedelta = timedelta()
    ) -> list[dict[str, object]]:
        """Return the ``info`` records of the carrier ``cui`` at ``moment``, newest declaration
        first.

        Vehicle changes show ``vehicle_lag`` after they happened.
        """
        dated = [
            (notification.declared_at, record)
            for notification in self._of_carrier(cui, moment - _LONGEST_LIFE, moment, env)
            if (record := record_at(notification, moment, vehicle_lag)) is not None
        ]
        return [record for _, record in sorted(dated, key=lambda pair: pair[0], reverse=True)]

    def find(self, uit: str, moment: datetime, env: str = "prod") -> Notification | None:
        """Return the notification ``uit`` if declared by ``moment`` and in the last 90 days."""
        overlay = self.overlays[env]
        if (added := overlay.added.get(uit)) is not None:
            return self._with_events(added, env) if added.declared_at <= moment else None
        since = moment - timedelta(days=90)
        everything = (self._generated(cui, since, moment) for cui in self.carriers)
        for notification in itertools.chain.from_iterable(everything):
            if notification.uit == uit:
                return self._with_events(notification, env)
        return None

    def declared_since(self, since: datetime, until: datetime, env: str) -> Iterator[Notification]:
        """Yield everything declared in the interval, for whichever carrier (for ``lista``)."""
        for cui in self.carriers:
            for notification in self._generated(cui, since, until):
                yield self._with_events(notification, env)
        for notification in self.overlays[env].added.values():
            if since <= notification.declared_at <= until:
                yield self._with_events(notification, env)

    def add(self, notification: Notification, env: str | None = None) -> None:
        """Add a notification to one environment, or to both."""
        for name in ENVIRONMENTS if env is None else (env,):
            self.overlays[name].added[notification.uit] = notification

    def add_event(self, uit: str, event: Event, env: str | None = None) -> None:
        """Add an event to a UIT in one environment, or in both."""
        for name in ENVIRONMENTS if env is None else (env,):
            self.overlays[name].events.setdefault(uit, []).append(event)

    def _of_carrier(
        self, cui: str, since: datetime, until: datetime, env: str
    ) -> Iterator[Notification]:
        for notification in self._generated(cui, since, until):
            yield self._with_events(notification, env)
        for notification in self.overlays[env].added.values():
            if notification.carrier == cui:
                yield self._with_events(notification, env)

    def _generated(self, cui: str, since: datetime, until: datetime) -> Iterator[Notification]:
        carrier = self.carriers.get(cui)
        if carrier is None:
            return
        for day in _days(local(since).date(), local(until).date()):
            for notification in notifications_of_day(self.seed, carrier, day):
                if since <= notification.declared_at <= until:
                    yield notification

    def _with_events(self, notification: Notification, env: str) -> Notification:
        more = self.overlays[env].events.get(notification.uit)
        if not more:
            return notification
        events = sorted((*notification.events, *more), key=lambda event: event.at)
        return replace(notification, events=tuple(events))


def _days(first: date, last: date) -> Iterator[date]:
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def is_deleted(notification: Notification, moment: datetime) -> bool:
    """Return whether the notification was deleted by ``moment``."""
    return any(event.kind == "deletion" and event.at <= moment for event in notification.events)


def latest(
    notification: Notification, moment: datetime, vehicle_lag: timedelta = timedelta()
) -> dict[str, object] | None:
    """Return the record with all that happened by ``moment``; None when not declared or deleted."""
    if notification.declared_at > moment or is_deleted(notification, moment):
        return None
    record = dict(notification.record)
    for event in notification.events:
        if event.kind == "correction" and event.at <= moment:
            record |= event.data
    changes = vehicle_changes(notification, moment - vehicle_lag)
    if changes:
        # Present only if there were changes; the initial plates stay (API text of 29.07.2024).
        record["modif_veh"] = [dict(event.data) for event in changes]
    return {name: value for name, value in record.items() if value is not None}


def vehicle_changes(notification: Notification, moment: datetime) -> list[Event]:
    """Return the vehicle changes that happened by ``moment``, in the order of their declaration."""
    return [
        event for event in notification.events if event.kind == "vehicle" and event.at <= moment
    ]


def record_at(
    notification: Notification, moment: datetime, vehicle_lag: timedelta = timedelta()
) -> dict[str, object] | None:
    """Return the ``info`` record at ``moment``, or None when it is not among the active ones.

    ``data_exp_uit`` is the first moment of being expired ("data incepand cu care UIT-ul este
    considerat expirat", API text of 29.07.2024), in Romanian time.
    """
    record = latest(notification, moment, vehicle_lag)
    if record is None:
        return None
    if record.get("data_exp_uit") is None:  # left out by who steers: shown until it is given
        return record
    expires = datetime.fromisoformat(str(record["data_exp_uit"]))
    return record if local(moment).replace(tzinfo=None) < expires else None
