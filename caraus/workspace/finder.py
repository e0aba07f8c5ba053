"""The search from every page: UITs, plates, documents, declarants, drivers, companies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import folded, gettext_lazy
from caraus.fleet.models import Vehicle
from caraus.transports import display
from caraus.transports.models import Transport
from caraus.transports.search_text import Section, fold_code
from caraus.workspace import search
from caraus.workspace.filters import URL_NAMES

# Of each kind.
MAX_RESULTS = 8
# The newest UITs that hold the text, from which the kinds are made.
MAX_LOOKED_AT = 200

type Holds = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class FinderResult:
    """A link, with what stands beside it."""

    label: str
    detail: str
    url: str


@dataclass(frozen=True, slots=True)
class ResultKind:
    """The results of a kind."""

    label: str | Promise
    icon: str
    results: list[FinderResult]


def find_everywhere(
    typed: str, visible: QuerySet[Transport], companies: Sequence[Company]
) -> list[ResultKind]:
    """Return what holds the typed text, of what the member may see, by kind; in two queries."""
    needle_lists = search.needle_lists(typed)
    if not needle_lists:
        return []
    rows = visible.filter(search.matching(typed)).order_by("-first_seen_at", "-pk")
    fields = ("uit", "declarant_cui", "declarant_name", "declarant_ref", "search_text")
    route = ("plate", "trailer1", "trailer2", "vehicle_changes", "start", "end", "documents")
    transports = list(rows.only(*fields, *route)[:MAX_LOOKED_AT])
    code = fold_code(typed)

    def holds(text: str) -> bool:
        return any(all(needle in text for needle in needles) for needles in needle_lists)

    def in_section(transport: Transport, *sections: Section) -> bool:
        lines = transport.search_text.split("\n")
        texts = [lines[section - 1] for section in sections if section <= len(lines)]
        is_code = Section.CODE in sections and len(code) >= search.MIN_CODE_LENGTH
        return any(map(holds, texts)) or (is_code and code in texts[0])

    kinds = [
        ResultKind(
            "UIT", "hash", _uits(row for row in transports if in_section(row, Section.CODE))
        ),
        ResultKind(
            gettext_lazy("Vehicule"),
            "truck",
            _vehicles((row for row in transports if in_section(row, Section.VEHICLES)), holds),
        ),
        ResultKind(
            gettext_lazy("Documente și referințe"),
            "file-text",
            _documents(
                row for row in transports if in_section(row, Section.DOCUMENTS, Section.REFERENCE)
            ),
        ),
        ResultKind(
            gettext_lazy("Declaranți"),
            "building-2",
            _declarants(row for row in transports if in_section(row, Section.DECLARANT)),
        ),
        ResultKind(gettext_lazy("Șoferi"), "user-round", _drivers(needle_lists, companies)),
        ResultKind(gettext_lazy("Firmele tale"), "landmark", _companies(companies, holds)),
    ]
    return [kind for kind in kinds if kind.results]


def _list_url(**fields: str) -> str:
    query = urlencode({URL_NAMES[name]: value for name, value in fields.items()})
    return f"{reverse('workspace:list')}?{query}"


def _uits(transports: Iterable[Transport]) -> list[FinderResult]:
    return [
        FinderResult(
            display.grouped_uit(transport.uit),
            " · ".join(
                filter(None, [transport.current_vehicle[0], display.route_title(transport)])
            ),
            transport.get_absolute_url(),
        )
        for transport in list(transports)[:MAX_RESULTS]
    ]


def _vehicles(transports: Iterable[Transport], holds: Holds) -> list[FinderResult]:
    """Return the plates themselves, each once: a lorry leads to all its UITs."""
    plates = dict.fromkeys(
        plate
        for transport in transports
        for plate in (
            *(transport.plate, transport.trailer1, transport.trailer2),
            *transport.current_vehicle,
        )
        if plate and holds(f" {folded(plate)} ")
    )
    return [
        FinderResult(plate, gettext("toate UIT-urile"), _list_url(show="toate", vehicle=plate))
        for plate in list(plates)[:MAX_RESULTS]
    ]


def _documents(transports: Iterable[Transport]) -> list[FinderResult]:
    return [
        FinderResult(
            "; ".join(
                filter(
                    None,
                    [
                        transport.declarant_ref,
                        *(str(document.get("text", "")) for document in transport.documents),
                    ],
                )
            ),
            f"{display.grouped_uit(transport.uit)} · {transport.current_vehicle[0] or '—'}",
            transport.get_absolute_url(),
        )
        for transport in list(transports)[:MAX_RESULTS]
    ]


def _declarants(transports: Iterable[Transport]) -> list[FinderResult]:
    declarants: dict[str, str] = {}
    for transport in transports:
        key = transport.declarant_cui or transport.declarant_name
        declarants.setdefault(key, transport.declarant_name)
    return [
        FinderResult(name or f"CUI {key}", f"CUI {key}", _list_url(show="toate", declarant=key))
        for key, name in list(declarants.items())[:MAX_RESULTS]
    ]


def _drivers(needle_lists: list[list[str]], companies: Sequence[Company]) -> list[FinderResult]:
    is_match = Q()
    for needles in needle_lists:
        holds_all = Q()
        for needle in needles:
            holds_all &= Q(search_text__contains=needle)
        is_match |= holds_all
    vehicles = Vehicle.objects.filter(is_match, company__in=[company.pk for company in companies])
    return [
        FinderResult(
            vehicle.driver or vehicle.phone,
            " · ".join(filter(None, [vehicle.plate, vehicle.phone])),
            _list_url(vehicle=vehicle.plate),
        )
        for vehicle in vehicles.order_by("-active", "driver", "pk")[:MAX_RESULTS]
    ]


def _companies(companies: Sequence[Company], holds: Holds) -> list[FinderResult]:
    matching = [
        company for company in companies if holds(f" {folded(company.name)} {company.cui} ")
    ]
    return [
        FinderResult(str(company), f"CUI {company.cui}", _list_url(company=company.cui))
        for company in matching[:MAX_RESULTS]
    ]
