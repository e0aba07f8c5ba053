"""What other rooms ask about the problems of UITs. New ones are told by `keeper.appeared`."""

from collections.abc import Collection
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from caraus.core.formatting import today
from caraus.fleet.issue_store import OPEN, appeared
from caraus.fleet.issues import Code
from caraus.fleet.models import Problem
from caraus.transports.models import Transport

__all__ = [
    "Code",
    "appeared",
    "count",
    "having_problems",
    "problems_of",
    "take_problems",
    "with_problems",
]

_TAKEN = "_problems_taken"
_WORST_FIRST = {code: rank for rank, code in enumerate(Code)}


def problems_of(transport: Transport) -> list[Problem]:
    """The problems of a UIT, the worst first; none once it is closed. No query where the UIT was
    taken with `prefetch_related("problems")` or `take_problems` was asked."""
    if transport.state not in OPEN or transport.is_over_on(today()):
        return []
    taken: list[Problem] | None = getattr(transport, _TAKEN, None)
    found = transport.problems.all() if taken is None else taken
    return sorted(found, key=lambda one: (_WORST_FIRST[Code(one.code)], one.pk))


def take_problems(transports: Collection[Transport], *, some: bool) -> None:
    """Takes those of many UITs at once, for `problems_of`; `some`: False where it is known that
    none of them has any, which then asks nothing."""
    of_each: dict[int, list[Problem]] = {one.pk: [] for one in transports}
    if some:
        for problem in Problem.objects.filter(transport__in=of_each).order_by("pk"):
            of_each[problem.transport_id].append(problem)
    for one in transports:
        setattr(one, _TAKEN, of_each[one.pk])


def with_problems(companies: Collection[int], day: date) -> QuerySet[Transport]:
    """The UITs of these companies that have a problem and are open on a day in Bucharest."""
    keys = Problem.objects.filter(company__in=companies).order_by().values("transport")
    return Transport.objects.filter(pk__in=keys, state__in=OPEN, first_expired_day__gt=day)


def having_problems(day: date) -> Q:
    """The same as a condition on UITs."""
    some = Exists(Problem.objects.filter(transport=OuterRef("pk")))
    return Q(some) & Q(state__in=OPEN, first_expired_day__gt=day)


def count(companies: Collection[int], day: date, *, most: int | None = None) -> int:
    """How many UITs have a problem; counted no further than `most`."""
    return with_problems(companies, day).order_by()[:most].count()
