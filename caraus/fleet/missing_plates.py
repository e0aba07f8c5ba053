"""The plates that stand on open UITs and are in no fleet: a fleet made out of its UITs."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from caraus.accounts.models import Company
from caraus.core.formatting import normalized_plate, today
from caraus.fleet.issue_store import open_rows
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.fleet.plates import MAX_LENGTH

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class MissingPlate:
    """A plate that a company's fleet does not know, and on how many open UITs it stands."""

    company: Company
    plate: str
    kind: VehicleKind
    uits: int

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.company.cui}:{self.plate}"


def missing_plates(
    companies: Collection[Company], *, transports: Collection[int] | None = None
) -> list[MissingPlate]:
    """Return the plates of these companies, the most used first; of these open UITs alone (by key),
    or of all (None)."""
    by_key = {company.pk: company for company in companies}
    known = set(
        Vehicle.objects.filter(company__in=by_key).order_by().values_list("company_id", "plate")
    )
    seen: Counter[tuple[int, str]] = Counter()
    as_vehicle: Counter[tuple[int, str]] = Counter()
    rows = open_rows(by_key, today()).only(
        "company_id", "plate", "trailer1", "trailer2", "vehicle_changes"
    )
    if transports is not None:
        rows = rows.filter(pk__in=transports)
    for row in rows.order_by().iterator(chunk_size=_BATCH):
        vehicle, *trailers = map(normalized_plate, row.current_vehicle)
        as_vehicle[row.company_id, vehicle] += 1
        for plate in {vehicle, *trailers}:
            if 0 < len(plate) <= MAX_LENGTH and (row.company_id, plate) not in known:
                seen[row.company_id, plate] += 1
    return [
        MissingPlate(
            by_key[key[0]],
            key[1],
            VehicleKind.VEHICLE if as_vehicle[key] * 2 >= uits else VehicleKind.TRAILER,
            uits,
        )
        for key, uits in sorted(seen.items(), key=lambda item: (-item[1], item[0][1], item[0][0]))
    ]
