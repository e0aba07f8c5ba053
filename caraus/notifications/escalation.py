"""Alarms of which people are notified one after the other until somebody answers: the list of
people, the beginning of an alarm, and its answer. `escalation_turns.py` notifies them.

An alarm is of a kind with `push`, and names the row that it is about. The package that sends the
kind says which alarms are still needed (`register_alarm_check`, in its `notification_alarms.py`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext

from caraus.accounts import audit_log
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.formatting import plural
from caraus.core.organization_paths import without_organization
from caraus.notifications.enqueue import enqueue_escalation
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.messages import Facts, MessageKind
from caraus.notifications.models import (
    Escalation,
    EscalationMember,
    EscalationSettings,
    Notification,
    NotifiedUit,
)

MAX_PEOPLE = 6

#: Returns, of open alarms of one kind, the keys of those that are still needed: true, and
#: nobody has dealt with them.
type AlarmCheck = Callable[[Collection[Escalation], datetime], Collection[int]]

#: By the code of the kind.
alarm_checks: dict[str, AlarmCheck] = {}


def register_alarm_check(kind: NotificationKind, check: AlarmCheck) -> None:
    """Register which alarms of a kind are still needed."""
    alarm_checks[kind.code] = check


def still_needed(alarms: Sequence[Escalation], now: datetime) -> set[int]:
    """Return the keys of the alarms that nobody has dealt with and that are still true."""
    by_kind: dict[str, list[Escalation]] = {}
    for alarm in alarms:
        if alarm.matters_until is None or alarm.matters_until > now:
            by_kind.setdefault(alarm.kind, []).append(alarm)
    return {
        pk
        for code, several in by_kind.items()
        if code in alarm_checks
        for pk in alarm_checks[code](several, now)
    }


@dataclass(frozen=True, slots=True)
class NewEscalation:
    """An alarm to begin: `subject_id` is the key of the row that it is about, `key` names it in its
    kind."""

    subject_id: int
    key: str
    message: MessageKind
    facts: Facts
    address: str
    company: Company | None = None
    card: str = ""
    is_of_day: bool = False
    matters_until: datetime | None = None


def people_on_list(organization: Organization) -> list[Membership]:
    """Return the people of the list in their order; nobody: no alarm escalates."""
    people = EscalationMember.objects.filter(
        membership__organization=organization, membership__user__is_active=True
    ).select_related("membership__user", "membership__organization")
    return [
        member.membership
        for member in people.prefetch_related("membership__companies").order_by("position")
    ]


def waiting_minutes(organization: Organization) -> int:
    """Return how long each person has for an answer."""
    row = EscalationSettings.objects.filter(pk=organization.pk).first()
    return row.minutes if row else EscalationSettings().minutes


def start_escalations(
    organization: Organization,
    kind: NotificationKind,
    alarms: Iterable[NewEscalation],
    now: datetime,
) -> None:
    """Begin these alarms, in the transaction of what they say: the first person is notified as
    soon as it is committed. One that has begun already goes on as it was."""
    rows = [
        Escalation(
            organization=organization,
            company=alarm.company,
            kind=kind.code,
            key=alarm.key,
            subject_id=alarm.subject_id,
            message=alarm.message.code,
            facts=alarm.facts,
            address=without_organization(alarm.address),
            card=alarm.card,
            is_of_day=alarm.is_of_day,
            matters_until=alarm.matters_until,
            created_at=now,
            next_at=now,
        )
        for alarm in sorted(alarms, key=lambda alarm: alarm.key)
    ]
    if rows:
        Escalation.objects.bulk_create(rows, ignore_conflicts=True)
        enqueue_escalation()


def answer_alarms(user: User, notifications: QuerySet[Notification], now: datetime) -> None:
    """End the alarms that these notifications of the person are about: somebody has seen them."""
    alone = notifications.order_by().filter(
        organization=OuterRef("organization"), kind=OuterRef("kind"), key=OuterRef("key")
    )
    uits = NotifiedUit.objects.order_by().filter(
        user=user,
        organization=OuterRef("organization"),
        kind=OuterRef("kind"),
        key=OuterRef("key"),
        notification__in=notifications.order_by().values("pk"),
    )
    Escalation.objects.filter(Exists(alone) | Exists(uits), next_at__isnull=False).update(
        outcome=Escalation.Outcome.ANSWERED, answered_by=user, ended_at=now, next_at=None
    )


@transaction.atomic
def save_list(actor: Membership, people: Sequence[Membership], minutes: int) -> None:
    """Save who is notified in turn, in this order, and how long each has for an answer."""
    organization = actor.organization
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    EscalationMember.objects.filter(membership__organization=organization).delete()
    EscalationMember.objects.bulk_create(
        EscalationMember(membership=person, position=number)
        for number, person in enumerate(people, start=1)
    )
    EscalationSettings.objects.update_or_create(
        organization=organization, defaults={"minutes": minutes}
    )
    names = ", ".join(person.user.display_name for person in people)
    audit_log.record_action(
        "settings",
        lambda: (
            gettext(
                "A ales cine este anunțat pe rând la alarme: {names}; fiecare are {minutes}."
            ).format(names=names, minutes=plural(minutes, "minut", "minute"))
            if people
            else gettext("A golit lista celor anunțați pe rând la alarme.")
        ),
        user=actor.user,
        organization=organization,
    )


@transaction.atomic
def leave_list(member: Membership) -> bool:
    """Take the member off the list; return whether the member was on it."""
    Organization.objects.select_for_update(no_key=True).get(pk=member.organization_id)
    if not EscalationMember.objects.filter(membership=member).delete()[0]:
        return False
    audit_log.record_action(
        "settings",
        lambda: gettext("A ieșit de pe lista celor anunțați pe rând la alarme."),
        user=member.user,
        organization=member.organization,
    )
    return True
