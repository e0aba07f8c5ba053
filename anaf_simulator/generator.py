"""The notifications declared on a day for a carrier: a pure function of seed, carrier and day.

Nothing here looks at a clock. Each notification carries the whole of its later life as dated
events, so the state at any moment follows from the moment alone, in any order and after restarts.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from anaf_simulator import places
from anaf_simulator.clock import at_local, iso_day, iso_second, local
from anaf_simulator.codes import make_uit
from anaf_simulator.documents import random_documents
from anaf_simulator.loads import Line, Load, loads_of_day, random_operation
from anaf_simulator.people import (
    CARRIERS,
    DECLARANTS,
    FOREIGN_PARTNERS,
    OUTER_PARTNERS,
    Carrier,
)

type EventKind = Literal["correction", "vehicle", "deletion", "confirmation"]

LONG_OPERATIONS = frozenset({"10", "12", "14", "22", "24", "60"})
"""Valid 15 days: intra-EU acquisitions and art. 2 pct. 9 lit. g), j) (guide p. 11, note 10)."""

_WEEK = (12, 5, 6, 9, 6, 3, 2)
"""How a busy carrier's week is spread from Monday on: groupage leaves on Tuesdays and Fridays."""
_BUSY = 4.0
"""A day: with so many its declarants keep to the days of the week."""
_FIRST_SECOND, _LAST_SECOND = 5 * 3600 + 1800, 20 * 3600 + 1800
"""Declarants work from 05:30 to 20:30 Romanian time."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that befell a notification at a moment (UTC).

    ``data``: for a correction the changed fields of the ``info`` record, for a vehicle change one
    item of ``modif_veh``, for a confirmation the object ``confirmare`` of ``lista``. ``details``:
    what only ``lista`` shows of a vehicle change.
    """

    at: datetime
    kind: EventKind
    data: Mapping[str, object] = field(default_factory=dict)
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notification:
    """A declared transport: the record at the moment of declaration (UTC) and its later events."""

    uit: str
    carrier: str
    declarant: str
    declared_at: datetime
    operation: str
    record: Mapping[str, object]
    details: Mapping[str, object]
    """What only ``lista`` shows: partner, totals, load index."""
    events: tuple[Event, ...] = ()


def validity_days(operation: str) -> int:
    """Count the days of validity, the transport date included (guide p. 11)."""
    return 15 if operation in LONG_OPERATIONS else 5


def validity_fields(transport: date, operation: str) -> dict[str, object]:
    """Return ``data_transp`` and ``data_exp_uit``: the first day on which the UIT counts as
    expired."""
    return {
        "data_transp": iso_day(transport),
        "data_exp_uit": iso_day(transport + timedelta(days=validity_days(operation))),
    }


def count_on(day: date, per_day: float) -> int:
    """Count what is declared on ``day``: evenly spread, so small carriers never run dry."""
    return math.floor(_declared_until(day, per_day)) - math.floor(
        _declared_until(day - timedelta(days=1), per_day)
    )


def _declared_until(day: date, per_day: float) -> float:
    """Return how much was declared up to the end of ``day``, since the first Monday there was."""
    if per_day < _BUSY:
        return day.toordinal() * per_day
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return per_day * 7 * (weeks + sum(_WEEK[: weekday + 1]) / sum(_WEEK))


@lru_cache(maxsize=16_384)
def notifications_of_day(seed: int, carrier: Carrier, day: date) -> tuple[Notification, ...]:
    """List everything declared on ``day`` (Romanian) for ``carrier``."""
    loads = loads_of_day(seed, carrier, day, count_on(day, carrier.per_day))
    return tuple(_notification(seed, carrier, day, index, load) for index, load in enumerate(loads))


def _notification(seed: int, carrier: Carrier, day: date, index: int, load: Load) -> Notification:
    cui = carrier.company.cui
    rng = random.Random(f"uit/{seed}/{cui}/{day.isoformat()}/{index}")  # noqa: S311
    declared_at = at_local(day, rng.randint(_FIRST_SECOND, _LAST_SECOND))
    transport = day + timedelta(days=load.lead_days)
    operation = random_operation(rng, load.line, transport)
    drafted = compose(rng, carrier, declared_at, transport, operation, load)
    events = _events(rng, carrier, drafted, transport, load)
    return replace(drafted, events=tuple(events))


def compose(
    rng: random.Random,
    carrier: Carrier,
    declared_at: datetime,
    transport: date,
    operation: str,
    load: Load,
) -> Notification:
    """Make a notification without later events; ``transport`` is the declared date."""
    uit, declarant = make_uit(rng), rng.choice(DECLARANTS)
    record: dict[str, object] = {
        "id": int(declared_at.timestamp()) % 10**8 * 10 + rng.randrange(10),
        "uit": uit,
        # The swagger shows a JSON number here and a string in tr_cod.
        "cod_decl": int(declarant.cui),
        "den_decl": declarant.name,
        **validity_fields(transport, operation),
        "tr_cod": carrier.company.cui,
        "tr_den": carrier.company.name,
        **load.vehicles,
        **load.line.random_places(rng, operation, transport),
        "documente": random_documents(rng, transport),
    }
    reference = _reference(rng)
    if reference is not None:
        record["ref_decl"] = reference
    details = _details(rng, operation, record)
    return Notification(
        uit, carrier.company.cui, declarant.cui, declared_at, operation, record, details
    )


def _reference(rng: random.Random) -> object | None:
    """Draw a ``ref_decl``, which is optional; now and then a number where a string is promised."""
    serial = rng.randint(10_000, 99_999)
    return rng.choices(
        (f"CMD-{serial}", f"AVZ {serial}/2", f"ȘL{serial}", serial, None),
        (35, 15, 10, 10, 30),
    )[0]


def _details(rng: random.Random, operation: str, record: Mapping[str, object]) -> dict[str, object]:
    if operation == "30":
        partner = rng.choice(DECLARANTS)
        country, code, name = "RO", partner.cui, partner.name
    else:
        pool = OUTER_PARTNERS if operation in {"40", "50"} else FOREIGN_PARTNERS
        country, code, name = rng.choice(pool)  # type: ignore[assignment]
    net = rng.randint(600, 23_000)
    details: dict[str, object] = {
        "sursa": rng.choice("AAI"),
        "id_incarcare": str(5_000_000_000 + int(str(record["id"]))),
        "tip_op": operation,
        "pc_tara": country,
        "pc_den": name,
        "nr_linii": rng.randint(1, 6),
        "gr_tot_neta": net,
        "gr_tot_bruta": round(net * 1.04, 2),
        "val_tot": rng.randint(10_000, 400_000),
    }
    if code is not None:
        details["pc_cod"] = code
    return details


def _events(
    rng: random.Random, carrier: Carrier, drafted: Notification, transport: date, load: Load
) -> list[Event]:
    """Draw the later life: corrections and deletion before departure, vehicle changes after it."""
    if not carrier.amended:
        return []
    declared_at = drafted.declared_at
    departure = max(declared_at, at_local(transport, rng.randint(6 * 3600, 18 * 3600)))
    before = (departure - declared_at) / 2
    events: list[Event] = []
    # After departure only the vehicle may change (guide p. 24).
    if rng.random() < 0.28 and before > timedelta(minutes=10):
        at = declared_at + before * rng.random()
        events.append(Event(at, "correction", _correction(rng, drafted, transport, load)))
    if rng.random() < 0.07 and before > timedelta(minutes=10):
        events.append(Event(departure - before * rng.random(), "deletion"))
    elif rng.random() < 0.14 and not load.is_groupage:
        at = departure + timedelta(seconds=rng.randint(3600, 40 * 3600))
        change = vehicle_change(rng, carrier, drafted.declarant, at, load.line)
        events.append(Event(at, "vehicle", change))
    return events


def _correction(
    rng: random.Random, drafted: Notification, transport: date, load: Load
) -> dict[str, object]:
    record, operation, line = drafted.record, drafted.operation, load.line
    # Two days later: its lorry then goes the same way. At most three days ahead of the declaration.
    ahead = transport - local(drafted.declared_at).date()
    # A whole load of groupage is never spread over several lorries.
    weights = (0 if load.is_groupage else 50, 15, 25 if ahead.days < 2 else 0, 10)
    kind = rng.choices(("plate", "trailer", "date", "place"), weights)[0]
    if kind == "plate":
        return {"nr_veh": _another(rng, line.tractors, record["nr_veh"])}
    if kind == "trailer" and not load.is_groupage:
        return {"nr_rem1": _another(rng, line.trailers, record.get("nr_rem1"))}
    if kind == "date":
        return validity_fields(transport + timedelta(days=2), operation)
    side = "loc_final" if operation in {"10", "12", "30", "40", "60"} else "loc_start"
    county = str(record[side]["judet"])  # type: ignore[index]
    return {side: places.random_address(rng, county)}


def _another(rng: random.Random, plates: tuple[str, ...], declared: object) -> str:
    return rng.choice([plate for plate in plates if plate != declared] or plates)


def vehicle_change(
    rng: random.Random, carrier: Carrier, declarant: str, at: datetime, line: Line
) -> dict[str, object]:
    """Draw an item of ``modif_veh``: declared by the declarant or by the carrier itself."""
    by_carrier = rng.random() < 0.6
    item: dict[str, object] = {
        "data_modif_veh": iso_second(at + timedelta(minutes=rng.randint(5, 50))),
        "nr_veh": rng.choice(line.tractors),
        "cod_decl": carrier.company.cui if by_carrier else int(declarant),
        "data_decl": iso_second(at),
    }
    if rng.random() < 0.8:
        item["nr_rem1"] = rng.choice(line.trailers)
    if rng.random() < 0.7:
        item["obs"] = rng.choice(("defecțiune cap tractor", "schimb de șofer și remorcă", "pană"))
    if rng.random() < 0.3:
        item["ref_decl"] = f"MV-{rng.randint(100, 999)}"
    return item


def known_carriers() -> dict[str, Carrier]:
    """Copy the carriers the world starts with, by fiscal code."""
    return dict(CARRIERS)
