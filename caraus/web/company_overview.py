"""All companies in one table, as an accountant reads it: the worst first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db.models import Count, Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.authorizations.link_rows import LinkState, last_links
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.status import health
from caraus.core.formatting import natural_key, today
from caraus.sync.limiter import permits
from caraus.sync.models import SyncState
from caraus.sync.status import HOST_CODES, company_sync_error
from caraus.transports.models import Transport, UnreadableRecord

CompanyTone = Literal["bad", "warn", "off", "good"]
# Without a good response for this long, something is wrong even if no error was seen.
STALE = timedelta(hours=2)
CompanyOrder = Literal["severity", "name", "last_sync", "open_uits", "authorization"]
Tab = Literal["all", "with_warnings", "no_right", "no_uits", "archived"]
# The words of the address, in the order of the page; the first is the usual one.
COMPANY_ORDERS: dict[str, CompanyOrder] = {
    "probleme": "severity",
    "denumire": "name",
    "sincronizare": "last_sync",
    "uit": "open_uits",
    "autorizare": "authorization",
}
TABS: dict[str, Tab] = {
    "toate": "all",
    "probleme": "with_warnings",
    "fara-drept": "no_right",
    "fara-uit": "no_uits",
    "arhivate": "archived",
}


@dataclass(frozen=True, slots=True)
class CompanyRow:
    company: Company
    # The best that any living authorization has for the company.
    right: str
    authorization: str
    last_good_at: datetime | None
    active: int
    warnings: tuple[str, ...]
    tone: CompanyTone
    # Of the last authorization link that names the company.
    link: LinkState | None = None

    @property
    def severity(self) -> int:
        """0 is the worst."""
        return ("bad", "warn", "off", "good").index(self.tone)


def company_rows(membership: Membership, *, archived: bool = False) -> list[CompanyRow]:
    """Return a row for each company that the member sees; a fixed number of queries for any
    number."""
    companies = access.visible_companies(membership, archived=True)
    companies = (
        companies.exclude(archived_at=None) if archived else companies.filter(archived_at=None)
    )
    return _rows(membership, companies)


def company_row(membership: Membership, company: Company) -> CompanyRow:
    """Return the row of one company."""
    (row,) = _rows(membership, Company.objects.filter(pk=company.pk))
    return row


def _rows(membership: Membership, companies: QuerySet[Company]) -> list[CompanyRow]:
    listed = list(companies.select_related("sync_state").prefetch_related("rights__authorization"))
    alive = list(
        membership.organization.authorizations.filter(
            status__in=[Authorization.Status.ACTIVE, Authorization.Status.REAUTHORIZE]
        ).prefetch_related("rights")
    )
    active = _counts(
        Transport.objects.filter(
            state__in=Transport.OPEN_STATES,
            first_expired_day__gt=today(),
        ),
        listed,
    )
    unreadable = _counts(UnreadableRecord.objects.filter(resolved_at=None), listed)
    limiter = permits.read_state()
    is_outage = limiter is not None and limiter.open_since is not None
    links = last_links(membership, listed)
    return [
        _row(
            company,
            alive,
            active.get(company.pk, 0),
            unreadable.get(company.pk, 0),
            is_outage=is_outage,
            link=links.get(company.pk),
        )
        for company in listed
    ]


def _counts[M: Model](queryset: QuerySet[M], companies: list[Company]) -> dict[int, int]:
    grouped = queryset.filter(company__in=companies).order_by().values_list("company")
    return dict(grouped.annotate(number=Count("pk")))


def _row(
    company: Company,
    alive: list[Authorization],
    active: int,
    unreadable: int,
    *,
    is_outage: bool,
    link: LinkState | None,
) -> CompanyRow:
    state: SyncState | None = getattr(company, "sync_state", None)
    right = best_right_state(company.rights.all())
    warnings: list[tuple[CompanyTone, str]] = []
    covering = [authorization for authorization in alive if authorization.pk in _covering(company)]
    # One that served the company and ended is why its UITs stay away, not one that never could.
    serving = (
        [authorization for authorization in covering if authorization.is_active]
        or covering
        or alive
    )
    authorization, authorization_warnings = _authorization(serving)
    if covering and right != CompanyRight.State.COVERED:
        right = LOST
    elif not alive:
        right = UNAUTHORIZED
    if right == CompanyRight.State.NO_RIGHT:
        # The pill says it; the certificate's own sentence and ANAF's refusal would say it again.
        authorization, authorization_warnings = "", [("bad", "")]
    warnings += authorization_warnings
    warnings += _sync_errors(state, right=right, authorized=bool(alive), is_outage=is_outage)
    if unreadable:
        warnings.append(
            ("warn", gettext("Înregistrări necitite: {unreadable}.").format(unreadable=unreadable))
        )
    tones = [tone for tone, _ in warnings]
    tone: CompanyTone = min(tones, key=("bad", "warn", "off", "good").index, default="good")
    return CompanyRow(
        company=company,
        right=right,
        authorization=authorization,
        last_good_at=state.last_good_at if state else None,
        active=active,
        warnings=tuple(dict.fromkeys(sentence for _, sentence in warnings if sentence)),
        tone="off" if company.archived_at else tone,
        link=link,
    )


def best_right_state(rights: Iterable[CompanyRight]) -> str:
    """Return the best state that any living authorization has for the company."""
    states = {
        right.state for right in rights if right.authorization.status == Authorization.Status.ACTIVE
    }
    best = (CompanyRight.State.COVERED, CompanyRight.State.NO_RIGHT)
    return str(next((state for state in best if state in states), CompanyRight.State.UNKNOWN))


# The authorization that covered the company has ended, and no other one covers it.
LOST = "lost"
# The organization has no authorization at all.
UNAUTHORIZED = "unauthorized"


def _covering(company: Company) -> set[int]:
    covered = CompanyRight.State.COVERED
    return {right.authorization_id for right in company.rights.all() if right.state == covered}


def _authorization(serving: list[Authorization]) -> tuple[str, list[tuple[CompanyTone, str]]]:
    """Return the word of the best authorization that serves the company, and what is wrong with
    it."""
    if not serving:
        return gettext("Neautorizată"), [("off", "")]
    best = min(map(health, serving), key=lambda health: _COLOURS.index(health.colour))
    if best.colour == "green":
        return best.word, []
    sentence = f"{best.word}. {best.sentence}"
    return best.word, [("bad" if best.colour == "red" else "warn", sentence)]


_COLOURS = ("green", "amber", "red")


def _sync_errors(
    state: SyncState | None, *, right: str, authorized: bool, is_outage: bool
) -> list[tuple[CompanyTone, str]]:
    """Return what is wrong with the company's own syncs; an outage of ANAF is nobody's own."""
    if state is None or not authorized:
        return []
    if is_outage and (not state.last_code or state.last_code in HOST_CODES):
        return []
    if state.last_code:
        error = company_sync_error(state)
        known = right == CompanyRight.State.NO_RIGHT and error.responsibility == "rights"
        return [] if known else [("warn", error.sentence)]
    if state.last_good_at and timezone.now() - state.last_good_at > STALE:
        return [("warn", gettext("Fără răspuns bun de peste două ore."))]
    return []


def count_tabs(rows: list[CompanyRow], *, archived: int) -> dict[Tab, int]:
    """Count the companies under each tab; `rows` are all that are not archived."""
    return {
        tab: archived if tab == "archived" else len(rows_of_tab(rows, tab)) for tab in TABS.values()
    }


def rows_of_tab(rows: list[CompanyRow], tab: Tab) -> list[CompanyRow]:
    """Return the rows that stand under the tab."""
    if tab == "with_warnings":
        return [row for row in rows if row.tone in {"bad", "warn"}]
    if tab == "no_right":
        return [row for row in rows if row.right == CompanyRight.State.NO_RIGHT]
    if tab == "no_uits":
        return [row for row in rows if not row.active]
    return rows


def search_rows(rows: list[CompanyRow], query: str) -> list[CompanyRow]:
    """Return the rows whose name or CUI holds the text."""
    needle = query.casefold()
    digits = needle.removeprefix("ro").replace(" ", "")
    if not needle:
        return rows
    return [
        row
        for row in rows
        if needle in row.company.name.casefold() or (digits and digits in row.company.cui)
    ]


def sort_rows(rows: list[CompanyRow], order: CompanyOrder) -> list[CompanyRow]:
    """Sort, by name first, so that equals stand in that order."""
    by_name = sorted(rows, key=lambda row: (natural_key(str(row.company)), row.company.cui))
    never = datetime.min.replace(tzinfo=UTC)
    if order == "name":
        return by_name
    if order == "last_sync":
        return sorted(by_name, key=lambda row: row.last_good_at or never)
    if order == "open_uits":
        return sorted(by_name, key=lambda row: -row.active)
    if order == "authorization":
        return sorted(by_name, key=lambda row: (row.authorization, row.right))
    return sorted(by_name, key=lambda row: (row.severity, -len(row.warnings)))
