"""What other rooms ask about the problems of UITs. New ones are told by `keeper.appeared`."""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from caraus.fleet.keeper import OPEN, appeared
from caraus.fleet.models import Problem
from caraus.fleet.problems import Code
from caraus.transports.models import Transport
from caraus.words import today

__all__ = [
    "Code",
    "appeared",
    "count",
    "having_problems",
    "keys_with_problems",
    "problems_of",
    "with_problems",
]

_WORST_FIRST = {code: rank for rank, code in enumerate(Code)}


def problems_of(transport: Transport) -> list[Problem]:
    """The problems of a UIT, the worst first; none once it is closed. No query where the UIT was
    taken with `prefetch_related("problems")`."""
    if transport.state not in OPEN or transport.first_expired_day <= today():
        return []
    found = transport.problems.all()
    return sorted(found, key=lambda one: (_WORST_FIRST[Code(one.code)], one.pk))


def with_problems(companies: Collection[int], day: date) -> QuerySet[Transport]:
    """The UITs of these companies that have a problem and are open on a day in Bucharest."""
    keys = Problem.objects.filter(company__in=companies).order_by().values("transport")
    return Transport.objects.filter(pk__in=keys, state__in=OPEN, first_expired_day__gt=day)


def having_problems(day: date) -> Q:
    """The same as a condition on UITs, for walking them in order."""
    some = Exists(Problem.objects.filter(transport=OuterRef("pk")))
    return Q(some) & Q(state__in=OPEN, first_expired_day__gt=day)


def keys_with_problems(companies: Collection[int], day: date, *, most: int) -> list[int] | None:
    """The keys of those UITs; None when there are more than `most`."""
    found = with_problems(companies, day).order_by().values_list("pk", flat=True)
    keys = list(found[: most + 1])
    return keys if len(keys) <= most else None


def count(companies: Collection[int], day: date, *, most: int | None = None) -> int:
    """How many UITs have a problem; counted no further than `most`."""
    return with_problems(companies, day).order_by()[:most].count()
