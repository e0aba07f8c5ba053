"""Saved views: an address of the list under a name, for one person in one organization."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext

from caraus.accounts.models import Membership
from caraus.accounts.name_fields import single_line
from caraus.workspace.filters import Asked, query_of
from caraus.workspace.models import SavedView

# More would be a list to search in, not a shortcut.
MOST = 30
LONGEST_NAME = 60


def of(membership: Membership) -> QuerySet[SavedView]:
    """The person's own, by name."""
    mine = SavedView.objects.filter(
        user=membership.user_id, organization=membership.organization_id
    )
    return mine.order_by(Lower("name"), "pk")


def save(
    membership: Membership, *, name: str, address: str, default: bool
) -> tuple[SavedView, bool]:
    """Keep a view; one of the same name is replaced. Gives it and whether it is new.

    Raises ValidationError without a name, and when there are too many.
    """
    name = _named(name)
    query = Asked.of(query_of(address)).address()
    mine = of(membership)
    found = mine.filter(name__iexact=name).first()
    if found is None and mine.count() >= MOST:
        raise ValidationError(
            gettext("Ai deja {most} de vederi salvate. Șterge una care nu îți mai trebuie.").format(
                most=MOST
            )
        )
    with transaction.atomic():
        view = found or SavedView(user=membership.user, organization=membership.organization)
        view.name, view.query = name, query
        _write(view)
        if default:
            set_default(view, is_default=True)
    return view, found is None


def rename(view: SavedView, name: str) -> None:
    """Raises ValidationError without a name, and when another view has it."""
    view.name = _named(name)
    _write(view)


def set_default(view: SavedView, *, is_default: bool) -> None:
    """The list opens with it; at most one does."""
    with transaction.atomic():
        siblings = SavedView.objects.filter(user=view.user_id, organization=view.organization_id)
        siblings.filter(is_default=True).update(is_default=False)
        if is_default:
            SavedView.objects.filter(pk=view.pk).update(is_default=True)


def _named(name: str) -> str:
    name = single_line(name)[:LONGEST_NAME]
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
