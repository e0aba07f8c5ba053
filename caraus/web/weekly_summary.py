"""The owner's week in five lines, by e-mail, on Monday morning."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from caraus.accounts import access
from caraus.accounts.models import Membership, Organization, Role, User
from caraus.authorizations.replacement import NOT_ENDED
from caraus.core.formatting import BUCHAREST, bucharest_midnight
from caraus.core.queries import count_each
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.models import Notification
from caraus.notifications.notify import notify
from caraus.transports.models import Transport, TransportEvent
from caraus.web.dashboard import build_dashboard
from caraus.web.notification_kinds import WEEKLY_SUMMARY
from caraus.web.notification_texts import weekly_summary

# On Mondays from this hour on, in Romania.
HOUR = 7
Kind = TransportEvent.Kind


@dataclass(frozen=True, slots=True)
class WeekSummary:
    """What happened from Monday to Sunday, in Romania; counts of UITs."""

    first: date
    new: int
    lorries: int
    expired: int
    delisted: int
    other_carrier: int
    filed: int
    refused: int


def notify_weekly(now: datetime | None = None) -> None:
    """Notify the owners of each organization once a Monday; at another time nothing."""
    now = now or timezone.now()
    here = now.astimezone(BUCHAREST)
    if here.weekday() or here.hour < HOUR:
        return
    living = Organization.objects.filter(authorizations__status__in=NOT_ENDED).distinct()
    for organization in living.order_by("pk"):
        _notify_owners(organization, here.date() - timedelta(days=7), now)


@isolate_failures
def _notify_owners(organization: Organization, first: date, now: datetime) -> None:
    owners = Membership.objects.filter(organization=organization, role=Role.OWNER)
    membership = owners.select_related("organization", "user").first()
    key = f"{organization.pk}:{first.isoformat()}"
    is_done = Notification.objects.filter(kind=WEEKLY_SUMMARY.code, key=key).exists()
    if membership is None or is_done:
        return
    week = _count_week(membership, first)
    notify(
        organization=organization,
        users=User.objects.filter(memberships__in=owners),
        kind=WEEKLY_SUMMARY,
        key=key,
        message=weekly_summary,
        facts=asdict(week)
        | {
            "first": first.isoformat(),
            "clock": f"{now.astimezone(BUCHAREST):%H:%M}",
            "now": _in_each_language(membership),
        },
        address=reverse("home"),
        now=now,
    )


def _count_week(membership: Membership, first: date) -> WeekSummary:
    companies = [company.pk for company in access.visible_companies(membership)]
    begins, ends = (bucharest_midnight(day) for day in (first, first + timedelta(days=7)))
    transports = Transport.objects.filter(company__in=companies)
    new = transports.filter(first_seen_at__gte=begins, first_seen_at__lt=ends)
    events = TransportEvent.objects.filter(
        transport__company__in=companies, at__gte=begins, at__lt=ends
    )
    filed = VehicleChange.objects.filter(
        company__in=companies,
        rehearsal=False,
        confirmed_at__gte=begins,
        confirmed_at__lt=ends,
    )
    counted: Sequence[QuerySet[Any, Any]] = (
        new.values("pk"),
        new.exclude(sort_vehicle="").values("company", "sort_vehicle").distinct(),
        *(
            events.filter(kind=kind).values("transport").distinct()
            for kind in (Kind.EXPIRED, Kind.DELISTED, Kind.CARRIER_CHANGED)
        ),
        filed.values("pk"),
        filed.filter(state=ChangeState.REFUSED).values("pk"),
    )
    return WeekSummary(first, *count_each(*(rows.order_by() for rows in counted)))


def _in_each_language(membership: Membership) -> dict[str, dict[str, str]]:
    """Return what Panou says on this Monday, by language: a day later it may say something else."""
    sentences = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            dashboard = build_dashboard(membership)
            health = dashboard.authorization
            sentences[language] = {"risks": dashboard.sentence} | (
                {"state": health.word, "sentence": health.sentence} if health else {}
            )
    return sentences
