"""Whether one vehicle may do two transports that overlap, or they go in different directions. Pure.

Only counties and days are known of a UIT, so the answer is cautious: it says „no” where a driver
could hardly do both.
"""

import math
from dataclasses import dataclass
from datetime import date
from itertools import combinations

# The county seats, in degrees (north, east).
SEATS = {
    "AB": (46.07, 23.58),
    "AG": (44.86, 24.87),
    "AR": (46.17, 21.32),
    "B": (44.43, 26.10),
    "BC": (46.57, 26.91),
    "BH": (47.06, 21.92),
    "BN": (47.13, 24.50),
    "BR": (45.27, 27.97),
    "BT": (47.74, 26.66),
    "BV": (45.65, 25.60),
    "BZ": (45.15, 26.82),
    "CJ": (46.77, 23.60),
    "CL": (44.20, 27.33),
    "CS": (45.30, 21.89),
    "CT": (44.17, 28.63),
    "CV": (45.87, 25.79),
    "DB": (44.93, 25.46),
    "DJ": (44.32, 23.80),
    "GJ": (45.04, 23.27),
    "GL": (45.44, 28.05),
    "GR": (43.90, 25.97),
    "HD": (45.88, 22.90),
    "HR": (46.36, 25.80),
    "IF": (44.43, 26.10),
    "IL": (44.56, 27.37),
    "IS": (47.16, 27.59),
    "MH": (44.63, 22.66),
    "MM": (47.66, 23.58),
    "MS": (46.54, 24.56),
    "NT": (46.93, 26.37),
    "OT": (44.43, 24.36),
    "PH": (44.94, 26.02),
    "SB": (45.79, 24.15),
    "SJ": (47.19, 23.06),
    "SM": (47.79, 22.89),
    "SV": (47.65, 26.26),
    "TL": (45.18, 28.80),
    "TM": (45.75, 21.23),
    "TR": (43.97, 25.33),
    "VL": (45.10, 24.37),
    "VN": (45.70, 27.18),
    "VS": (46.64, 27.73),
}
_KM_NORTH = 111.3
_KM_EAST = 77.5  # a degree at 45.9° north
# So near that all of it is one day's work, in kilometres as the crow flies.
NEAR = 150.0
# Loading or unloading on the way bends a road by less than this, in degrees.
BEND = 60.0

type Point = tuple[float, float]


@dataclass(frozen=True, slots=True, order=True)
class Trip:
    """A UIT's days and counties („CJ”; "" where unknown). `until` is the first expired day."""

    starts: date
    until: date
    start: str
    end: str


def are_in_conflict(first_trip: Trip, other: Trip) -> bool:
    """Return whether two transports overlap in their validity and go in different directions.

    No clash: all of it lies near together; the later one leaves, on a later day, from where the
    earlier one arrives (the way back, the next leg); a county is unknown.
    """
    if not (first_trip.starts < other.until and other.starts < first_trip.until):
        return False
    places = [
        SEATS.get(county) for trip in (first_trip, other) for county in (trip.start, trip.end)
    ]
    points = [_point(seat) for seat in places if seat is not None]
    if len(points) < len(places) or _largest_distance(points) <= NEAR:
        return False
    first, second = sorted((first_trip, other), key=lambda trip: trip.starts)
    if first.starts < second.starts and SEATS[first.end] == SEATS[second.start]:
        return False
    return _directions_differ((points[0], points[1]), (points[2], points[3]))


def _point(seat: tuple[float, float]) -> Point:
    north, east = seat
    return east * _KM_EAST, north * _KM_NORTH


def _largest_distance(points: list[Point]) -> float:
    return max(math.dist(point, other) for point, other in combinations(points, 2))


def _directions_differ(first: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Return whether ways part by more than a bend; a transport inside one county off the other's
    way."""
    if first[0] == first[1]:
        return _distance_from_route(first[0], other) > NEAR
    if other[0] == other[1]:
        return _distance_from_route(other[0], first) > NEAR
    turn = math.degrees(_angle(first) - _angle(other)) % 360
    return min(turn, 360 - turn) > BEND


def _angle(way: tuple[Point, Point]) -> float:
    (x0, y0), (x1, y1) = way
    return math.atan2(y1 - y0, x1 - x0)


def _distance_from_route(point: Point, way: tuple[Point, Point]) -> float:
    """Return how far a point lies from a straight way, in kilometres."""
    (x0, y0), (x1, y1) = way
    length = math.dist(*way)
    if not length:
        return math.dist(point, way[0])
    along = ((point[0] - x0) * (x1 - x0) + (point[1] - y0) * (y1 - y0)) / length**2
    along = min(max(along, 0.0), 1.0)
    return math.dist(point, (x0 + along * (x1 - x0), y0 + along * (y1 - y0)))
