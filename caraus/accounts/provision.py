"""Making users, organizations and companies; what exists is reused (the `createuser` command)."""

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext

from caraus.accounts.cui import normalize_cui
from caraus.accounts.models import Company, Membership, Organization, Role, User


@transaction.atomic
def provision_user(
    *,
    email: str,
    password: str | None = None,
    name: str = "",
    organization_name: str = "",
    cuis: list[str] | None = None,
) -> User:
    """Make or complete a user with a confirmed e-mail, an organization and its companies.

    Without an organization name the user's first organization is used, or one named by the
    e-mail is made if companies are given. Raises ValidationError with a sentence in Romanian.
    """
    user = _user(email=email, password=password, name=name)
    if organization_name or cuis:
        organization = _organization(user=user, name=organization_name)
        for cui in cuis or []:
            Company.objects.get_or_create(organization=organization, cui=normalize_cui(cui))
    return user


def _user(*, email: str, password: str | None, name: str) -> User:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError(
            gettext("„{email}” nu este o adresă de e-mail.").format(email=email)
        ) from error
    user = User.objects.filter(email=email).first() or User.objects.create_user(email)
    if password:
        user.set_password(password)
    if name:
        user.name = name
    user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user


def _organization(*, user: User, name: str) -> Organization:
    own_organizations = Organization.objects.filter(memberships__user=user).order_by("pk")
    existing = own_organizations.filter(name=name).first() if name else own_organizations.first()
    if existing is not None:
        return existing
    # Someone else's organization of that name is joined, not doubled, and not taken over.
    existing = Organization.objects.filter(name=name).order_by("pk").first() if name else None
    organization = existing or Organization.objects.create(name=name or user.email)
    role = Role.DISPATCHER if existing else Role.OWNER
    Membership.objects.create(user=user, organization=organization, role=role)
    return organization
