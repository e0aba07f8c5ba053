"""Which authorization serves which company: what ANAF answered about each, remembered."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.connections import succession
from caraus.connections.models import CompanyRight, Connection

# A company that was refused is tried again with the same certificate only after a day.
RETRY_REFUSED_AFTER = timedelta(days=1)
# After a good time a refusal may be a hiccup of ANAF's: asked again this soon, before the day.
RETRY_COVERED_AFTER = (timedelta(minutes=5), timedelta(hours=1))


def retry_pause(*, refusals: int, was_covered: bool) -> timedelta:
    """How long a refused company is left in peace; `refusals`: in a row, this one included."""
    if was_covered and refusals <= len(RETRY_COVERED_AFTER):
        return RETRY_COVERED_AFTER[refusals - 1]
    return RETRY_REFUSED_AFTER


def connection_for(
    company: Company, *, now: datetime | None = None, apart_from: Sequence[Connection] = ()
) -> Connection | None:
    """The active authorization to ask with: one that covers the company, else an untried one.

    One that ANAF refused for this company is left in peace until its time (`retry_pause`);
    `apart_from` are those tried just now. None: there is none.
    """
    now = now or timezone.now()
    return (
        _active(company)
        .exclude(pk__in=[connection.pk for connection in apart_from])
        .exclude(rights__in=_resting(now).filter(company=company))
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


def authorizations_for(company: Company) -> QuerySet[Connection]:
    """Living and ended. One given by a link for some companies serves only those."""
    allowed = Q(link=None) | Q(link__for_all=True) | Q(link__companies=company)
    return Connection.objects.filter(allowed, organization_id=company.organization_id).distinct()


def _active(company: Company) -> QuerySet[Connection]:
    return authorizations_for(company).filter(status=Connection.Status.ACTIVE)


def _resting(now: datetime) -> QuerySet[CompanyRight]:
    """Refused, and not yet to be tried again."""
    return CompanyRight.objects.filter(state=CompanyRight.State.NO_RIGHT, retry_at__gt=now)


def companies_of(connection: Connection) -> QuerySet[Company]:
    """The companies that the authorization may serve, if the certificate has the right."""
    companies = Company.objects.filter(organization_id=connection.organization_id, archived_at=None)
    if connection.link is not None and not connection.link.for_all:
        companies = companies.filter(external_links=connection.link)
    return companies


def refused_everywhere(company: Company) -> bool:
    """There are active authorizations, and ANAF refused each of them for this company."""
    return _active(company).exists() and connection_for(company) is None


def to_try(connection: Connection, *, now: datetime | None = None) -> Iterator[Company]:
    """The companies whose right with this authorization is unknown or to be tried again, apart
    from those that the next synchronization will ask about with it anyway."""
    now = now or timezone.now()
    known = CompanyRight.objects.filter(connection=connection)
    settled = known.filter(state=CompanyRight.State.COVERED) | known.filter(
        state=CompanyRight.State.NO_RIGHT, retry_at__gt=now
    )
    for company in companies_of(connection).exclude(pk__in=settled.values("company")):
        if connection_for(company, now=now) != connection:
            yield company


@transaction.atomic
def remember(
    *, connection: Connection, company: Company, covered: bool, at: datetime | None = None
) -> None:
    """Keep what ANAF answered about the company when asked with this authorization."""
    at = at or timezone.now()
    CompanyRight.objects.get_or_create(connection=connection, company=company)
    right = CompanyRight.objects.select_for_update().get(connection=connection, company=company)
    right.checked_at = at
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
        succession.settle(connection)


def forget_refusals(company: Company) -> None:
    """Try every authorization again (a person asked for it)."""
    CompanyRight.objects.filter(company=company, state=CompanyRight.State.NO_RIGHT).update(
        checked_at=None, retry_at=None, state=CompanyRight.State.UNKNOWN
    )
