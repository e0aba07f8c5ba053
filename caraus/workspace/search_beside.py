"""The search in what is shown beside a UIT: notes, the driver and phone of its lorry, the company.

These are looked up first, in two small queries, and named by their keys in the search of the UITs:
a text of each UIT that held them too would have to be written anew for all its UITs when a company
is renamed or a lorry gets another driver.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from caraus.accounts.models import Company
from caraus.core.formatting import folded
from caraus.fleet.models import Vehicle
from caraus.transports.models import TransportNote
from caraus.workspace.search import needle_lists

# A text that so many notes or lorries hold is no search for one of them.
MAX_MATCHES = 500

#: For a needle (`search.needle_lists`), the condition on UITs that something beside them holds it.
type Beside = Mapping[str, Q]


def find_beside(searches: Iterable[str], companies: Sequence[Company]) -> Beside:
    """Return what holds a needle of the typed texts, of the UITs of these companies."""
    lists = [needles for typed in searches for needles in needle_lists(typed)]
    needles = {needle for needles in lists for needle in needles}
    if not needles:
        return {}
    is_match = reduce(or_, (Q(search_text__contains=needle) for needle in sorted(needles)))
    company_ids = [company.pk for company in companies]
    notes = TransportNote.objects.filter(is_match, transport__company__in=company_ids)
    vehicles = Vehicle.objects.filter(is_match, company__in=company_ids)
    note_texts = list(notes.order_by("-pk").values_list("transport", "search_text")[:MAX_MATCHES])
    driver_texts = [
        (plate.lower(), text)
        for plate, text in vehicles.order_by("pk").values_list("plate", "search_text")[:MAX_MATCHES]
    ]
    # Of a single company each UIT is: its name distinguishes none of them.
    named = companies if len(companies) > 1 else ()
    name_texts = [(company.pk, f" {folded(company.name)} {company.cui} ") for company in named]
    sources: tuple[tuple[Sequence[tuple[object, str]], Callable[[list[object]], Q]], ...] = (
        (note_texts, lambda keys: Q(pk__in=keys)),
        (driver_texts, lambda plates: Q(sort_vehicle__in=plates)),
        (name_texts, lambda keys: Q(company__in=keys)),
    )
    conditions: dict[str, Q] = {}
    for needle in needles:
        for texts, condition in sources:
            values = list(dict.fromkeys(value for value, text in texts if needle in text))
            if values:
                conditions[needle] = conditions.get(needle, Q()) | condition(values)
    return conditions
