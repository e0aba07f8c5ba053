"""Saved views: an address of the list under a name, for one person in one organization, or shared
with all of its members."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Membership, Role
from caraus.accounts.name_fields import single_line
from caraus.workspace.filters import ListFilters, parse_address
from caraus.workspace.models import SavedView

# More would be a list to search in, not a shortcut.
MAX_SAVED_VIEWS = 30
MAX_VIEW_NAME_LENGTH = 60
MAX_SHARED_VIEWS = 30


def saved_views_of(membership: Membership) -> QuerySet[SavedView]:
    """Return the member's own views, by name."""
    own = SavedView.objects.filter(user=membership.user_id, organization=membership.organization_id)
    return own.order_by(Lower("name"), "pk")


def visible_views_of(membership: Membership) -> QuerySet[SavedView]:
    """Return the member's own views and those that are shared, by name."""
    views = SavedView.objects.filter(organization=membership.organization_id)
    visible = views.filter(Q(user=membership.user_id) | Q(is_shared=True))
    return visible.select_related("user").order_by(Lower("name"), "pk")


def may_share(membership: Membership) -> bool:
    """Return whether the member may share views with the organization: from dispatchers up."""
    return access.has_role(membership, Role.DISPATCHER)


def may_change(membership: Membership, view: SavedView) -> bool:
    """Return whether the view is the member's own, or a shared one and the member manages."""
    is_own = view.user_id == membership.user_id
    return is_own or (view.is_shared and access.has_role(membership, Role.ADMIN))


def share_view(membership: Membership, view: SavedView, *, is_shared: bool) -> None:
    """Share the view with the organization, or no longer; raise ValidationError when there are too
    many."""
    shared = SavedView.objects.filter(organization=view.organization_id, is_shared=True)
    if is_shared and not view.is_shared and shared.count() >= MAX_SHARED_VIEWS:
        raise ValidationError(
            gettext("Echipa are deja {most} de vederi. Șterge una care nu mai trebuie.").format(
                most=MAX_SHARED_VIEWS
            )
        )
    SavedView.objects.filter(pk=view.pk).update(is_shared=is_shared)
    view.is_shared = is_shared


def save_view(
    membership: Membership, *, name: str, address: str, default: bool, shared: bool = False
) -> tuple[SavedView, bool]:
    """Save a view, replacing one of the same name; return it, and whether it is new.

    Raise ValidationError without a name, and when there are too many.
    """
    name = _clean_name(name)
    query = ListFilters.from_query(parse_address(address)).address()
    own = saved_views_of(membership)
    existing = own.filter(name__iexact=name).first()
    if existing is None and own.count() >= MAX_SAVED_VIEWS:
        raise ValidationError(
            gettext("Ai deja {most} de vederi salvate. Șterge una care nu îți mai trebuie.").format(
                most=MAX_SAVED_VIEWS
            )
        )
    with transaction.atomic():
        view = existing or SavedView(user=membership.user, organization=membership.organization)
        view.name, view.query = name, query
        _write(view)
        if default:
            set_default_view(view, is_default=True)
        if shared and may_share(membership):
            share_view(membership, view, is_shared=True)
    return view, existing is None


def rename_view(view: SavedView, name: str) -> None:
    """Rename; raise ValidationError without a name, and when another view has it."""
    view.name = _clean_name(name)
    _write(view)


def set_default_view(view: SavedView, *, is_default: bool) -> None:
    """Let the list open with the view, instead of another one, or no longer."""
    with transaction.atomic():
        siblings = SavedView.objects.filter(user=view.user_id, organization=view.organization_id)
        siblings.filter(is_default=True).update(is_default=False)
        if is_default:
            SavedView.objects.filter(pk=view.pk).update(is_default=True)


def _clean_name(name: str) -> str:
    name = single_line(name)[:MAX_VIEW_NAME_LENGTH]
    if not name:
        raise ValidationError(gettext("Dă un nume vederii, ca să o recunoști."))
    return name


def _write(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError:
        raise ValidationError(
            gettext("Ai deja o vedere cu numele „{name}”.").format(name=view.name)
        ) from None
