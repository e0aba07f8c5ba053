"""Marking UITs: one on its page, several in the list."""

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from caraus.accounts import access
from caraus.accounts.models import Role, User
from caraus.core.formatting import plural
from caraus.core.queries import parse_keys
from caraus.transports.marks import mark_transports, undo_marks
from caraus.transports.models import DEALT_WITH, Mark, Transport
from caraus.workspace import pagination
from caraus.workspace.filters import ListFilters, parse_address

# By the words of the forms; "" takes a mark back.
KINDS = {
    "descarcat": Mark.Kind.UNLOADED.value,
    "in-regula": Mark.Kind.FINE.value,
    "ma-ocup": Mark.Kind.TAKEN.value,
    "scoate": "",
}


@require_POST
def mark_transport(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a UIT from its page."""
    membership = access.require_role(request, Role.DISPATCHER)
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    kind = KINDS.get(request.POST.get("ce", ""))
    if kind is not None:
        mark_transports([transport], kind, membership.user)
    return HttpResponseRedirect(transport.get_absolute_url())


@require_POST
def mark_selection(request: HttpRequest) -> HttpResponse:
    """Mark the selected UITs, or the one whose own button was pressed; return to the view."""
    membership = access.require_role(request, Role.DISPATCHER)
    word, keys = _pressed(request)
    kind = KINDS.get(word)
    selected = access.visible(Transport.objects.filter(pk__in=keys), membership)
    if kind == Mark.Kind.TAKEN:
        # A page that was opened before may not say that somebody has seen to it meanwhile.
        selected = selected.exclude(DEALT_WITH)
    transports = list(selected.order_by("pk"))
    if word == "anuleaza":
        number = undo_marks(transports, membership.user)
        messages.success(request, _what_was_done("", number, membership.user))
    elif kind is not None and keys:
        number = mark_transports(transports, kind, membership.user)
        text = _what_was_done(kind, number, membership.user)
        messages.success(request, _with_undo(request, text, transports if kind and number else []))
    elif kind is not None:
        messages.info(request, gettext("Alege întâi UIT-urile, cu bifele din stânga."))
    back = request.POST.get("inapoi", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return HttpResponseRedirect(back)
    filters = ListFilters.from_query(parse_address(request.POST.get("vedere", "")))
    if back == "camioane":
        anchor = quote(request.POST.get("camion", ""), safe="")
        address = f"{reverse('workspace:lorries')}?{filters.address()}#camion-{anchor}"
        return HttpResponseRedirect(address)
    address = filters.page_address or filters.link()
    return HttpResponseRedirect(f"{reverse('workspace:list')}?{address}")


def _pressed(request: HttpRequest) -> tuple[str, list[int]]:
    """Return the word of the button, and the keys that it is about."""
    for word in ("descarcat", "scoate"):
        if word in request.POST:
            return word, parse_keys([request.POST[word]])
    return request.POST.get("ce", ""), parse_keys(request.POST.getlist("uit"))


def _with_undo(request: HttpRequest, text: str, transports: list[Transport]) -> SafeString:
    """Add a button that takes the marks of these UITs back and returns to the same view."""
    context = {
        "text": text,
        "transports": transports if len(transports) <= pagination.TRANSPORTS_PER_PAGE else (),
        "returns_to": {
            name: request.POST[name]
            for name in ("inapoi", "vedere", "camion")
            if name in request.POST
        },
    }
    return render_to_string("workspace/_marked.html", context, request)


def _what_was_done(kind: str, number: int, user: User) -> str:
    if not number:
        return gettext("Nu s-a schimbat nimic: erau deja marcate.")
    uits = plural(number, "UIT", "UIT-uri")
    if not kind:
        return gettext("{uits}: marcajul a fost scos.").format(uits=uits)
    if kind == Mark.Kind.TAKEN:
        return gettext("{uits}: se ocupă {name}.").format(uits=uits, name=user.name)
    label = Mark.Kind(kind).label
    return gettext("{uits}: {mark}, la „Rezolvate”.").format(uits=uits, mark=label)
