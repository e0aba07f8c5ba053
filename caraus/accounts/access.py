"""Who may see what: the only way by which views take objects.

Every tenant model names the path to its organization in `ORGANIZATION_PATH`, and, where it hangs
on one company, the path to that in `COMPANY_PATH`: a member may be kept to some companies.
What a user may not see does not exist for that user (404), so that ids reveal nothing.
"""

from collections.abc import Iterable

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from caraus.accounts.models import Company, Membership, Organization, Role, User
from caraus.core.organization_paths import split_path

SESSION_KEY = "organization"
_MEMBERSHIPS_CACHE = "_caraus_memberships"

# From the strongest: a role may also do all that the roles after it may.
ROLE_ORDER = tuple(Role)
# Only these can be restricted to some companies: an administrator manages the whole organization.
RESTRICTABLE_ROLES = ROLE_ORDER[ROLE_ORDER.index(Role.ADMIN) + 1 :]


def roles_at_least(role: Role) -> tuple[Role, ...]:
    """Return the role and those above it, from the strongest."""
    return ROLE_ORDER[: ROLE_ORDER.index(role) + 1]


class TwoFactorsRequiredError(PermissionDenied):
    """The organization lets in only those who sign in with two factors; the user has none yet."""

    def __init__(self, organization: Organization) -> None:
        super().__init__(
            gettext(
                "{organization} cere autentificarea în doi pași. Adaugă o "
                "aplicație de autentificare sau o cheie de acces, apoi continui de "
                "unde ai rămas."
            ).format(organization=organization)
        )


class OtherOrganizationError(Http404):
    """What was requested belongs to another organization of the person's own."""

    def __init__(self, organization: Organization) -> None:
        super().__init__(
            gettext("Ce ai deschis este în {organization}, nu în organizația aceasta.").format(
                organization=organization
            )
        )
        self.organization = organization


def signed_in_user(request: HttpRequest) -> User:
    """Return the signed-in user; LoginRequiredMiddleware has sent everybody else to sign-in."""
    user: User | AnonymousUser = request.user
    if not isinstance(user, User):
        raise PermissionDenied(gettext("Intră în cont mai întâi."))
    return user


def memberships(request: HttpRequest) -> list[Membership]:
    """Return the signed-in user's memberships with their organizations, by name. A page needs
    them once; a request that may change them queries anew each time."""
    user = signed_in_user(request)
    cached: tuple[int, list[Membership]] | None = getattr(request, _MEMBERSHIPS_CACHE, None)
    if cached is not None and cached[0] == user.pk:
        return cached[1]
    rows = Membership.objects.filter(user=user).select_related("organization")
    own = list(rows.order_by("organization__name", "organization_id"))
    if request.method in {"GET", "HEAD"}:
        setattr(request, _MEMBERSHIPS_CACHE, (user.pk, own))
    return own


def selected_membership(request: HttpRequest) -> Membership | None:
    """Return the membership in the organization that the address names; None without one there.
    Where the address names none: in the organization used last in this session, else in any, else
    the first by name. Whether it lets the user in is not checked."""
    return selected_among(request, memberships(request))


def selected_among(request: HttpRequest, own: list[Membership]) -> Membership | None:
    """Return the `selected_membership` among the user's own, for who needs both."""
    if slug := split_path(request.path)[0]:
        return next((each for each in own if each.organization.slug == slug), None)
    chosen = request.session.get(SESSION_KEY, signed_in_user(request).last_organization_id)
    return next(
        (membership for membership in own if membership.organization_id == chosen),
        own[0] if own else None,
    )


def select_organization(request: HttpRequest, organization_id: int) -> None:
    """Let addresses that name no organization lead to this one, also after the next sign-in."""
    request.session[SESSION_KEY] = organization_id
    User.objects.filter(pk=signed_in_user(request).pk).update(last_organization=organization_id)


def remember_organization(request: HttpRequest, membership: Membership) -> None:
    """Keep which organization is used, for a person who has several."""
    last = request.session.get(SESSION_KEY, signed_in_user(request).last_organization_id)
    if last != membership.organization_id:
        select_organization(request, membership.organization_id)


def current_membership(request: HttpRequest) -> Membership:
    """Return the membership in the organization that the address names (`selected_membership`).

    Raises Http404 with a sentence when the user belongs to no organization, and
    TwoFactorsRequiredError when the organization demands what the user lacks.
    """
    membership = selected_membership(request)
    if membership is None:
        raise Http404(gettext("Contul tău nu face parte din nicio organizație. Cere o invitație."))
    if lacks_two_factors(signed_in_user(request), membership.organization):
        raise TwoFactorsRequiredError(membership.organization)
    return membership


def lacks_two_factors(user: User, organization: Organization) -> bool:
    """Return whether the organization demands two factors that the user does not have."""
    return organization.require_two_factors and not is_mfa_enabled(user)


def open_memberships(request: HttpRequest) -> list[Membership]:
    """Return the user's memberships in the organizations that let the user in, by name."""
    user = signed_in_user(request)
    return [
        membership
        for membership in memberships(request)
        if not lacks_two_factors(user, membership.organization)
    ]


def current_organization(request: HttpRequest) -> Organization:
    """Return the organization of the current membership; raises as `current_membership` does."""
    return current_membership(request).organization


def has_role(membership: Membership, role: Role) -> bool:
    """Return whether the membership carries at least the given role."""
    return membership.role in roles_at_least(role)


def require_role(request: HttpRequest, role: Role) -> Membership:
    """Return the current membership, if it carries at least `role`; else raise 403 with a
    sentence."""
    membership = current_membership(request)
    if not has_role(membership, role):
        raise PermissionDenied(
            gettext(
                "Pentru aceasta trebuie rolul „{label}”; tu ai rolul „{role}” în {organization}."
            ).format(
                label=role.label,
                role=membership.get_role_display(),
                organization=membership.organization,
            )
        )
    return membership


def is_restricted(membership: Membership) -> bool:
    """Return whether the member sees some companies only."""
    return membership.only_some_companies and membership.role in RESTRICTABLE_ROLES


def visible_companies(membership: Membership, *, archived: bool = False) -> QuerySet[Company]:
    """Return the companies that the member sees; with `archived`, those put aside too."""
    companies = Company.objects.filter(organization_id=membership.organization_id)
    if is_restricted(membership):
        companies = companies.filter(memberships=membership)
    return companies if archived else companies.filter(archived_at=None)


def users_who_see(users: Iterable[User], company: Company) -> list[User]:
    """Return those of the users who are members and are not kept away from this company."""
    people = list(users)
    members = Membership.objects.filter(
        user__in=people, organization_id=company.organization_id
    ).prefetch_related("companies")
    seeing = {
        member.user_id
        for member in members
        if not is_restricted(member) or company in member.companies.all()
    }
    return [user for user in people if user.pk in seeing]


def scope[M: Model](queryset: QuerySet[M], organization: Organization) -> QuerySet[M]:
    """Restrict the rows to this organization.

    Its key is written as a bigint: PostgreSQL takes a bare number for an integer, with which it
    does not look into the trigram index over organization and text (`btree_gin`).
    """
    path: str = queryset.model.ORGANIZATION_PATH  # type: ignore[attr-defined]
    return queryset.filter(**{path: Cast(Value(organization.pk), BigIntegerField())})


def visible[M: Model](queryset: QuerySet[M], membership: Membership) -> QuerySet[M]:
    """Restrict the rows to what the member may see: the organization, and the own companies."""
    rows = scope(queryset, membership.organization)
    path: str = getattr(queryset.model, "COMPANY_PATH", "")
    if path and is_restricted(membership):
        seen_companies = visible_companies(membership, archived=True)
        rows = rows.filter(**{f"{path}__in": seen_companies.values("pk")})
    return rows


def get_object[M: Model](request: HttpRequest, queryset: QuerySet[M], pk: int) -> M:
    """Return the row with this key, if the current member may see it; else raise 404, which names
    another organization of the person's own where the row is."""
    membership = current_membership(request)
    row = visible(queryset, membership).filter(pk=pk).first()
    if row is None:
        for other in memberships(request):
            if other.pk != membership.pk and visible(queryset, other).filter(pk=pk).exists():
                raise OtherOrganizationError(other.organization)
        raise Http404(gettext("Nu există sau nu este al organizației tale."))
    return row
