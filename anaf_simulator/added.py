"""Notifications and changes made by control calls rather than by the generator."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from anaf_simulator.clock import local
from anaf_simulator.codes import is_uit
from anaf_simulator.generator import Notification, compose, validity_fields
from anaf_simulator.loads import random_line, random_load
from anaf_simulator.people import Carrier, Company
from anaf_simulator.world import World

RECORD_FIELDS = frozenset(
    {
        "id", "uit", "cod_decl", "den_decl", "ref_decl", "data_transp", "data_exp_uit", "tr_cod",
        "tr_den", "nr_veh", "nr_rem1", "nr_rem2", "modif_veh", "loc_start", "loc_final",
        "documente",
    }
)  # fmt: skip


def carrier_for(world: World, cui: str) -> Carrier:
    """Return the carrier ``cui``, or an unknown one for whom nothing is generated."""
    known = world.carriers.get(cui)
    return known or Carrier(Company(cui, f"TRANSPORTATOR {cui} SRL"), 0, 3)


def new_notification(
    world: World, cui: str, now: datetime, fields: Mapping[str, object]
) -> Notification:
    """Make a notification declared now for ``cui``. ``fields``: fields of the ``info`` record (null
    leaves one out), ``operation`` (tip_op, "30"); ``data_transp`` may be a bare date. Raises
    ValueError."""
    operation = str(fields.get("operation", "30"))
    transport = _day(fields.get("data_transp"), local(now).date())
    rng = world.random_source()
    carrier = carrier_for(world, cui)
    load = random_load(rng, carrier, random_line(rng, world.seed, carrier, operation))
    drafted = compose(rng, carrier, now, transport, operation, load)
    changes = record_changes(fields, operation)
    uit = str(changes.get("uit") or drafted.uit)
    if not is_uit(uit):
        raise ValueError(f"{uit} is no UIT: pattern or check digits are wrong")
    record = {**drafted.record, **validity_fields(transport, operation), **changes, "uit": uit}
    declarant = str(record.get("cod_decl") or drafted.declarant)
    return replace(drafted, uit=uit, declarant=declarant, record=record)


def record_changes(fields: Mapping[str, object], operation: str) -> dict[str, object]:
    """Return the fields of the record among ``fields``; a changed date moves the validity with
    it."""
    unknown = set(fields) - RECORD_FIELDS - {"cui", "operation", "env"}
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(sorted(unknown))}")
    changes = {name: value for name, value in fields.items() if name in RECORD_FIELDS}
    if changes.get("data_transp"):
        moved = validity_fields(_day(changes["data_transp"], date.min), operation)
        changes = {**moved, **{k: v for k, v in changes.items() if k != "data_transp"}}
    return changes


def _day(value: object, default: date) -> date:
    return date.fromisoformat(str(value)[:10]) if value else default
