"""Which alarms about authorizations are still needed: it does not work, and no other does its
work."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from caraus.authorizations.models import Authorization
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.authorizations.replacement import NOT_ENDED
from caraus.authorizations.status import unneeded_authorizations
from caraus.notifications.escalation import register_alarm_check
from caraus.notifications.models import Escalation


def _still_needed(alarms: Collection[Escalation], now: datetime) -> Collection[int]:
    organizations = {alarm.organization_id for alarm in alarms}
    living: dict[int, list[Authorization]] = defaultdict(list)
    rows = Authorization.objects.filter(organization__in=organizations, status__in=NOT_ENDED)
    for authorization in rows.prefetch_related("rights"):
        living[authorization.organization_id].append(authorization)
    stopped = {
        authorization.pk
        for several in living.values()
        for authorization in several
        if _has_stopped(authorization, now)
    }
    for several in living.values():
        stopped -= unneeded_authorizations(several)
    return [alarm.pk for alarm in alarms if alarm.subject_id in stopped]


def _has_stopped(authorization: Authorization, now: datetime) -> bool:
    ends = min(authorization.access_expires_at, authorization.expires_at)
    return authorization.status == Authorization.Status.REAUTHORIZE or ends <= now


register_alarm_check(AUTHORIZATION_NEEDED, _still_needed)
