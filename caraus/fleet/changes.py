"""What can be done with a fleet, each with its line in the audit log and the issues after it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log
from caraus.accounts.models import Company, Membership
from caraus.core.formatting import join_first, plural
from caraus.fleet.issue_store import changing_fleet
from caraus.fleet.models import Vehicle, VehicleKind

# So many plates are named in the audit log's sentence; all stand in its details.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class VehicleEntry:
    """A vehicle as it is to stand in the fleet; `plate` is normalized."""

    plate: str
    kind: VehicleKind
    note: str = ""
    active: bool = True
    driver: str = ""
    phone: str = ""


# What of a vehicle may change while its plate stays.
_FIELDS = ("kind", "note", "active", "driver", "phone")


def save_vehicles(
    actor: Membership, company: Company, entries: Sequence[VehicleEntry]
) -> tuple[list[Vehicle], list[Vehicle]]:
    """Add those that are new and change those that are there: the added, and the changed.

    A plate that stands twice among the entries counts as it stands last.
    """
    by_plate = {entry.plate: entry for entry in entries}
    with changing_fleet(company):
        existing = {
            vehicle.plate: vehicle
            for vehicle in Vehicle.objects.filter(company=company, plate__in=by_plate)
        }
        changed = [
            vehicle for vehicle in existing.values() if _assign(vehicle, by_plate[vehicle.plate])
        ]
        for vehicle in changed:
            vehicle.fold_search_text()  # as `save` does, and `bulk_update` does not
        Vehicle.objects.bulk_update(changed, [*_FIELDS, "search_text"], batch_size=500)
        new = Vehicle.objects.bulk_create(
            (
                Vehicle(company=company, **asdict(entry))
                for entry in by_plate.values()
                if entry.plate not in existing
            ),
            batch_size=500,
        )
        if new:
            _record(
                actor,
                company,
                gettext_noop("A adăugat în flotă"),
                [vehicle.plate for vehicle in new],
            )
        if changed:
            _record(
                actor,
                company,
                gettext_noop("A schimbat în flotă"),
                [vehicle.plate for vehicle in changed],
            )
    return new, changed


def _assign(vehicle: Vehicle, entry: VehicleEntry) -> bool:
    """Bring the vehicle to the entry; whether that changes anything but the plate."""
    changed = [name for name in _FIELDS if getattr(vehicle, name) != getattr(entry, name)]
    for name in changed:
        setattr(vehicle, name, getattr(entry, name))
    return bool(changed)


def update_vehicle(actor: Membership, vehicle: Vehicle, entry: VehicleEntry) -> None:
    """Change plate, kind or note. Raises IntegrityError when the plate is in the fleet already."""
    old = vehicle.plate
    with changing_fleet(vehicle.company):
        changed = _assign(vehicle, entry) or old != entry.plate
        vehicle.plate = entry.plate
        vehicle.save()
        if changed:
            named = [old] if old == entry.plate else [f"{old} (acum {entry.plate})"]
            _record(actor, vehicle.company, gettext_noop("A schimbat în flotă"), named)


def set_active(actor: Membership, vehicle: Vehicle, *, active: bool) -> None:
    """Take a vehicle out of use, or into use again."""
    if vehicle.active == active:
        return
    with changing_fleet(vehicle.company):
        vehicle.active = active
        vehicle.save(update_fields=["active"])
        what = gettext_noop("A pus din nou în uz") if active else gettext_noop("A scos din uz")
        _record(actor, vehicle.company, what, [vehicle.plate])


def delete_vehicle(actor: Membership, vehicle: Vehicle) -> None:
    """Delete the vehicle and its issues, and record it."""
    with changing_fleet(vehicle.company):
        vehicle.delete()
        _record(actor, vehicle.company, gettext_noop("A șters din flotă"), [vehicle.plate])


def undo_additions(actor: Membership, company: Company, added: Mapping[int, VehicleEntry]) -> int:
    """Delete the vehicles (by key) that stand as they were added; how many."""
    with changing_fleet(company):
        vehicles = Vehicle.objects.select_for_update().filter(company=company, pk__in=added)
        untouched = [vehicle for vehicle in vehicles if as_entry(vehicle) == added[vehicle.pk]]
        Vehicle.objects.filter(pk__in=[vehicle.pk for vehicle in untouched]).delete()
        if untouched:
            plates = [vehicle.plate for vehicle in untouched]
            _record(actor, company, gettext_noop("A anulat importul în flotă"), plates)
    return len(untouched)


def as_entry(vehicle: Vehicle) -> VehicleEntry:
    """Return how the vehicle stands in the fleet."""
    return VehicleEntry(
        vehicle.plate,
        VehicleKind(vehicle.kind),
        vehicle.note,
        vehicle.active,
        vehicle.driver,
        vehicle.phone,
    )


def _record(actor: Membership, company: Company, what: str, named: list[str]) -> None:
    def summary() -> str:
        shown, more = join_first(named, _NAMED)
        if len(named) > 1:
            shown = f"{plural(len(named), 'vehicul', 'vehicule')}: {shown}"
        dots = " …" if more else "."
        return f"{gettext(what)} ({company}) {shown}{dots}"

    audit_log.record_action(
        "fleet",
        summary,
        user=actor.user,
        organization=company.organization_id,
        cui=company.cui,
        plates=named,
    )
