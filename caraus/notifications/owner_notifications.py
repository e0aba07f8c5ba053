"""Notify the owners of each new owner: who may take the organization away is no secret."""

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Membership, Role, User
from caraus.accounts.signals import owner_added
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NEW_OWNER
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.notifications.notify import notify


@message_kind("new_owner")
def new_owner(facts: Facts) -> Message:
    """Say who is an owner now."""
    return Message(
        gettext("Organizația are un proprietar nou"),
        gettext(
            "{user} ({email}) este acum proprietar în {organization}: poate schimba membrii, "
            "scoate proprietari și șterge organizația. Dacă nu ar trebui să fie, schimbă-i rolul "
            "la Membri."
        ).format(**facts),
        gettext("Vezi membrii"),
    )


def connect_signals() -> None:
    """Notify the other owners whenever an owner is added."""
    owner_added.connect(_notify_owners, dispatch_uid="notifications.owners")


@isolate_failures
def _notify_owners(sender: object, membership: Membership, **_: object) -> None:
    """Notify all the owners but the new one, in the same transaction."""
    organization = membership.organization
    owners = User.objects.filter(
        memberships__organization=organization, memberships__role=Role.OWNER
    ).exclude(pk=membership.user_id)
    now = timezone.now()
    notify(
        organization=organization,
        users=owners,
        kind=NEW_OWNER,
        key=f"{membership.pk}:{now.isoformat()}",
        message=new_owner,
        facts={
            "user": membership.user.display_name,
            "email": membership.user.email,
            "organization": str(organization),
        },
        address=reverse("members"),
        now=now,
    )
