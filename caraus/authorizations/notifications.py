"""What people are notified of about an authorization: who, and when (`notification_texts.py` says
what).

Each function is called in the transaction of the event, and notifies of it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from caraus.accounts.models import Company
from caraus.authorizations.models import Authorization, ExternalLink
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED, EXTERNAL_LINK_USED
from caraus.authorizations.notification_texts import (
    authorization_ends,
    authorization_facts,
    authorization_refused,
    link_no_right,
    link_used,
    refresh_fails,
    taken_back,
)
from caraus.authorizations.recipients import recipients_of
from caraus.core.formatting import bucharest_day, join_first
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.messages import Facts, MessageKind
from caraus.notifications.models import Notification
from caraus.notifications.notify import notify

# A refresh that fails for passing reasons is notified of when so little is left.
NOTIFY_BEFORE_END = timedelta(days=3)
SHORT_LIFE_OVER = timedelta(hours=1)
# Of the companies without a right; the others are counted.
MOST_NAMED = 2


@isolate_failures
def needs_authorization(authorization: Authorization, *, now: datetime) -> None:
    """Notify at once that ANAF refuses the authorization for good."""
    _notify(
        authorization,
        key=f"refused:{authorization.pk}",
        message=authorization_refused,
        facts=authorization_facts(authorization, now) | {"error": authorization.last_failure_code},
        has_stopped=True,
        now=now,
    )


@isolate_failures
def token_refresh_fails(authorization: Authorization, *, now: datetime) -> None:
    """Notify once that the token refresh fails for reasons that may pass, when the access token's
    end is near, and once when it is over. Where the fault is this server's, nobody is sent for the
    certificate."""
    left = authorization.access_expires_at - now
    # A token that ANAF gives for hours is always near its end: notified of when it is over for an
    # hour.
    if left > (
        NOTIFY_BEFORE_END if authorization.access_life > 2 * NOTIFY_BEFORE_END else -SHORT_LIFE_OVER
    ):
        return
    day = bucharest_day(authorization.access_expires_at)
    over = left <= timedelta()
    _notify(
        authorization,
        key=f"failing:{authorization.pk}:{day}{':over' if over else ''}",
        message=refresh_fails,
        facts=authorization_facts(authorization, now)
        | {
            "error": authorization.last_failure_code,
            "end": authorization.access_expires_at.isoformat(),
            "over": over,
        },
        has_stopped=over,
        now=now,
    )


@isolate_failures
def end_is_near(authorization: Authorization, *, days: int, now: datetime) -> None:
    """Notify that a person will be needed: `days` is the notice's stage (30, 14, 7, 3, 1, 0)."""
    end = bucharest_day(authorization.expires_at)
    over = end < bucharest_day(now)
    _notify(
        authorization,
        key=f"end:{authorization.pk}:{end}:{days}",
        message=authorization_ends,
        facts=authorization_facts(authorization, now)
        | {
            "end": end.isoformat(),
            "over": over,
            "estimated": authorization.expiry_estimated,
            "by_rule": authorization.ends_by_rule,
        },
        has_stopped=over,
        now=now,
    )


@isolate_failures
def link_was_used(link: ExternalLink, authorization: Authorization, *, now: datetime) -> None:
    """Notify the sender of the link that somebody authorized with it."""
    if link.created_by is None:
        return
    notify(
        organization=link.organization,
        users=[link.created_by],
        kind=EXTERNAL_LINK_USED,
        key=f"used:{authorization.pk}",
        message=link_used,
        facts={"person": authorization.person_name},
        address=reverse("authorizations:integrations"),
        now=now,
    )


@isolate_failures
def link_without_right(
    link: ExternalLink,
    authorization: Authorization,
    companies: Sequence[Company],
    *,
    now: datetime,
) -> None:
    """Notify the sender that the certificate has no right for these companies, all that the link is
    for; it takes the place of the notification that somebody authorized."""
    if link.created_by is None:
        return
    Notification.objects.filter(
        organization=link.organization_id,
        kind=EXTERNAL_LINK_USED.code,
        key=f"used:{authorization.pk}",
    ).delete()
    shown, more = join_first(companies, MOST_NAMED)
    notify(
        organization=link.organization,
        users=[link.created_by],
        kind=EXTERNAL_LINK_USED,
        key=f"no_right:{authorization.pk}",
        message=link_no_right,
        facts={
            "person": authorization.person_name,
            "serial": authorization.short_serial,
            "companies": shown,
            "more": more,
            "until": link.expires_at.isoformat(),
            "today": bucharest_day(now).isoformat(),
        },
        address=reverse("authorizations:integrations"),
        now=now,
    )


@isolate_failures
def was_taken_back(authorization: Authorization, *, now: datetime) -> None:
    """Whoever authorized did not want to: those who can act are notified."""
    link = authorization.link
    _notify(
        authorization,
        key=f"taken_back:{authorization.pk}",
        message=taken_back,
        facts={"person": authorization.person_name, "sender": link.sender_name if link else ""},
        now=now,
    )


def _notify(
    authorization: Authorization,
    *,
    key: str,
    message: MessageKind,
    facts: Facts,
    now: datetime,
    has_stopped: bool = False,
) -> None:
    notify(
        organization=authorization.organization,
        users=recipients_of(authorization),
        kind=AUTHORIZATION_NEEDED,
        key=key,
        message=message,
        facts=facts,
        address=f"{reverse('authorizations:integrations')}#autorizeaza",
        alarm_about=authorization.pk if has_stopped else None,
        now=now,
    )
