"""What a carrier may be fined for: by kind, with the lorries, who must act, and what the law says.

The articles and sums are those of OUG 41/2022 (art. 8 and 13^1) for legal persons, as ANAF's guide
of 2025 has them (p. 22-25).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import gettext_lazy, natural_key, plural
from caraus.fleet import queries as fleet
from caraus.fleet.templatetags.fleet import issue_labels
from caraus.transports import display
from caraus.transports.display import Tone
from caraus.transports.models import DEALT_WITH, Transport
from caraus.web.company_overview import CompanyRow
from caraus.workspace.urgency import is_expired_unresolved, must_not_start

# Plates that the sentence names of each kind.
PLATES_IN_SENTENCE = 3
# Lorries that Panou names of each kind, and the UITs among which it looks for them.
MAX_LORRIES = 5
_MAX_UITS = 60

type Lorries = tuple["RiskyLorry", ...]


@dataclass(frozen=True, slots=True)
class RiskKind:
    """A kind of risk. `matches`: its UITs on a day; `query`: the list that shows them."""

    key: str
    title: str | Promise
    # The head of its column in the table of companies.
    short: str | Promise
    tone: Tone
    icon: str
    matches: Callable[[date], Q]
    query: str
    # Who must do what.
    advice: str | Promise
    law: str | Promise
    count_label: Callable[[int], str]
    # The UITs are dealt with by a mark; an issue of the fleet has marks of its own.
    can_be_marked: bool = True


def ends_today(today: date) -> Q:
    """Match what ends at the next midnight and is not dealt with."""
    ends = Q(state__in=Transport.OPEN_STATES, first_expired_day=today + timedelta(days=1))
    return ends & ~DEALT_WITH


_PAST_VALIDITY = gettext_lazy(
    "Folosirea UIT-ului după termen: OUG 41/2022, art. 13¹, amendă de 20.000–100.000 lei."
)

# The worst first.
RISK_KINDS = (
    RiskKind(
        "expired",
        gettext_lazy("Expirate, nerezolvate"),
        gettext_lazy("Expirate"),
        "bad",
        "calendar-x",
        is_expired_unresolved,
        "?arata=expirate-nerezolvate",
        gettext_lazy(
            "Dispecerul: dacă este încă pe drum, oprește-l și cere declarantului un UIT valabil."
        ),
        _PAST_VALIDITY,
        lambda number: plural(
            number, "UIT expirat nu este rezolvat", "UIT-uri expirate nu sunt rezolvate"
        ),
    ),
    RiskKind(
        "ends_today",
        gettext_lazy("Expiră azi, la 24:00"),
        gettext_lazy("Expiră azi"),
        "bad",
        "alarm-clock",
        ends_today,
        "?arata=expira",
        gettext_lazy(
            "Dispecerul: să descarce până la miezul nopții; altfel cere declarantului un UIT nou."
        ),
        _PAST_VALIDITY,
        lambda number: plural(number, "UIT expiră azi la 24:00", "UIT-uri expiră azi la 24:00"),
    ),
    RiskKind(
        "must_not_start",
        gettext_lazy("Nu porni cu ele: lipsă la ANAF sau alt transportator"),
        gettext_lazy("Nu porni"),
        "bad",
        "octagon-alert",
        must_not_start,
        "",
        gettext_lazy("Declarantul: să clarifice UIT-ul înainte de drum. Întreabă-l acum."),
        gettext_lazy(
            "Fără UIT la control: OUG 41/2022, art. 13¹, șoferul 5.000–10.000 lei, cine trebuia "
            "să declare 20.000–100.000 lei."
        ),
        lambda number: plural(
            number,
            "UIT lipsește la ANAF sau are alt transportator",
            "UIT-uri lipsesc la ANAF sau au alt transportator",
        ),
    ),
    RiskKind(
        "vehicle",
        gettext_lazy("Vehicule care nu se potrivesc cu UIT-ul"),
        gettext_lazy("Vehicul nepotrivit"),
        "warn",
        "triangle-alert",
        fleet.has_issues,
        "?probleme=1",
        gettext_lazy(
            "Dispecerul: dacă pe drum este alt vehicul, schimbă-l la ANAF înainte de a pleca."
        ),
        gettext_lazy(
            "Vehicul neactualizat: OUG 41/2022, art. 8 alin. (1¹) și art. 13¹, amendă de "
            "20.000–100.000 lei."
        ),
        lambda number: plural(
            number, "UIT are un vehicul nepotrivit", "UIT-uri au vehicule nepotrivite"
        ),
        can_be_marked=False,
    ),
)


@dataclass(frozen=True, slots=True)
class RiskyLorry:
    """A plate of a company, its trailers, and its UITs of one kind."""

    plate: str
    trailers: tuple[str, ...]
    company: Company
    transports: tuple[Transport, ...]
    route: str
    what: str

    @property
    def first(self) -> Transport:
        return self.transports[0]

    @property
    def more(self) -> int:
        return len(self.transports) - 1


@dataclass(frozen=True, slots=True)
class Risk:
    """A kind with its number of UITs, no further than the limit, and the first of its lorries."""

    kind: RiskKind
    number: int
    is_more: bool
    lorries: Lorries
    # Those that the sentence names, where the lorries are not listed under it.
    plates: tuple[str, ...] = ()

    @property
    def others(self) -> int:
        """UITs that are not among those named."""
        return self.number - sum(len(lorry.transports) for lorry in self.lorries)


@dataclass(frozen=True, slots=True)
class CompanyRisks:
    """The UITs at risk of one company, in the order of `RISK_KINDS`, beside what else is wrong."""

    overview: CompanyRow
    numbers: tuple[int, ...]

    @property
    def cells(self) -> list[tuple[RiskKind, int]]:
        return list(zip(RISK_KINDS, self.numbers, strict=True))


def find_lorries(
    kind: RiskKind, rows: QuerySet[Transport], companies: Sequence[Company], today: date
) -> Lorries:
    """Return the first lorries with UITs of this kind, the nearest end first; two queries."""
    matching = rows.filter(kind.matches(today)).defer("raw", "extra", "search_text")
    in_order = matching.order_by("first_expired_day", "company", "sort_vehicle", "pk")
    return _by_lorry(in_order[:_MAX_UITS], companies, today)


def find_plates(
    kind: RiskKind, rows: QuerySet[Transport], companies: Sequence[Company], today: date
) -> tuple[str, ...]:
    """Return the first plates with UITs of this kind, and „…” where there are more."""
    plates = [lorry.plate for lorry in find_lorries(kind, rows, companies, today) if lorry.plate]
    more = ["…"] * (len(plates) > PLATES_IN_SENTENCE)
    return (*plates[:PLATES_IN_SENTENCE], *more)


def _by_lorry(rows: QuerySet[Transport], companies: Sequence[Company], today: date) -> Lorries:
    transports = list(rows)
    company_by_id = {company.pk: company for company in companies}
    fleet.attach_issues(transports, some=True)
    lorries = []
    for (company, _), group in groupby(transports, key=_lorry_key):
        loads = tuple(group)
        plate, *trailers = loads[0].current_vehicle
        lorries.append(
            RiskyLorry(
                plate,
                tuple(filter(None, trailers)),
                company_by_id[company],
                loads,
                display.route_title(loads[0]),
                _what(loads, today),
            )
        )
    return tuple(lorries[:MAX_LORRIES])


def _lorry_key(transport: Transport) -> tuple[int, str]:
    """Return the key of the lorry. A UIT without a plate stands alone."""
    return transport.company_id, transport.sort_vehicle or f" {transport.pk}"


def _what(transports: Sequence[Transport], today: date) -> str:
    labels = [label for transport in transports for label in issue_labels(transport)]
    state = display.status(transports[0], today=today)
    left = display.validity_left(transports[0], today=today)
    # „expirat azi-noapte” says the state too.
    word = "" if state is display.EXPIRED else str(state.word)
    return " · ".join(dict.fromkeys(filter(None, [word, left, *labels[:2]])))


def count_by_company(
    rows: QuerySet[Transport], overviews: Sequence[CompanyRow], today: date
) -> list[CompanyRisks]:
    """Return all companies, the worst first; a query for each kind."""
    numbers = [
        dict(
            rows.filter(kind.matches(today))
            .order_by()
            .values_list("company")
            .annotate(number=Count("pk"))
        )
        for kind in RISK_KINDS
    ]
    counted = [
        CompanyRisks(row, tuple(number.get(row.company.pk, 0) for number in numbers))
        for row in overviews
    ]
    return sorted(counted, key=_badness)


def _badness(row: CompanyRisks) -> tuple[list[int], bool, int, list[str | int]]:
    """Return the key of the order: who has lorries on the road before who cannot be fined."""
    worst = [-number for number in row.numbers]
    overview = row.overview
    return worst, not overview.active, overview.severity, natural_key(str(overview.company))


def risk_sentence(risks: Collection[Risk], *, lorries_today: int, has_fleet: bool) -> str:
    """Answer whether a fine threatens: „2 UIT-uri expirate nu sunt rezolvate; …”."""
    parts = []
    for risk in risks:
        label = risk.kind.count_label(risk.number)
        if risk.is_more:
            label = gettext("peste {count}").format(count=label)
        if risk.kind.key == "ends_today" and lorries_today:
            lorries = plural(lorries_today, "camion", "camioane")
            label = gettext("{uits}, pe {lorries}").format(uits=label, lorries=lorries)
        if risk.plates:
            label = f"{label} ({', '.join(risk.plates)})"
        parts.append(label)
    if parts:
        return "; ".join(parts) + "."
    calm = gettext(
        "Niciun risc de amendă acum, după datele ANAF: niciun UIT expirat și nerezolvat, niciunul "
        "care expiră azi."
    )
    if has_fleet:
        return calm
    return f"{calm} {gettext('Numerele nu le putem verifica: flota este goală.')}"
