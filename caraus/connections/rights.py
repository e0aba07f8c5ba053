"""Which authorization serves which company: what ANAF answered about each, remembered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.connections.models import CompanyRight, Connection

# A company that was refused is tried again with the same certificate only after a day.
RETRY_REFUSED_AFTER = timedelta(days=1)


def connection_for(
    company: Company, *, now: datetime | None = None, apart_from: Sequence[Connection] = ()
) -> Connection | None:
    """The active authorization to ask with: one that covers the company, else an untried one.

    One that ANAF refused for this company is left in peace for a day; `apart_from` are those
    tried just now. None: there is none.
    """
    now = now or timezone.now()
    return (
        _active(company)
        .exclude(pk__in=[connection.pk for connection in apart_from])
        .exclude(
            rights__in=CompanyRight.objects.filter(
                company=company,
                state=CompanyRight.State.NO_RIGHT,
                checked_at__gt=now - RETRY_REFUSED_AFTER,
            )
        )
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


def _active(company: Company) -> QuerySet[Connection]:
    return Connection.objects.filter(
        organization_id=company.organization_id, status=Connection.Status.ACTIVE
    )


def refused_everywhere(company: Company) -> bool:
    """There are active authorizations, and ANAF refused each of them for this company."""
    return _active(company).exists() and connection_for(company) is None


def remember(
    *, connection: Connection, company: Company, covered: bool, at: datetime | None = None
) -> None:
    """Keep what ANAF answered about the company when asked with this authorization."""
    state = CompanyRight.State.COVERED if covered else CompanyRight.State.NO_RIGHT
    CompanyRight.objects.update_or_create(
        connection=connection,
        company=company,
        defaults={"state": state, "checked_at": at or timezone.now()},
    )


def forget_refusals(company: Company) -> None:
    """Try every authorization again (a person asked for it)."""
    CompanyRight.objects.filter(company=company, state=CompanyRight.State.NO_RIGHT).update(
        checked_at=None, state=CompanyRight.State.UNKNOWN
    )
