"""The sums of each company in a file of the list, as an accountant invoices them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext

from caraus.core.formatting import normalized_plate
from caraus.transports import display
from caraus.transports.models import Transport

# The states with a column of their own; every other UIT is an active one.
_STATES = (display.EXPIRED.key, display.DELISTED.key, display.CARRIER_CHANGED.key)
_ACTIVE = "active"


@dataclass(slots=True)
class _Total:
    name: str
    cui: str
    states: Counter[str] = field(default_factory=Counter)
    lorries: set[str] = field(default_factory=set)

    def cells(self) -> list[str | int]:
        counts = [self.states[state] for state in (_ACTIVE, *_STATES)]
        return [self.name, self.cui, self.states.total(), *counts, len(self.lorries)]


class CompanyTotals:
    """Counts UITs on their way into a file: it keeps the sums and the plates, no UIT."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._by_company: dict[int, _Total] = {}

    @property
    def titles(self) -> list[str]:
        return [
            gettext("Firma"),
            gettext("CUI firmă"),
            gettext("UIT-uri"),
            gettext("Active"),
            gettext("Expirate"),
            gettext("Nu mai sunt în lista ANAF"),
            gettext("Transportator schimbat"),
            gettext("Camioane"),
        ]

    @property
    def last_row(self) -> int:
        """The number of the row of all companies, of which the first one is 1."""
        return len(self._by_company) + 1

    def count_each(self, transports: Iterable[Transport]) -> Iterator[Transport]:
        """Count the UITs while they pass."""
        for transport in transports:
            company = transport.company
            total = self._by_company.setdefault(company.pk, _Total(company.name, company.cui))
            state = display.status(transport, today=self._today).key
            total.states[state if state in _STATES else _ACTIVE] += 1
            if plate := normalized_plate(transport.current_vehicle[0]):
                total.lorries.add(plate)
            yield transport

    def rows(self) -> list[list[str | int]]:
        """Return the cells of each company, by name, and of all together: a lorry of two companies
        is one lorry."""
        companies = sorted(self._by_company.values(), key=lambda total: (total.name, total.cui))
        everything = _Total(gettext("Total"), "")
        for total in companies:
            everything.states += total.states
            everything.lorries |= total.lorries
        return [total.cells() for total in (*companies, everything)]
