"""Notify the people of the list in turn: the first at once, the next when nobody has answered in
the time that each has, each of them once. After the last, the owners are notified of the silence.

It is the work of each minute: what it does is committed with the row that says so, which is locked
meanwhile and which another worker leaves out. E-mails and push messages are sent by their own jobs.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Organization, Role, User
from caraus.notifications.delivery_settings import FilterSubject, delivery_settings_of
from caraus.notifications.enqueue import enqueue_email
from caraus.notifications.escalation import people_on_list, still_needed, waiting_minutes
from caraus.notifications.escalation_texts import MAX_NAMED, alarm_unanswered
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import UNANSWERED_ALARM, NotificationKind, kind_of_code
from caraus.notifications.messages import registered_message
from caraus.notifications.models import (
    DeliverySettings,
    Escalation,
    EscalationStep,
    Notification,
    NotificationEmail,
    NotifiedUit,
)
from caraus.notifications.notify import notify, schedule_email, schedule_push
from caraus.notifications.preferences import Channels, without_email_and_push
from caraus.notifications.uit_notifications import UitNotice, UitNotifier

# Whoever is on the list is notified by both, whatever the own switches say.
_TURN_CHANNELS = Channels(bell=True, email=True, push=True)


def escalate_due(now: datetime | None = None) -> None:
    """Notify whose turn has come; a repeated run notifies nobody twice."""
    now = now or timezone.now()
    due = Escalation.objects.filter(next_at__lte=now).order_by()
    for organization in Organization.objects.filter(pk__in=due.values("organization")):
        _escalate_in(organization, now)


@isolate_failures
def _escalate_in(organization: Organization, now: datetime) -> None:
    due = Escalation.objects.filter(organization=organization, next_at__lte=now)
    locked = due.select_for_update(of=("self",), skip_locked=True).select_related("company")
    alarms = list(locked.order_by("pk"))
    if not alarms:
        return
    people = people_on_list(organization)
    unable = {
        member.user_id for member in people if access.lacks_two_factors(member.user, organization)
    }
    until = now + timedelta(minutes=waiting_minutes(organization))
    needed = still_needed(alarms, now)
    notified: dict[int, set[int]] = defaultdict(set)
    for alarm_id, user_id in EscalationStep.objects.filter(escalation__in=alarms).values_list(
        "escalation", "user"
    ):
        notified[alarm_id].add(user_id)
    alarms_by_turn: dict[tuple[User, NotificationKind], list[Escalation]] = defaultdict(list)
    silent: list[Escalation] = []
    for alarm in alarms:
        kind = kind_of_code(alarm.kind)
        if kind is None or alarm.pk not in needed or not people:
            _end(alarm, Escalation.Outcome.OVER, now)
            continue
        following = (
            member.user
            for member in people
            if member.user_id not in notified[alarm.pk]
            and (kind.essential or member.user_id not in unable)
            and _may_see(member, kind, alarm.company)
        )
        if user := next(following, None):
            alarms_by_turn[user, kind].append(alarm)
            alarm.next_at = until
        else:
            _end(alarm, Escalation.Outcome.UNANSWERED, now)
            silent.append(alarm)
    Escalation.objects.bulk_update(alarms, ["next_at", "outcome", "ended_at"])
    # In the order in which notifications about UITs are written: two that write at once wait for
    # each other and never in a circle.
    for user, kind in sorted(alarms_by_turn, key=lambda turn: (turn[0].pk, turn[1].position)):
        several = alarms_by_turn[user, kind]
        numbers = {alarm.pk: len(notified[alarm.pk]) + 1 for alarm in several}
        _notify_in_turn(user, organization, kind, several, numbers, now=now, until=until)
    if silent:
        _notify_of_silence(organization, silent, now)


def _end(alarm: Escalation, outcome: Escalation.Outcome, now: datetime) -> None:
    alarm.outcome, alarm.ended_at, alarm.next_at = outcome, now, None


def _may_see(member: Membership, kind: NotificationKind, company: Company | None) -> bool:
    if not access.has_role(member, kind.role):
        return False
    return company is None or not access.is_restricted(member) or company in member.companies.all()


def _notify_in_turn(
    user: User,
    organization: Organization,
    kind: NotificationKind,
    alarms: Sequence[Escalation],
    numbers: dict[int, int],
    *,
    now: datetime,
    until: datetime,
) -> None:
    """Notify one person of these alarms of a kind: by the notifications that the person has of
    them, or gets now."""
    delivery_settings = delivery_settings_of([user], organization)[user.pk]
    own = (
        _about_uits(user, organization, kind, alarms, delivery_settings, now)
        if kind.of_uits
        else _alone(user, organization, kind, alarms, now)
    )
    EscalationStep.objects.bulk_create(
        EscalationStep(
            escalation=alarm,
            user=user,
            number=numbers[alarm.pk],
            at=now,
            until=until,
            notification_id=own[alarm.key],
        )
        for alarm in alarms
    )
    notifications = Notification.objects.filter(pk__in=set(own.values())).order_by("pk")
    notifications.update(read_at=None)
    for notification in notifications:
        _schedule_email(notification, kind, delivery_settings, now)
        schedule_push(notification, kind, _TURN_CHANNELS, now)


def _about_uits(
    user: User,
    organization: Organization,
    kind: NotificationKind,
    alarms: Sequence[Escalation],
    delivery_settings: DeliverySettings,
    now: datetime,
) -> dict[str, int]:
    """Return the person's notifications by the keys of these alarms, made where there was none."""
    known = NotifiedUit.objects.filter(
        user=user, kind=kind.code, key__in=[alarm.key for alarm in alarms]
    )
    missing = {alarm.key: alarm for alarm in alarms}
    for key in known.values_list("key", flat=True):
        missing.pop(key)
    channels = without_email_and_push(_TURN_CHANNELS)
    notifier = UitNotifier(user, organization, kind, channels, delivery_settings, now)
    notifier.notify([_notice(alarm) for alarm in missing.values()])
    return dict(known.all().values_list("key", "notification"))


def _notice(alarm: Escalation) -> UitNotice:
    assert alarm.company is not None  # noqa: S101 # of every UIT
    return UitNotice(
        key=alarm.key,
        subject=FilterSubject(alarm.company),
        message=registered_message(alarm.message),
        facts=alarm.facts,
        address=alarm.address,
        card=alarm.card,
        is_of_day=alarm.is_of_day,
        matters_until=alarm.matters_until,
    )


def _alone(
    user: User,
    organization: Organization,
    kind: NotificationKind,
    alarms: Sequence[Escalation],
    now: datetime,
) -> dict[str, int]:
    rows = [
        Notification(
            user=user,
            organization=organization,
            company=alarm.company,
            kind=kind.code,
            key=alarm.key,
            message=alarm.message,
            facts=alarm.facts,
            address=alarm.address,
            created_at=now,
        )
        for alarm in alarms
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    own = Notification.objects.filter(user=user, kind=kind.code, key__in=[row.key for row in rows])
    return dict(own.values_list("key", "pk"))


def _schedule_email(
    notification: Notification,
    kind: NotificationKind,
    delivery_settings: DeliverySettings,
    now: datetime,
) -> None:
    """Have it sent, also to whom it was sent before the turn came. One that is being sent in this
    moment is not waited for."""
    emails = NotificationEmail.objects.filter(pk=notification.pk)
    if not emails.exists():
        schedule_email(notification, kind, _TURN_CHANNELS, delivery_settings, now)
        return
    email = emails.select_for_update(skip_locked=True).first()
    if email is not None:
        emails.update(
            state=NotificationEmail.State.WAITING,
            attempts=0,
            next_attempt_at=min(now, timezone.now()),
            error_code="",
        )
        enqueue_email(notification.pk)


def _notify_of_silence(
    organization: Organization, alarms: Sequence[Escalation], now: datetime
) -> None:
    """Notify the owners, in one notification, that nobody answered these alarms."""
    owners = User.objects.filter(
        memberships__organization=organization, memberships__role=Role.OWNER
    )
    steps = EscalationStep.objects.filter(escalation__in=alarms).select_related("user")
    people = {(step.user.display_name, step.at.isoformat()): None for step in steps}
    notify(
        organization=organization,
        users=owners,
        kind=UNANSWERED_ALARM,
        key=f"{alarms[0].pk}:{now.isoformat()}",
        message=alarm_unanswered,
        facts={
            "number": len(alarms),
            "alarms": [
                {"message": alarm.message, "facts": alarm.facts} for alarm in alarms[:MAX_NAMED]
            ],
            "people": [{"name": name, "at": at} for name, at in list(people)[:MAX_NAMED]],
        },
        address=reverse("notifications:list"),
        now=now,
    )
