"""the e-mails that accounts write themselves; those of sign-in and passwords are django-allauth's.

A subject is made of our own words only: what people typed stands in the body.
"""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext

from caraus.accounts.models import Invitation, Membership
from caraus.accounts.rate_limits import RateLimitExceeded, count_use, is_new_organization
from caraus.core.organization_paths import personal_path
from caraus.mail.messages import OutgoingMessage


def count_invitation_email(sender: Membership) -> RateLimitExceeded | None:
    """Count one e-mail that the member has sent to somebody; a refusal when there were too many.
    Where anybody may sign up, a young organization writes to few strangers."""
    action = (
        "invitation_email_young" if is_new_organization(sender.organization) else "invitation_email"
    )
    return count_use(action, user=sender.user, organization=sender.organization)


def email_reference(invitation: Invitation) -> str:
    """Return the reference by which the queue knows the e-mail of this invitation."""
    return f"invitation:{invitation.pk}"


def invitation_link(secret: str) -> str:
    """Return the address, under CARAUS_URL, that accepts the invitation."""
    return settings.PUBLIC_URL + personal_path("invitation", secret)


def send_invitation(invitation: Invitation, secret: str) -> None:
    """Queue the e-mail with the link of the invitation."""
    context = {"invitation": invitation, "link": invitation_link(secret)}
    message = OutgoingMessage(
        subject=gettext("Invitație pe Cărăuș"),
        body=render_to_string("accounts/email/invitation.txt", context),
        to=[invitation.email],
    )
    message.purpose, message.reference = "accounts/email/invitation", email_reference(invitation)
    message.expires_at = invitation.expires_at
    message.send()
