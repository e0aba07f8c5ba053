"""Which lorry carries what, and where: each line is a road that some lorries of a carrier serve.

A lorry never leaves its line, so its UITs, which are valid for days, go in one direction or are
the way back of one another. Only a wrong plate, which is declared now and then, breaks that.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import cycle, islice
from typing import Literal

from anaf_simulator import places
from anaf_simulator.people import Carrier

type LineKind = Literal["border", "domestic", "groupage"]

# The home of a line by the vehicle codes of counties, and where it goes: the stops of groupage lie
# one behind another, so that one lorry serves them in a day.
_ROADS: Mapping[LineKind, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "border": (
        ("AG", ("AR",)), ("SB", ("BH",)), ("PH", ("GR",)), ("BC", ("IS",)), ("HD", ("TM",)),
        ("DB", ("DJ",)), ("CJ", ("SM",)), ("IF", ("CT",)), ("NT", ("SV",)), ("BV", ("GL",)),
    ),
    "domestic": (
        ("PH", ("CJ",)), ("CT", ("BV",)), ("DJ", ("SB",)), ("AG", ("TM",)), ("GL", ("PH",)),
        ("IF", ("SV",)), ("BZ", ("HD",)), ("OT", ("MS",)), ("IS", ("BV",)),
    ),
    "groupage": (
        ("IF", ("PH", "BV", "SB", "MS", "AB", "CJ")),
        ("IF", ("BZ", "VN", "BC", "NT", "VS", "IS", "SV")),
        ("TM", ("HD", "SB", "AB", "VL", "AG", "BV")),
        ("IF", ("IL", "CL", "CT", "BR", "TL")),
    ),
}  # fmt: skip
_KINDS: tuple[LineKind, ...] = ("border", "domestic", "groupage")
_LORRIES_PER_LINE = 3
"""At least, unless the carrier has fewer."""

INWARD = {"10": 20, "40": 5, "60": 2, "12": 2}
OUTWARD = {"20": 12, "50": 5, "24": 2}
"""How often each operation across the border occurs, by direction."""
CUSTOMS_OPERATIONS = frozenset({"40", "50"})


@dataclass(frozen=True, slots=True)
class Line:
    """A road of a carrier, with the tractors and trailers that serve it."""

    kind: LineKind
    home: str
    stops: tuple[str, ...]
    tractors: tuple[str, ...]
    trailers: tuple[str, ...]

    def is_outward(self, transport: date) -> bool:
        """Return whether its lorries go away from home on this day: groupage always does, the
        others come back every other day."""
        return self.kind == "groupage" or transport.toordinal() % 2 == 0

    def random_places(
        self, rng: random.Random, operation: str, transport: date
    ) -> dict[str, object]:
        """Draw start and end: which kinds an operation allows follows BR-212, BR-213 and
        BR-046."""
        outward = operation not in INWARD and self.is_outward(transport)
        home, stop = places.random_address(rng, self.home), rng.choice(self.stops)
        if operation in CUSTOMS_OPERATIONS:
            away = places.random_customs(rng, stop)
        elif operation in INWARD or operation in OUTWARD:
            away = places.random_border(rng, stop)
        else:
            away = places.random_address(rng, stop)
        if outward or operation in OUTWARD:
            return {"loc_start": home, "loc_final": away}
        return {"loc_start": away, "loc_final": home}


@dataclass(frozen=True, slots=True)
class Load:
    """What one lorry carries on a day: its line, its plates, and how far ahead it is declared."""

    line: Line
    vehicles: Mapping[str, object]
    lead_days: int
    is_groupage: bool = False


@lru_cache(maxsize=64)
def lines_of(seed: int, cui: str, size: int, *, domestic: bool) -> tuple[Line, ...]:
    """Return the lines of a carrier with ``size`` tractors, and as many trailers."""
    rng = random.Random(f"fleet/{seed}/{cui}")  # noqa: S311 - reproducible on purpose
    tractors = [places.random_plate(rng) for _ in range(size)]
    trailers = [places.random_plate(rng) for _ in range(size)]
    number = max(1, size // _LORRIES_PER_LINE)
    kinds = ["domestic"] * number if domestic else list(islice(cycle(_KINDS), number))
    roads = {kind: cycle(rng.sample(known, len(known))) for kind, known in _ROADS.items()}
    return tuple(
        Line(kind, *next(roads[kind]), tuple(tractors[at::number]), tuple(trailers[at::number]))  # type: ignore[index,arg-type]
        for at, kind in enumerate(kinds)
    )


def lines(seed: int, carrier: Carrier) -> tuple[Line, ...]:
    """Return the lines of a carrier."""
    return lines_of(seed, carrier.company.cui, carrier.fleet, domestic=not carrier.amended)


def loads_of_day(seed: int, carrier: Carrier, day: date, number: int) -> list[Load]:
    """Return the load of each of the ``number`` notifications that are declared on ``day``."""
    rng = random.Random(f"loads/{seed}/{carrier.company.cui}/{day.isoformat()}")  # noqa: S311
    loads: list[Load] = []
    own = lines(seed, carrier)
    while (left := number - len(loads)) > 0:
        size = _groupage_size(rng, left) if any(line.kind == "groupage" for line in own) else 1
        wanted = [line for line in own if (line.kind == "groupage") == (size > 1)]
        # Now and then the last declarant of a day names a lorry that may be at work elsewhere.
        is_wrong = left == 1 and day.toordinal() % 2 == 0
        others = tuple(line for line in own if line.kind == "groupage") if is_wrong else ()
        loads += [random_load(rng, carrier, rng.choice(wanted), others)] * size
    return loads


def _groupage_size(rng: random.Random, left: int) -> int:
    """Draw how many of a day's notifications are for one lorry: what many declare, one carries."""
    if left > 10:
        return left
    if left > 6:
        return left - 3
    return 3 if left > 3 and rng.random() < 0.5 else 1


def random_load(
    rng: random.Random, carrier: Carrier, line: Line, others: tuple[Line, ...] = ()
) -> Load:
    """Draw the lorry of a load on a line, and its trailer: mostly the usual one. With ``others`` it
    is a lorry of any of those lines."""
    served_by = rng.choice(others or (line,))
    at = rng.randrange(len(served_by.tractors))
    is_groupage = line.kind == "groupage"
    is_foreign = rng.random() < 0.06 and not is_groupage
    plate = places.random_foreign_plate(rng) if is_foreign else served_by.tractors[at]
    vehicles: dict[str, object] = {"nr_veh": plate}
    if rng.random() < 0.8 or is_groupage:
        usual = line.trailers[at] if rng.random() < 0.8 and not others else None
        vehicles["nr_rem1"] = usual or rng.choice(line.trailers)
        second = [trailer for trailer in line.trailers if trailer != vehicles["nr_rem1"]]
        if second and rng.random() < 0.1:
            vehicles["nr_rem2"] = rng.choice(second)
    if not carrier.amended:
        return Load(line, vehicles, rng.choice((1, 2)))
    # At most three days ahead (guide p. 11).
    lead_days = rng.choices((0, 1, 2, 3), (45, 35, 12, 8))[0]
    return Load(line, vehicles, 1 if is_groupage else lead_days, is_groupage)


def random_operation(rng: random.Random, line: Line, transport: date) -> str:
    """Draw what is declared on a line on a day: across the border only one way a day."""
    if line.kind != "border":
        return "30"
    weights = OUTWARD if line.is_outward(transport) else INWARD
    return rng.choices(list(weights), list(weights.values()))[0]


def random_line(rng: random.Random, seed: int, carrier: Carrier, operation: str) -> Line:
    """Draw a line for what a call declares: one on which the operation occurs."""
    is_abroad = operation in INWARD or operation in OUTWARD
    own = lines(seed, carrier)
    fitting = [line for line in own if (line.kind == "border") == is_abroad]
    if fitting:
        return rng.choice(fitting)
    kind: LineKind = "border" if is_abroad else "domestic"
    home, stops = rng.choice(_ROADS[kind])
    return Line(kind, home, stops, own[0].tractors, own[0].trailers)
