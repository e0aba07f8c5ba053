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
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.status import health
from caraus.core.formatting import today
from caraus.sync.models import SyncState
from caraus.sync.status import company_sync_error
from caraus.transports.models import Transport, UnreadableRecord

Tone = Literal["bad", "warn", "off", "good"]
# Without a good answer for this long, something is wrong even if no error was seen.
STALE = timedelta(hours=2)
ORDERS = ("probleme", "denumire", "sincronizare", "uit", "autorizare")
STATES = ("toate", "probleme", "fara-drept", "arhivate")


@dataclass(frozen=True, slots=True)
class CompanyRow:
    company: Company
    # The best that any living authorization has for the company.
    right: str
    authorization: str
    last_good_at: datetime | None
    active: int
    issues: tuple[str, ...]
    tone: Tone

    @property
    def severity(self) -> int:
        """0 is the worst."""
        return ("bad", "warn", "off", "good").index(self.tone)


def company_rows(membership: Membership, *, archived: bool = False) -> list[CompanyRow]:
    """One row for each company that the member sees; a fixed number of queries for any number."""
    companies = access.visible_companies(membership, archived=True)
    companies = (
        companies.exclude(archived_at=None) if archived else companies.filter(archived_at=None)
    )
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
    return [
        _row(company, alive, active.get(company.pk, 0), unreadable.get(company.pk, 0))
        for company in listed
    ]


def _counts[M: Model](queryset: QuerySet[M], companies: list[Company]) -> dict[int, int]:
    grouped = queryset.filter(company__in=companies).order_by().values_list("company")
    return dict(grouped.annotate(number=Count("pk")))


def _row(company: Company, alive: list[Authorization], active: int, unreadable: int) -> CompanyRow:
    state: SyncState | None = getattr(company, "sync_state", None)
    right = best_right_state(company.rights.all())
    issues: list[tuple[Tone, str]] = []
    covering = [authorization for authorization in alive if authorization.pk in _covering(company)]
    # One that served the company and ended is why its UITs stay away, not one that never could.
    serving = (
        [authorization for authorization in covering if authorization.is_active]
        or covering
        or alive
    )
    authorization, authorization_issues = _authorization(serving)
    if covering and right != CompanyRight.State.COVERED:
        right = LOST_STATES
    if right == CompanyRight.State.NO_RIGHT:
        # The pill names it; the certificate's own sentence and ANAF's refusal would say it again.
        advice = gettext("Cere-i firmei dreptul sau autorizează cu alt certificat.")
        authorization, authorization_issues = "", [("bad", advice)]
    issues += authorization_issues
    issues += _sync_errors(state, right=right, authorized=bool(alive))
    if unreadable:
        issues.append(
            ("warn", gettext("Înregistrări necitite: {unreadable}.").format(unreadable=unreadable))
        )
    tones = [tone for tone, _ in issues]
    tone: Tone = min(tones, key=("bad", "warn", "off", "good").index, default="good")
    return CompanyRow(
        company=company,
        right=right,
        authorization=authorization,
        last_good_at=state.last_good_at if state else None,
        active=active,
        issues=tuple(dict.fromkeys(sentence for _, sentence in issues)),
        tone="off" if company.archived_at else tone,
    )


def best_right_state(rights: Iterable[CompanyRight]) -> str:
    """The best that any living authorization has for the company."""
    states = {
        right.state for right in rights if right.authorization.status == Authorization.Status.ACTIVE
    }
    best = (CompanyRight.State.COVERED, CompanyRight.State.NO_RIGHT)
    return str(next((state for state in best if state in states), CompanyRight.State.UNKNOWN))


# The authorization that covered the company has ended, and no other one covers it.
LOST_STATES = "lost"


def _covering(company: Company) -> set[int]:
    covered = CompanyRight.State.COVERED
    return {right.authorization_id for right in company.rights.all() if right.state == covered}


def _authorization(serving: list[Authorization]) -> tuple[str, list[tuple[Tone, str]]]:
    """The word of the best authorization that serves the company, and what is wrong with it."""
    if not serving:
        return gettext("Neautorizată"), [("off", gettext("Nicio autorizare SPV."))]
    best = min(map(health, serving), key=lambda health: _COLOURS.index(health.colour))
    if best.colour == "green":
        return best.word, []
    return best.word, [("bad" if best.colour == "red" else "warn", best.sentence)]


_COLOURS = ("green", "amber", "red")


def _sync_errors(
    state: SyncState | None, *, right: str, authorized: bool
) -> list[tuple[Tone, str]]:
    if state is None or not authorized:
        return []
    if state.last_code:
        error = company_sync_error(state)
        known = right == CompanyRight.State.NO_RIGHT and error.responsibility == "rights"
        return [] if known else [("warn", error.sentence)]
    if state.last_good_at and timezone.now() - state.last_good_at > STALE:
        return [("warn", gettext("Fără răspuns bun de peste două ore."))]
    return []


def filter_rows(rows: list[CompanyRow], *, words: str, state: str) -> list[CompanyRow]:
    """By a part of the name or the CUI, and by how the company stands."""
    needle = words.casefold()
    digits = needle.removeprefix("ro").replace(" ", "")
    if needle:
        rows = [
            row
            for row in rows
            if needle in row.company.name.casefold() or (digits and digits in row.company.cui)
        ]
    if state == "probleme":
        rows = [row for row in rows if row.issues]
    if state == "fara-drept":
        rows = [row for row in rows if row.right == CompanyRight.State.NO_RIGHT]
    return rows


def sort_rows(rows: list[CompanyRow], order: str) -> list[CompanyRow]:
    """By name first, so that equals stand in that order."""
    by_name = sorted(rows, key=lambda row: (str(row.company).casefold(), row.company.cui))
    never = datetime.min.replace(tzinfo=UTC)
    if order == "denumire":
        return by_name
    if order == "sincronizare":
        return sorted(by_name, key=lambda row: row.last_good_at or never)
    if order == "uit":
        return sorted(by_name, key=lambda row: -row.active)
    if order == "autorizare":
        return sorted(by_name, key=lambda row: (row.authorization, row.right))
    return sorted(by_name, key=lambda row: (row.severity, -len(row.issues)))
