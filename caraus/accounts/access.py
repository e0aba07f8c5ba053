"""Who may see what: the only way by which views take objects.

Every tenant model names the path to its organization in `ORGANIZATION_PATH`.
What a user may not see does not exist for that user (404), so that ids tell nothing.
"""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from caraus.accounts.models import Membership, Organization, Role, User

SESSION_KEY = "organization"

# What a role may do; a role may also do all that stands after it in this tuple.
ROLE_ORDER = (Role.OWNER, Role.ADMIN, Role.DISPATCHER, Role.VIEWER)


def signed_in(request: HttpRequest) -> User:
    """The signed-in user; LoginRequiredMiddleware has sent everybody else to sign-in."""
    user: User | AnonymousUser = request.user
    if not isinstance(user, User):
        raise PermissionDenied("Intră în cont mai întâi.")
    return user


def organizations(user: User) -> QuerySet[Organization]:
    return Organization.objects.filter(memberships__user=user).order_by("name", "pk")


def current_membership(request: HttpRequest) -> Membership:
    """The user's membership in the organization that the session points at, or in the first one.

    Raises Http404 with a sentence when the user belongs to no organization.
    """
    mine = Membership.objects.filter(user=signed_in(request)).select_related("organization")
    chosen = mine.filter(organization_id=request.session.get(SESSION_KEY, 0)).first()
    membership = chosen or mine.order_by("organization__name", "pk").first()
    if membership is None:
        raise Http404("Contul tău nu face parte din nicio organizație. Cere o invitație.")
    return membership


def current_organization(request: HttpRequest) -> Organization:
    return current_membership(request).organization


def may(membership: Membership, role: Role) -> bool:
    """Whether the membership carries at least the given role."""
    return ROLE_ORDER.index(Role(membership.role)) <= ROLE_ORDER.index(role)


def require_role(request: HttpRequest, role: Role) -> Membership:
    """The current membership, if it carries at least `role`; else 403 with a sentence."""
    membership = current_membership(request)
    if not may(membership, role):
        raise PermissionDenied(
            f"Pentru aceasta trebuie rolul „{role.label}”; tu ai rolul "
            f"„{membership.get_role_display()}” în {membership.organization}."
        )
    return membership


def scope[M: Model](queryset: QuerySet[M], organization: Organization) -> QuerySet[M]:
    """Only the rows of this organization."""
    path: str = queryset.model.ORGANIZATION_PATH  # type: ignore[attr-defined]
    return queryset.filter(**{path: organization.pk})


def get_object[M: Model](request: HttpRequest, queryset: QuerySet[M], pk: int) -> M:
    """The row with this key, if it belongs to the current organization; else 404."""
    found = scope(queryset, current_organization(request)).filter(pk=pk).first()
    if found is None:
        raise Http404("Nu există sau nu este al organizației tale.")
    return found
