"""An alarm of 16:00, the list of people, and the worker's minutes after it."""

from datetime import datetime, timedelta

from caraus.accounts.models import Membership, Organization, User
from caraus.core.formatting import today
from caraus.notifications import delivery, escalation, escalation_turns, push_delivery
from caraus.notifications.models import EscalationStep
from tests import factories
from tests.notifications.uit_notices import at

FOUR = at(f"{today()} 16:00")


def after(minutes: int) -> datetime:
    return FOUR + timedelta(minutes=minutes)


def set_list(organization: Organization, *people: User, minutes: int = 15) -> None:
    members = {row.user: row for row in Membership.objects.filter(organization=organization)}
    actor = next(row for row in members.values() if row.role == "owner")
    escalation.save_list(actor, [members[user] for user in people], minutes)


def named(organization: Organization, name: str, role: str = "dispatcher") -> User:
    return factories.member(organization, role, name=name)


def notified_until(minutes: int) -> list[str]:
    """Run the worker's minute so long after the alarm; return all who were notified until then."""
    escalation_turns.escalate_due(after(minutes))
    steps = EscalationStep.objects.select_related("user").order_by("at", "pk")
    return [step.user.name for step in steps]


def send_all(minutes: int) -> None:
    """Send the e-mails and push messages that are due."""
    for pk in delivery.due_emails(after(minutes)):
        delivery.send_email(notification_id=pk, now=after(minutes))
    for pk in push_delivery.due_pushes(after(minutes)):
        push_delivery.send_push(pk, now=after(minutes))
