"""The UITs that a request names, of those that the member may see."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.core.queries import parse_keys
from caraus.transports.models import Transport

# More than one driver carries; a page of the list has as many.
MAX_CARDS = 50


def selected_transports(request: HttpRequest, texts: Sequence[str]) -> list[Transport]:
    """Return the UITs with these keys, in the order of their ends; raise Http404 for none."""
    keys = parse_keys(texts)
    rows = access.visible(
        Transport.objects.select_related("company").prefetch_related("issues"),
        access.current_membership(request),
    )
    selected = rows.filter(pk__in=keys).order_by("first_expired_day", "pk")[:MAX_CARDS]
    transports = list(selected)
    if not transports:
        raise Http404(gettext("Niciun UIT ales."))
    return transports
