"""The bell, the list, and what each person wants to hear of."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.notifications.kinds import KINDS, Kind
from caraus.notifications.models import Notification
from caraus.notifications.preferences import Channels, LastReaderError, channels, choose
from caraus.notifications.trouble import mail_trouble

PAGE = 30


def mine(request: HttpRequest) -> QuerySet[Notification]:
    """The signed-in person's own, in the current organization."""
    own = Notification.objects.filter(user=access.signed_in(request))
    return access.scope(own, access.current_organization(request))


@require_GET
@never_cache
def notification_list(request: HttpRequest) -> HttpResponse:
    membership = access.current_membership(request)
    page = Paginator(mine(request), PAGE).get_page(request.GET.get("pagina"))
    may_see = access.may(membership, Role.ADMIN)
    context = {
        "page": page,
        "unread": mine(request).filter(read_at=None).count(),
        "trouble": mail_trouble(membership.organization) if may_see else None,
    }
    return render(request, "notifications/list.html", context)


@require_GET
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone, for its own quiet refresh."""
    access.current_membership(request)
    return render(request, "notifications/_bell.html")


@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it as read and go where it leads; with `ramai`, stay in the list."""
    access.get_object(request, mine(request), pk)
    mine(request).filter(pk=pk, read_at=None).update(read_at=timezone.now())
    if "ramai" in request.POST:
        return redirect("notifications:list")
    return redirect(_path(mine(request).get(pk=pk).address))


def _path(address: str) -> str:
    """Only a path of this site is followed."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours else reverse("notifications:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mine(request).filter(read_at=None).update(read_at=timezone.now())
    return redirect("notifications:list")


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """A switch per kind and channel."""
    if request.method == "POST":
        kept = [_choose(request, kind) for kind in KINDS.values()]
        if all(kept):
            messages.success(request, _("Am păstrat alegerile tale."))
        return redirect("notifications:preferences")
    user, organization = access.signed_in(request), access.current_organization(request)
    rows = [
        (kind, channels(users=[user], organization=organization, kind=kind)[user.pk])
        for kind in KINDS.values()
    ]
    return render(request, "notifications/preferences.html", {"rows": rows})


def _choose(request: HttpRequest, kind: Kind) -> bool:
    """False when it can't be: the person is told why. The other choices are kept."""
    wanted = Channels(
        bell=f"{kind.code}-clopotel" in request.POST, email=f"{kind.code}-email" in request.POST
    )
    try:
        choose(
            user=access.signed_in(request),
            organization=access.current_organization(request),
            kind=kind,
            channels=wanted,
        )
    except LastReaderError as refusal:
        messages.error(request, f"{kind.title}: {refusal}")
        return False
    return True
