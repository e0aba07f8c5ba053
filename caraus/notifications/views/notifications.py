"""The bell and the list."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.notifications.mail_failures import mail_failures_of
from caraus.notifications.visible_notifications import own_notifications, render_notifications

NOTIFICATIONS_PER_PAGE = 30
# So many of a burst are named in the list.
MAX_NAMED_IN_LIST = 10


@require_GET
@never_cache
def notification_list(request: HttpRequest) -> HttpResponse:
    """Show the member's notifications, a page at a time."""
    membership = access.current_membership(request)
    page = Paginator(own_notifications(request), NOTIFICATIONS_PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    may_see = access.has_role(membership, Role.ADMIN)
    context = {
        "page": page,
        "notifications": render_notifications(list(page), membership, named=MAX_NAMED_IN_LIST),
        "unread": own_notifications(request).filter(read_at=None).count(),
        "mail_failures": mail_failures_of(membership.organization) if may_see else None,
    }
    return render(request, "notifications/list.html", context)


@require_GET
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """Render the bell alone, for its own refresh."""
    access.current_membership(request)
    return render(request, "notifications/_bell.html")


@require_POST
def open_notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark it as read and go where it leads; with `ramai`, stay in the list."""
    access.get_object(request, own_notifications(request), pk)
    own_notifications(request).filter(pk=pk, read_at=None).update(read_at=timezone.now())
    if "ramai" in request.POST:
        return redirect("notifications:list")
    return redirect(_path(own_notifications(request).get(pk=pk).address))


def _path(address: str) -> str:
    """Return the path to follow: only one of this site."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours else reverse("notifications:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all own notifications as read."""
    own_notifications(request).filter(read_at=None).update(read_at=timezone.now())
    return redirect("notifications:list")
