"""Objects for tests: small functions with keyword arguments, nothing hidden."""

from datetime import UTC, datetime, timedelta
from itertools import count

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations.models import Authorization
from caraus.core.crypto import encrypt

# CUIs with good check digits, fictional.
CUI = "900010100"
OTHER_CUI = "900020201"
# The simulated ANAF has a UIT or two of it, and dozens of the first: for UITs of a test's own.
SMALL_CUI = "900030302"

_numbers = count(1)


def organization(name: str = "Trans Test") -> Organization:
    return Organization.objects.create(name=name)


def user(email: str = "", *, name: str = "Ana Pop", password: str | None = None) -> User:
    """Make a user without a password (hashing one is slow); `client.force_login` needs none."""
    return User.objects.create_user(
        email or f"user{next(_numbers)}@example.ro", password, name=name
    )


def member(organization: Organization, role: str, *, name: str = "Ana Pop") -> User:
    someone = user(name=name)
    Membership.objects.create(user=someone, organization=organization, role=role)
    return someone


def company(organization: Organization, *, cui: str = CUI, name: str = "") -> Company:
    return Company.objects.create(organization=organization, cui=cui, name=name)


def authorization(
    organization: Organization,
    *,
    access_token: str = "access",
    refresh_token: str = "refresh",
    authorized_by: User | None = None,
    serial: str = "",
    access_lives: timedelta = timedelta(days=90),
    refresh_lives: timedelta = timedelta(days=365),
    status: str = Authorization.Status.ACTIVE,
) -> Authorization:
    now = datetime.now(tz=UTC)
    return Authorization.objects.create(
        organization=organization,
        authorized_by=authorized_by,
        person_name=authorized_by.display_name if authorized_by else "Ana Pop",
        authorized_at=now,
        certificate_serial=serial,
        status=status,
        access_token_sealed=encrypt(access_token),
        refresh_token_sealed=encrypt(refresh_token),
        access_expires_at=now + access_lives,
        refresh_expires_at=now + refresh_lives,
    )


def stranger() -> User:
    other_organization = organization("Alt Transport")
    company(other_organization, cui=OTHER_CUI)
    authorization(other_organization)
    return member(other_organization, "owner", name="Străin")
