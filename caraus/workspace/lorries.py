"""The list by lorry: one row a plate, with all that it carries and what is most urgent of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from caraus.accounts.models import Company
from caraus.core.formatting import folded, normalized_plate
from caraus.fleet import queries as fleet
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.fleet.templatetags.fleet import issue_labels
from caraus.transports import display
from caraus.transports.models import Transport
from caraus.workspace.row_drawer import detail_url
from caraus.workspace.urgency import DEALT_WITH_RANK, GROUPS, Group, is_current, with_urgency

LORRIES_PER_PAGE = 50
# A plate on more UITs than these is no lorry but a filler; the list has all of them.
MAX_UITS = 50
MAX_IDLE = 200


@dataclass(frozen=True, slots=True)
class Load:
    """A UIT of a lorry."""

    transport: Transport
    url: str
    status: display.Status
    left: str
    route: str
    issues: list[str]
    is_dealt_with: bool


@dataclass(frozen=True, slots=True)
class Lorry:
    """A plate, its trailers, its driver, and its UITs, the most urgent first."""

    key: str
    plate: str
    trailers: list[str]
    driver: str
    group: Group
    loads: list[Load]
    issues: list[str]

    @property
    def pending(self) -> list[Load]:
        return [load for load in self.loads if not load.is_dealt_with]

    @property
    def first(self) -> Load:
        return self.loads[0]

    @property
    def codes(self) -> str:
        """The codes that are not dealt with, one a line; all of them where none is pending."""
        return "\n".join(load.transport.uit for load in self.pending or self.loads)


@dataclass(frozen=True, slots=True)
class IdleLorry:
    """A vehicle of the fleet without a UIT."""

    plate: str
    driver: str


@dataclass(frozen=True, slots=True)
class LorryPage:
    page: Page[Any]
    lorries: list[Lorry]
    # Vehicles of the fleet that are in use and have no UIT now; on the last page.
    idle: list[IdleLorry]


def build_page(
    rows: QuerySet[Transport],
    companies: Sequence[Company],
    *,
    today: date,
    number: str | None,
    query: str,
) -> LorryPage:
    """Return a page of the lorries of these UITs, the most urgent on top."""
    ranked = with_urgency(rows, today=today)
    plates = (
        ranked.order_by()
        .values("sort_vehicle")
        .annotate(rank=Min(F("urgency")), end=Min("first_expired_day"), uits=Count("pk"))
        .order_by("rank", "end", "sort_vehicle")
    )
    page = Paginator(plates, LORRIES_PER_PAGE).get_page(number)
    keys = [str(plate["sort_vehicle"]) for plate in page]
    by_plate: dict[str, list[Transport]] = {key: [] for key in keys}
    in_order = ranked.filter(sort_vehicle__in=keys).order_by(
        F("urgency"), "first_expired_day", "pk"
    )
    shown = in_order.defer("raw", "extra", "search_text")[: LORRIES_PER_PAGE * MAX_UITS]
    company_by_id = {company.pk: company for company in companies}
    for transport in shown:
        transport.company = company_by_id[transport.company_id]
        by_plate[transport.sort_vehicle].append(transport)
    transports = [transport for group in by_plate.values() for transport in group]
    fleet.attach_issues(transports, some=True)
    drivers = _drivers(companies, keys)
    lorries = [
        _lorry(key, group[:MAX_UITS], drivers.get(key, ""), today=today)
        for key, group in by_plate.items()
        if group
    ]
    current = Transport.objects.filter(is_current(today))
    idle = [] if page.has_next() else idle_lorries(current, companies, query)
    return LorryPage(page, lorries, idle)


def _lorry(key: str, transports: list[Transport], driver: str, *, today: date) -> Lorry:
    loads = [_load(transport, today=today) for transport in transports]
    plate, *_ = transports[0].current_vehicle
    trailers = [trailer for row in transports for trailer in row.current_vehicle[1:] if trailer]
    issues = [label for load in loads for label in load.issues]
    return Lorry(
        key=key,
        plate=plate,
        trailers=list(dict.fromkeys(trailers))[:2],
        driver=driver,
        group=GROUPS[_rank(transports[0])],
        loads=loads,
        issues=list(dict.fromkeys(issues)),
    )


def _rank(transport: Transport) -> int:
    return int(transport.urgency)  # type: ignore[attr-defined]


def _load(transport: Transport, *, today: date) -> Load:
    before, after = detail_url()
    return Load(
        transport=transport,
        url=f"{before}{transport.pk}{after}",
        status=display.status(transport, today=today),
        left=display.validity_left(transport, today=today),
        route=display.route_title(transport),
        issues=issue_labels(transport),
        is_dealt_with=_rank(transport) == DEALT_WITH_RANK,
    )


def _drivers(companies: Sequence[Company], keys: list[str]) -> dict[str, str]:
    """Return the drivers of the plates as the fleet knows them, else what it notes."""
    plates = [key.upper() for key in keys if key]
    vehicles = Vehicle.objects.filter(company__in=companies, plate__in=plates)
    return {vehicle.plate.lower(): driver_of(vehicle) for vehicle in vehicles}


def driver_of(vehicle: Vehicle) -> str:
    """Return „Ionescu Vasile 0722 123 456”, or the note where no driver is known."""
    return " ".join(filter(None, [vehicle.driver, vehicle.phone])) or vehicle.note


def idle_lorries(
    busy: QuerySet[Transport], companies: Collection[Company], query: str
) -> list[IdleLorry]:
    """Return the vehicles of the fleet in use that have none of these UITs."""
    carried = busy.filter(company=OuterRef("company"), sort_vehicle=OuterRef("folded_plate"))
    vehicles = Vehicle.objects.filter(company__in=companies, active=True, kind=VehicleKind.VEHICLE)
    if query:
        typed = Q(note__icontains=query) | Q(driver__icontains=query)
        if folded(query):
            typed |= Q(plate__contains=normalized_plate(query))
        vehicles = vehicles.filter(typed)
    idle = vehicles.annotate(folded_plate=Lower("plate")).filter(~Exists(carried))
    return [
        IdleLorry(vehicle.plate, driver_of(vehicle))
        for vehicle in idle.order_by("plate")[:MAX_IDLE]
    ]
