"""Make the first account of a new server, by the one-time link that the terminal printed."""

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log
from caraus.accounts.models import Membership, User
from caraus.accounts.provision import provision_user
from caraus.core.advisory_locks import LockSpace, lock_until_commit

SETUP_SALT = "caraus.setup"
SETUP_SECONDS = 24 * 3600


def setup_secret() -> str | None:
    """Return the secret of the one-time link that makes the first user; None once there is a
    user."""
    if User.objects.exists():
        return None
    return signing.dumps("first user", salt=SETUP_SALT)


def is_setup_secret(secret: str) -> bool:
    """Return whether the link still works: made by this server within a day, and nobody was
    first."""
    try:
        signing.loads(secret, salt=SETUP_SALT, max_age=SETUP_SECONDS)
    except signing.BadSignature:
        return False
    return not User.objects.exists()


@transaction.atomic
def create_first_user(
    secret: str, *, email: str, password: str, name: str, organization: str
) -> User:
    """Make the first user, owner of the first organization, once."""
    lock_until_commit(LockSpace.FIRST_USER)
    if not is_setup_secret(secret):
        raise ValidationError(gettext("Linkul a fost deja folosit sau a expirat."))
    user = provision_user(email=email, password=password, name=name, organization_name=organization)
    first = Membership.objects.get(user=user)
    audit_log.record_action(
        "account",
        gettext_noop("A pus în funcțiune serverul: primul cont, prima organizație."),
        user=user,
        organization=first.organization_id,
    )
    return user
