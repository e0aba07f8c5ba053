"""What is urgent first: the groups of the list, in the order in which somebody has to act."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.functional import Promise

from caraus.core.formatting import BUCHAREST, gettext_lazy
from caraus.fleet import queries as fleet
from caraus.transports.display import Tone
from caraus.transports.models import DEALT_WITH, Transport
from caraus.workspace.filters import ListFilters

State = Transport.State
OPEN = Q(state__in=Transport.OPEN_STATES)
# From noon on, what ends at midnight goes before everything that is not expired.
LAST_HOURS = 12
# An expired UIT stays in the list for so long, unless it is dealt with or replaced before.
EXPIRED_FOR = timedelta(days=7)
# A delisted UIT stays for so long: then everybody has seen it.
DELISTED_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of the list; `key` stands in addresses."""

    key: str
    label: str | Promise
    tone: Tone
    icon: str
    # What the law requires, where it requires something at once.
    advice: str | Promise = ""


# In their order; the rank of a group is its index.
GROUPS = (
    Group(
        "expirate",
        gettext_lazy("Expirate"),
        "bad",
        "calendar-x",
        gettext_lazy("dacă este încă pe drum, oprește-l și cere un UIT valabil"),
    ),
    Group("ultimele-ore", gettext_lazy("Expiră în câteva ore"), "bad", "alarm-clock"),
    Group(
        "nu-porni",
        gettext_lazy("Nu porni cu ele: lipsă la ANAF sau alt transportator"),
        "bad",
        "octagon-alert",
    ),
    Group("probleme", gettext_lazy("Cu probleme"), "warn", "triangle-alert"),
    Group("azi", gettext_lazy("Expiră azi"), "bad", "alarm-clock"),
    Group("maine", gettext_lazy("Expiră mâine"), "warn", "hourglass"),
    Group("restul", gettext_lazy("Celelalte"), "calm", "calendar-check"),
    Group("rezolvate", gettext_lazy("Rezolvate"), "good", "circle-check"),
)
RANKS = {group.key: rank for rank, group in enumerate(GROUPS)}
DEALT_WITH_RANK = RANKS["rezolvate"]
# Closed until somebody opens them.
USUALLY_FOLDED = frozenset({"rezolvate"})


def is_current(today: date) -> Q:
    """Match the list as it opens: what is open, or was until lately and is not dealt with.

    Of the days since last week, this names what is left out: of alternatives PostgreSQL expects
    hardly a row, and then searches for the mark, company and replacement of each row by itself.
    """
    is_over = Q(first_expired_day__lte=today)
    seen_by_all = Q(last_changed_at__lte=timezone.now() - DELISTED_FOR)
    return (
        Q(first_expired_day__gt=today - EXPIRED_FOR)
        & ~(Q(state=State.EXPIRED) & ~is_over)
        & ~(Q(state=State.DELISTED) & (is_over | seen_by_all | DEALT_WITH))
        & ~(is_over & DEALT_WITH)
        & ~Q(_replacement_of_expired(today))
    )


def is_expired_unresolved(today: date) -> Q:
    """Match what has expired lately and is neither dealt with nor replaced by a new UIT: a lorry
    may still be on the road with it."""
    days = Q(first_expired_day__gt=today - EXPIRED_FOR, first_expired_day__lte=today)
    is_replaced = Q(_replacement_of_expired(today))
    return ~Q(state=State.DELISTED) & days & ~DEALT_WITH & ~is_replaced


def _replacement_of_expired(today: date) -> Exists:
    """Match a UIT of the same lorry that came later and is valid now; none of what is not
    expired."""
    return Exists(
        Transport.objects.filter(
            OPEN,
            GreaterThanOrEqual(Value(today), OuterRef("first_expired_day")),
            ~Q(sort_vehicle=""),
            organization=OuterRef("organization"),
            company=OuterRef("company"),
            sort_vehicle=OuterRef("sort_vehicle"),
            first_seen_at__gt=OuterRef("first_seen_at"),
            transport_date__lte=today,
            first_expired_day__gt=today,
        )
    )


def must_not_start(today: date) -> Q:
    """Match what no driver may leave with: missing at ANAF, just delisted, another carrier's."""
    return Q(first_expired_day__gt=today) & is_current(today) & ~DEALT_WITH & _is_unsure()


def _is_unsure() -> Q:
    other_carrier = ~Q(carrier_cui="") & ~Q(carrier_cui=F("company__cui"))
    return ~Q(state=State.ACTIVE) | other_carrier


def with_urgency(
    rows: QuerySet[Transport], *, today: date, now: datetime | None = None
) -> QuerySet[Transport]:
    """Annotate UITs of the list as it opens with the rank of their group."""
    hour = (now or timezone.now()).astimezone(BUCHAREST).hour
    ends = [Q(first_expired_day=today + timedelta(days=days)) for days in (1, 2)]
    conditions = {
        "rezolvate": DEALT_WITH,
        "expirate": Q(first_expired_day__lte=today),
        "ultimele-ore": ends[0] & OPEN if hour >= 24 - LAST_HOURS else None,
        "nu-porni": _is_unsure(),
        "probleme": fleet.has_issues(today),
        "azi": ends[0],
        "maine": ends[1],
    }
    cases = [
        When(condition, then=Value(RANKS[key]))
        for key, condition in conditions.items()
        if condition is not None
    ]
    return rows.annotate(
        urgency=Case(*cases, default=Value(RANKS["restul"]), output_field=IntegerField())
    )


def folded_ranks(filters: ListFilters) -> set[int]:
    """Return the ranks of the closed groups: the usual ones, except those that were toggled.

    What is searched for is shown, wherever it is.
    """
    usual = frozenset() if filters.query else USUALLY_FOLDED
    return {RANKS[key] for key in usual ^ (RANKS.keys() & filters.toggled_keys)}
