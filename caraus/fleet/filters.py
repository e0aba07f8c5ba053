"""The page „Flota”: the filters of the address, and which vehicles that is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from caraus.accounts.models import Company
from caraus.core.formatting import normalized_plate
from caraus.fleet.models import Vehicle, VehicleKind

VEHICLES_PER_PAGE = 100
# The filters and their values, by their words in the address.
PARAMETERS = {"query": "q", "state": "stare", "kind": "fel", "company": "firma"}
STATE_PARAMETERS = {"retrase": "retired", "toate": "all"}
KIND_PARAMETERS = {"vehicule": VehicleKind.VEHICLE, "remorci": VehicleKind.TRAILER}


@dataclass(frozen=True, slots=True)
class FleetFilters:
    """The filters of the fleet's list; "" for one that is not set, or not understood.

    `state`: "" for vehicles in use, "retired", "all"; `company`: a CUI.
    """

    query: str = ""
    state: str = ""
    kind: str = ""
    company: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str], companies: Collection[Company]) -> Self:
        """Read the filters of an address; what is unknown is left out."""
        company = query.get("firma", "")
        kind = KIND_PARAMETERS.get(query.get("fel", ""))
        return cls(
            query=query.get("q", "").replace("\0", "").strip()[:200],
            state=STATE_PARAMETERS.get(query.get("stare", ""), ""),
            kind=kind.value if kind else "",
            company=company if company in {company.cui for company in companies} else "",
        )

    @property
    def is_narrow(self) -> bool:
        return bool(self.query or self.kind or self.company or self.state == "retired")

    def address(self) -> str:
        """Return the query string."""
        words = {
            value: word for word, value in (*STATE_PARAMETERS.items(), *KIND_PARAMETERS.items())
        }
        values = {
            "query": self.query,
            "state": words.get(self.state, ""),
            "kind": words.get(self.kind, ""),
            "company": self.company,
        }
        return urlencode({PARAMETERS[name]: value for name, value in values.items() if value})


def filter_vehicles(filters: FleetFilters, rows: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
    """Return those of `rows` (what the person may see) that match, in the list's order."""
    if filters.state != "all":
        rows = rows.filter(active=filters.state != "retired")
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.company:
        rows = rows.filter(company__cui=filters.company)
    if filters.query:
        matching = Q(note__icontains=filters.query) | Q(driver__icontains=filters.query)
        matching |= Q(phone__contains=filters.query)
        if plate := normalized_plate(filters.query):
            matching |= Q(plate__contains=plate)
        rows = rows.filter(matching)
    return rows.select_related("company").order_by("-active", "-kind", "plate", "pk")
