"""The page „Flota”: what the address bar asks, and which vehicles that is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from caraus.accounts.models import Company
from caraus.fleet.models import Kind, Vehicle
from caraus.fleet.plates import normalized

PAGE_SIZE = 100
STATES = ("", "retrase", "toate")
KINDS = {"vehicule": Kind.VEHICLE, "remorci": Kind.TRAILER}


@dataclass(frozen=True, slots=True)
class FleetFilters:
    """What cannot be read is as if it were not there."""

    q: str = ""
    stare: str = ""
    fel: str = ""
    firma: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], companies: Collection[Company]) -> Self:
        """Read the filters of an address; what is unknown is left out."""
        state, kind = query.get("stare", ""), query.get("fel", "")
        company = query.get("firma", "")
        return cls(
            q=query.get("q", "").replace("\0", "").strip()[:200],
            stare=state if state in STATES else "",
            fel=kind if kind in KINDS else "",
            firma=company if company in {company.cui for company in companies} else "",
        )

    @property
    def is_narrow(self) -> bool:
        return bool(self.q or self.fel or self.firma or self.stare == "retrase")

    def address(self) -> str:
        """Return the query string."""
        fields = {"q": self.q, "stare": self.stare, "fel": self.fel, "firma": self.firma}
        return urlencode({name: value for name, value in fields.items() if value})


def filter_vehicles(asked: FleetFilters, rows: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
    """Return those of `rows` (what the person may see) that match, in the list's order."""
    if asked.stare != "toate":
        rows = rows.filter(active=asked.stare != "retrase")
    if asked.fel:
        rows = rows.filter(kind=KINDS[asked.fel])
    if asked.firma:
        rows = rows.filter(company__cui=asked.firma)
    if asked.q:
        holds = Q(note__icontains=asked.q) | Q(driver__icontains=asked.q)
        holds |= Q(phone__contains=asked.q)
        if plate := normalized(asked.q):
            holds |= Q(plate__contains=plate)
        rows = rows.filter(holds)
    return rows.select_related("company").order_by("-active", "-kind", "plate", "pk")
