"""Which issues the open UITs of a company have, beside its fleet. Pure: no clock, no rows.

No fleet entered (no vehicle in use): no alarms. A UIT without a plate has none of these issues.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from caraus.fleet.trips import Trip, are_in_conflict
from caraus.transports.reconcile import PLATE_FIELDS, PlateField

# A plate that stands on more different transports than this is no vehicle but a filler; each is
# compared with so many only.
MAX_TRIPS = 200


class IssueCode(StrEnum):
    """What is wrong, the worst first."""

    TRAILER_AS_VEHICLE = "trailer_as_vehicle"
    VEHICLE_AS_TRAILER = "vehicle_as_trailer"
    NOT_IN_FLEET = "not_in_fleet"
    RETIRED = "retired"
    TWO_DIRECTIONS = "two_directions"


@dataclass(frozen=True, slots=True)
class OpenTransport:
    """An open UIT: normalized plates of the vehicle and both trailers now, "" where none."""

    pk: int
    plates: tuple[str, str, str]
    trip: Trip


@dataclass(frozen=True, slots=True)
class ListedVehicle:
    """What the fleet says of a plate."""

    is_trailer: bool
    active: bool = True


@dataclass(frozen=True, slots=True)
class PlateIssue:
    """One issue of one UIT. `other` is the UIT that it clashes with, for TWO_DIRECTIONS."""

    uit: int
    code: IssueCode
    plate_field: PlateField
    plate: str
    other: int | None = None


def find_issues(
    uits: Iterable[OpenTransport], fleet: Mapping[str, ListedVehicle]
) -> frozenset[PlateIssue]:
    """Find all issues of these UITs, which are all of the company's that are open."""
    if not any(listed.active for listed in fleet.values()):
        return frozenset()
    uits = list(uits)
    return frozenset((*_fleet_issues(uits, fleet), *_two_directions(uits)))


def _fleet_issues(
    uits: Sequence[OpenTransport], fleet: Mapping[str, ListedVehicle]
) -> Iterator[PlateIssue]:
    for uit in uits:
        for plate_field, plate in zip(PLATE_FIELDS, uit.plates, strict=True):
            if plate and (code := _code(plate_field, fleet.get(plate))):
                yield PlateIssue(uit.pk, code, plate_field, plate)


def _code(plate_field: PlateField, listed: ListedVehicle | None) -> IssueCode | None:
    if listed is None:
        return IssueCode.NOT_IN_FLEET
    if plate_field == "plate" and listed.is_trailer:
        return IssueCode.TRAILER_AS_VEHICLE
    if plate_field != "plate" and not listed.is_trailer:
        return IssueCode.VEHICLE_AS_TRAILER
    return None if listed.active else IssueCode.RETIRED


def _two_directions(uits: Sequence[OpenTransport]) -> Iterator[PlateIssue]:
    """Pair each UIT with the first one, by day, that its plate can't serve as well."""
    by_plate: defaultdict[str, dict[Trip, int]] = defaultdict(dict)
    for uit in uits:
        for plate in filter(None, uit.plates):
            trips = by_plate[plate]
            trips[uit.trip] = min(uit.pk, trips.get(uit.trip, uit.pk))
    clashes = {plate: _conflicts(trips) for plate, trips in by_plate.items() if len(trips) > 1}
    for uit in uits:
        reported: set[str] = set()
        for plate_field, plate in zip(PLATE_FIELDS, uit.plates, strict=True):
            other = clashes.get(plate, {}).get(uit.trip)
            if other is not None and plate not in reported:
                reported.add(plate)
                yield PlateIssue(uit.pk, IssueCode.TWO_DIRECTIONS, plate_field, plate, other)


def _conflicts(trips: Mapping[Trip, int]) -> dict[Trip, int]:
    compared = sorted(trips)[:MAX_TRIPS]
    conflicts = {}
    for trip in trips:
        against = next((other for other in compared if are_in_conflict(trip, other)), None)
        if against is not None:
            conflicts[trip] = trips[against]
    return conflicts
