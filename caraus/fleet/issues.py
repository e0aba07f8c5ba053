"""Which issues the open UITs of a company have, beside its fleet. Pure: no clock, no rows.

No fleet entered (no vehicle in use): no alarms. A UIT without a plate has none of these issues.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from caraus.fleet.trips import Trip, are_in_conflict

type Place = Literal["plate", "trailer1", "trailer2"]
PLACES: tuple[Place, ...] = ("plate", "trailer1", "trailer2")
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
    place: Place
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
        for place, plate in zip(PLACES, uit.plates, strict=True):
            if plate and (code := _code(place, fleet.get(plate))):
                yield PlateIssue(uit.pk, code, place, plate)


def _code(place: Place, listed: ListedVehicle | None) -> IssueCode | None:
    if listed is None:
        return IssueCode.NOT_IN_FLEET
    if place == "plate" and listed.is_trailer:
        return IssueCode.TRAILER_AS_VEHICLE
    if place != "plate" and not listed.is_trailer:
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
        for place, plate in zip(PLACES, uit.plates, strict=True):
            other = clashes.get(plate, {}).get(uit.trip)
            if other is not None and plate not in reported:
                reported.add(plate)
                yield PlateIssue(uit.pk, IssueCode.TWO_DIRECTIONS, place, plate, other)


def _conflicts(trips: Mapping[Trip, int]) -> dict[Trip, int]:
    compared = sorted(trips)[:MAX_TRIPS]
    conflicts = {}
    for trip in trips:
        against = next((other for other in compared if are_in_conflict(trip, other)), None)
        if against is not None:
            conflicts[trip] = trips[against]
    return conflicts
