"""Which authorization serves which company: what ANAF said about each, remembered."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.authorizations import links, replacement
from caraus.authorizations.models import Authorization, CompanyRight

# A company that was refused is tried again with the same certificate after a day, then after two,
# four, … days, a month at most; one that was covered, whose UITs matter, each day.
RETRY_REFUSED_AFTER = timedelta(days=1)
LONGEST_REFUSED = timedelta(days=30)
# A person's press lets so many refused pairs be tried again, the longest refused first, and none
# that was refused within the hour.
LIFTED_AT_ONCE = 20
LIFTED_AFTER = timedelta(hours=1)
# After a good time a refusal may be a hiccup of ANAF's: polled again this soon, before the day.
RETRY_COVERED_AFTER = (timedelta(minutes=5), timedelta(hours=1))


def retry_pause(*, refusals: int, was_covered: bool) -> timedelta:
    """Return how long a refused company is left in peace; `refusals`: in a row, this one
    included."""
    if was_covered and refusals <= len(RETRY_COVERED_AFTER):
        return RETRY_COVERED_AFTER[refusals - 1]
    if was_covered:
        return RETRY_REFUSED_AFTER
    longer: int = 2 ** min(refusals - 1, 10)
    return min(RETRY_REFUSED_AFTER * longer, LONGEST_REFUSED)


def authorization_for(
    company: Company, *, now: datetime | None = None, apart_from: Sequence[Authorization] = ()
) -> Authorization | None:
    """Return the active authorization to poll with: one that covers the company, else an untried
    one.

    One that ANAF refused for this company is left in peace until its time (`retry_pause`);
    `apart_from` are those tried just now. None: there is none.
    """
    now = now or timezone.now()
    return (
        _active(company)
        .exclude(pk__in=[authorization.pk for authorization in apart_from])
        .exclude(rights__in=_refused_until(now).filter(company=company))
        .annotate(
            rank=Case(
                When(
                    rights__in=CompanyRight.objects.filter(
                        company=company, state=CompanyRight.State.COVERED
                    ),
                    then=Value(0),
                ),
                default=Value(1),
                output_field=IntegerField(),
            )
        )
        .order_by("rank", "-authorized_at", "-pk")
        .first()
    )


def authorizations_for(company: Company) -> QuerySet[Authorization]:
    """Return living and ended authorizations. One given by a link for some companies serves only
    those."""
    allowed = Q(link=None) | Q(link__for_all=True) | Q(link__companies=company)
    return Authorization.objects.filter(allowed, organization_id=company.organization_id).distinct()


def _active(company: Company) -> QuerySet[Authorization]:
    return authorizations_for(company).filter(status=Authorization.Status.ACTIVE)


def _refused_until(now: datetime) -> QuerySet[CompanyRight]:
    """Return the condition „refused, and not yet to be tried again”."""
    return CompanyRight.objects.filter(state=CompanyRight.State.NO_RIGHT, retry_at__gt=now)


def served_companies(authorization: Authorization) -> QuerySet[Company]:
    """Return the companies that the authorization may serve, if the certificate has the right."""
    companies = Company.objects.filter(
        organization_id=authorization.organization_id, archived_at=None
    )
    if authorization.link is not None and not authorization.link.for_all:
        companies = companies.filter(external_links=authorization.link)
    return companies


def refused_everywhere(company: Company) -> bool:
    """Return whether there are active authorizations, and ANAF refused each of them for this
    company."""
    return _active(company).exists() and authorization_for(company) is None


# Each active authorization with each company that it may serve and whose right is unknown or to be
# tried again, where the next synchronization will poll with another one: as `authorization_for`
# chooses, with one that covers the company, else with the newest that is not left in peace. Written
# by hand: pairs of two tables without a relation, and a comparison of rows.
_TO_CHECK = """
FROM authorizations_authorization k
LEFT JOIN authorizations_externallink l ON l.id = k.link_id
JOIN accounts_company c ON c.organization_id = k.organization_id AND c.archived_at IS NULL
WHERE k.status = 'active' AND (%(authorization)s::bigint IS NULL OR k.id = %(authorization)s)
AND (k.link_id IS NULL OR l.for_all OR EXISTS (
    SELECT FROM authorizations_externallink_companies m
    WHERE m.externallink_id = k.link_id AND m.company_id = c.id))
AND NOT EXISTS (
    SELECT FROM authorizations_companyright r
    WHERE r.authorization_id = k.id AND r.company_id = c.id
    AND (r.state = 'covered' OR r.state = 'no_right' AND r.retry_at > %(now)s))
AND EXISTS (
    SELECT FROM authorizations_authorization other
    LEFT JOIN authorizations_externallink ol ON ol.id = other.link_id
    LEFT JOIN authorizations_companyright r
        ON r.authorization_id = other.id AND r.company_id = c.id
    WHERE other.organization_id = k.organization_id AND other.status = 'active'
    AND other.id <> k.id
    AND (other.link_id IS NULL OR ol.for_all OR EXISTS (
        SELECT FROM authorizations_externallink_companies m
        WHERE m.externallink_id = other.link_id AND m.company_id = c.id))
    AND (r.state = 'covered'
         OR (other.authorized_at, other.id) > (k.authorized_at, k.id)
         AND (r.id IS NULL OR r.state = 'unknown' OR r.retry_at IS NULL OR r.retry_at <= %(now)s)))
"""


def companies_to_check(
    authorization: Authorization, *, now: datetime | None = None
) -> list[Company]:
    """Return the companies whose right with this authorization is unknown or to be tried again,
    apart from those that the next synchronization will poll with it anyway."""
    keys = _pairs("SELECT c.id", {"authorization": authorization.pk, "now": now or timezone.now()})
    return list(Company.objects.filter(pk__in=keys).order_by("pk"))


def authorizations_to_check(*, now: datetime | None = None) -> list[int]:
    """Return the authorizations of all organizations with which `companies_to_check` finds
    companies."""
    return _pairs("SELECT DISTINCT k.id", {"authorization": None, "now": now or timezone.now()})


def _pairs(select: str, values: dict[str, Any]) -> list[int]:
    with database.cursor() as cursor:
        cursor.execute(f"{select} {_TO_CHECK}", values)
        return [key for (key,) in cursor.fetchall()]


@transaction.atomic
def record_right(
    *, authorization: Authorization, company: Company, covered: bool, at: datetime | None = None
) -> None:
    """Record what ANAF said about the company when polled with this authorization."""
    at = at or timezone.now()
    CompanyRight.objects.get_or_create(authorization=authorization, company=company)
    right = CompanyRight.objects.select_for_update().get(
        authorization=authorization, company=company
    )
    was_state, right.checked_at = right.state, at
    if covered:
        right.state, right.covered_at = CompanyRight.State.COVERED, at
        right.refusals, right.retry_at = 0, None
    else:
        right.state = CompanyRight.State.NO_RIGHT
        right.refusals += 1
        was_covered = right.covered_at is not None
        right.retry_at = at + retry_pause(refusals=right.refusals, was_covered=was_covered)
    right.save()
    if covered:
        replacement.end_covered_predecessors(authorization)
    if authorization.link_id is not None and (not covered or was_state != right.state):
        _record_for_link(authorization, covered=covered, at=at)


def _record_for_link(authorization: Authorization, *, covered: bool, at: datetime) -> None:
    """Let the link of the authorization be used again when ANAF has refused every company."""
    link = authorization.link
    if link is None:
        return
    if covered:
        links.record_link_served(link.pk, at=at)
    elif not served_companies(authorization).exclude(pk__in=_refused(authorization)).exists():
        links.reopen_link(link, authorization, list(refused_companies(authorization)))


def refused_companies(authorization: Authorization) -> QuerySet[Company]:
    """Return the companies that ANAF refuses with this authorization, by name."""
    companies = served_companies(authorization).filter(pk__in=_refused(authorization))
    return companies.order_by("name", "cui")


def _refused(authorization: Authorization) -> QuerySet[CompanyRight, int]:
    rights = CompanyRight.objects.filter(authorization=authorization)
    return rights.filter(state=CompanyRight.State.NO_RIGHT).values_list("company_id", flat=True)


def clear_refusals(company: Company) -> None:
    """Try every authorization again (a person requested it)."""
    CompanyRight.objects.filter(company=company, state=CompanyRight.State.NO_RIGHT).update(
        checked_at=None, retry_at=None, state=CompanyRight.State.UNKNOWN
    )


def lift_refusals(company_ids: Collection[int]) -> None:
    """Let refused pairs of these companies be tried again (a person pressed „Sincronizează acum”):
    a bounded number, and none that ANAF has refused within the hour."""
    if not company_ids:
        return
    with database.cursor() as cursor:
        cursor.execute(
            "UPDATE authorizations_companyright"
            " SET state = %(unknown)s, checked_at = NULL, retry_at = NULL WHERE id IN"
            " (SELECT id FROM authorizations_companyright"
            "  WHERE company_id = ANY(%(keys)s::bigint[])"
            "  AND state = %(refused)s AND (checked_at IS NULL OR checked_at < %(before)s)"
            "  ORDER BY checked_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED)",
            {
                "unknown": CompanyRight.State.UNKNOWN,
                "refused": CompanyRight.State.NO_RIGHT,
                "keys": list(company_ids),
                "before": timezone.now() - LIFTED_AFTER,
                "most": LIFTED_AT_ONCE,
            },
        )
