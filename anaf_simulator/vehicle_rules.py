"""What ANAF's database may say of a vehicle change (``modifVehicul``) that is formally right.

Public are only the rule (guide p. 24: within the validity of the UIT, by the declarant or the
organizer) and the sentence for a UIT that is not known. The other sentences are the simulator's,
and so is the strictness where the texts are silent: README, "What nobody outside knows".
"""

import re
from collections.abc import Iterator
from datetime import datetime

from anaf_simulator.clock import local
from anaf_simulator.declaration import Declaration
from anaf_simulator.generator import Notification
from anaf_simulator.world import latest, record_at

EXPIRED = "UIT-ul nu mai este valabil."
BEFORE_DECLARATION = "Data modificarii vehiculului este anterioara declararii UIT-ului."
OUTSIDE_VALIDITY = "Data modificarii vehiculului nu este in perioada de valabilitate a UIT-ului."
WRONG_MOMENT = "Data modificarii vehiculului nu are formatul yyyy-mm-ddThh:mm:ss."
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)


def problems_of_change(
    declaration: Declaration, target: Notification, now: datetime
) -> Iterator[str]:
    """Return the errors of a change to the vehicle of ``target``, which its author may change."""
    moment = _moment(declaration)
    if moment is None:
        yield WRONG_MOMENT
        return
    if record_at(target, now) is None:
        yield EXPIRED
        return
    if moment < local(target.declared_at).replace(microsecond=0, tzinfo=None):
        yield BEFORE_DECLARATION
    elif not _is_valid_at(target, moment, now):
        yield OUTSIDE_VALIDITY


def _moment(declaration: Declaration) -> datetime | None:
    """Return the naive moment. BR-203 is not anchored and lets zones and fractions pass; what ANAF
    does with them is not known, so nobody may count on them here."""
    text = declaration.body.need("dataModificare")
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # the schema knows 24:00:00
        return None


def _is_valid_at(target: Notification, moment: datetime, now: datetime) -> bool:
    """Return whether the UIT is valid. Validity begins with the declared day of transport and ends
    at ``data_exp_uit`` (guide p. 11, API text)."""
    record = latest(target, now) or {}
    first, end = record.get("data_transp"), record.get("data_exp_uit")
    return not (
        (first and moment < datetime.fromisoformat(str(first)))
        or (end and moment >= datetime.fromisoformat(str(end)))
    )


def is_repeated(declaration: Declaration, target: Notification) -> bool:
    """Return whether the same vehicle was declared for the same moment before, its processing over
    or not."""
    if declaration.kind != "MVH":
        return False
    wanted = tuple(
        declaration.body.get(name)
        for name in ("dataModificare", "nrVehicul", "nrRemorca1", "nrRemorca2")
    )
    return any(
        event.kind == "vehicle"
        and wanted
        == tuple(
            event.data.get(name) for name in ("data_modif_veh", "nr_veh", "nr_rem1", "nr_rem2")
        )
        for event in target.events
    )
