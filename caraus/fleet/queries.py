"""Queries of the issues of UITs, for the packages above. New issues are sent by `appeared`."""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from caraus.accounts.models import Company
from caraus.core.formatting import today
from caraus.fleet.issue_store import appeared
from caraus.fleet.issues import IssueCode
from caraus.fleet.models import Issue, Vehicle
from caraus.fleet.plates import MAX_LENGTH
from caraus.transports.models import DEALT_WITH_KINDS, Transport

__all__ = [
    "IssueCode",
    "appeared",
    "attach_issues",
    "count_missing_plates",
    "count_with_issues",
    "has_issues",
    "issues_of",
    "pending_issues_of",
    "transports_with_issues",
]

_ATTACHED = "_attached_issues"
_PENDING = ~Q(mark__in=DEALT_WITH_KINDS)
_WORST_FIRST = {code: rank for rank, code in enumerate(IssueCode)}


def issues_of(transport: Transport) -> list[Issue]:
    """Return the issues of a UIT, the worst first; none once it is closed. No query where the UIT
    was taken with `prefetch_related("issues")` or `attach_issues` was called."""
    if transport.state not in Transport.OPEN_STATES or transport.is_over_on(today()):
        return []
    attached: list[Issue] | None = getattr(transport, _ATTACHED, None)
    issues = transport.issues.all() if attached is None else attached
    return sorted(issues, key=lambda issue: (_WORST_FIRST[IssueCode(issue.code)], issue.pk))


def attach_issues(transports: Collection[Transport], *, some: bool) -> None:
    """Attach the issues of many UITs at once, for `issues_of`; `some`: False where it is known that
    none of them has any, which then queries nothing."""
    of_each: dict[int, list[Issue]] = {transport.pk: [] for transport in transports}
    if some:
        for issue in Issue.objects.filter(transport__in=of_each).order_by("pk"):
            of_each[issue.transport_id].append(issue)
    for transport in transports:
        setattr(transport, _ATTACHED, of_each[transport.pk])


def pending_issues_of(transport: Transport) -> list[Issue]:
    """Return those of the issues of a UIT that nobody has dealt with."""
    return [issue for issue in issues_of(transport) if not issue.is_dealt_with]


def transports_with_issues(companies: Collection[int], day: date) -> QuerySet[Transport]:
    """Return the UITs of these companies that have an issue to deal with and are open on a day."""
    keys = Issue.objects.filter(_PENDING, company__in=companies).order_by().values("transport")
    return Transport.objects.filter(
        pk__in=keys, state__in=Transport.OPEN_STATES, first_expired_day__gt=day
    )


def has_issues(day: date) -> Q:
    """Return the same as a condition on UITs."""
    some = Exists(Issue.objects.filter(_PENDING, transport=OuterRef("pk")))
    return Q(some) & Q(state__in=Transport.OPEN_STATES, first_expired_day__gt=day)


def plates_not_in_fleet(company: Company, plates: Collection[str]) -> list[str]:
    """Return those of the normalized plates that no vehicle in use of the company has; none where
    the company keeps no fleet here."""
    vehicles = Vehicle.objects.filter(company=company)
    known = set(vehicles.filter(active=True, plate__in=plates).values_list("plate", flat=True))
    missing = [plate for plate in dict.fromkeys(plates) if plate not in known]
    return missing if missing and vehicles.exists() else []


def count_missing_plates(companies: Collection[int], day: date) -> int:
    """Count the plates of open UITs that could be added to the fleets that companies have."""
    rows = Issue.objects.annotate(length=Length("plate")).filter(
        length__lte=MAX_LENGTH,
        company__in=companies,
        code=IssueCode.NOT_IN_FLEET,
        transport__state__in=Transport.OPEN_STATES,
        transport__first_expired_day__gt=day,
    )
    return rows.order_by().values("company", "plate").distinct().count()


def count_with_issues(companies: Collection[int], day: date, *, most: int | None = None) -> int:
    """Count the UITs that have an issue, no further than `most`."""
    return transports_with_issues(companies, day).order_by()[:most].count()
