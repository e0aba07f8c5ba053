"""Which problems the open UITs of a company have, beside its fleet. Pure: no clock, no rows.

No fleet entered (no vehicle in use): no alarms. A UIT without a plate has none of these problems.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from caraus.fleet.directions import Trip, clash

type Place = Literal["plate", "trailer1", "trailer2"]
PLACES: tuple[Place, ...] = ("plate", "trailer1", "trailer2")
# A plate that stands on more different transports than this is no vehicle but a filler; each is
# compared with so many only.
MOST_TRIPS = 200


class Code(StrEnum):
    """What is wrong, the worst first."""

    TRAILER_AS_VEHICLE = "trailer_as_vehicle"
    VEHICLE_AS_TRAILER = "vehicle_as_trailer"
    NOT_IN_FLEET = "not_in_fleet"
    RETIRED = "retired"
    TWO_DIRECTIONS = "two_directions"


@dataclass(frozen=True, slots=True)
class Uit:
    """An open UIT: normalized plates of the vehicle and both trailers now, "" where none."""

    pk: int
    plates: tuple[str, str, str]
    trip: Trip


@dataclass(frozen=True, slots=True)
class Listed:
    """What the fleet says of a plate."""

    is_trailer: bool
    active: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """One problem of one UIT. `other` is the UIT that it clashes with, for TWO_DIRECTIONS."""

    uit: int
    code: Code
    place: Place
    plate: str
    other: int | None = None


def decide(uits: Iterable[Uit], fleet: Mapping[str, Listed]) -> frozenset[Found]:
    """All problems of these UITs, which are all of the company's that are open."""
    if not any(listed.active for listed in fleet.values()):
        return frozenset()
    uits = list(uits)
    return frozenset((*_beside_the_fleet(uits, fleet), *_two_directions(uits)))


def _beside_the_fleet(uits: Sequence[Uit], fleet: Mapping[str, Listed]) -> Iterator[Found]:
    for uit in uits:
        for place, plate in zip(PLACES, uit.plates, strict=True):
            if plate and (code := _code(place, fleet.get(plate))):
                yield Found(uit.pk, code, place, plate)


def _code(place: Place, listed: Listed | None) -> Code | None:
    if listed is None:
        return Code.NOT_IN_FLEET
    if place == "plate" and listed.is_trailer:
        return Code.TRAILER_AS_VEHICLE
    if place != "plate" and not listed.is_trailer:
        return Code.VEHICLE_AS_TRAILER
    return None if listed.active else Code.RETIRED


def _two_directions(uits: Sequence[Uit]) -> Iterator[Found]:
    """Each UIT with the first one, by day, that its plate can't serve as well."""
    by_plate: defaultdict[str, dict[Trip, int]] = defaultdict(dict)
    for uit in uits:
        for plate in filter(None, uit.plates):
            trips = by_plate[plate]
            trips[uit.trip] = min(uit.pk, trips.get(uit.trip, uit.pk))
    clashes = {plate: _clashes(trips) for plate, trips in by_plate.items() if len(trips) > 1}
    for uit in uits:
        told: set[str] = set()
        for place, plate in zip(PLACES, uit.plates, strict=True):
            other = clashes.get(plate, {}).get(uit.trip)
            if other is not None and plate not in told:
                told.add(plate)
                yield Found(uit.pk, Code.TWO_DIRECTIONS, place, plate, other)


def _clashes(trips: Mapping[Trip, int]) -> dict[Trip, int]:
    compared = sorted(trips)[:MOST_TRIPS]
    found = {}
    for trip in trips:
        against = next((other for other in compared if clash(trip, other)), None)
        if against is not None:
            found[trip] = trips[against]
    return found
