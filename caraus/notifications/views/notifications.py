"""The bell and the list."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
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
    """Show the person's notifications in all organizations, a page at a time."""
    membership = access.current_membership(request)
    own = own_notifications(request).select_related("organization")
    page = Paginator(own, NOTIFICATIONS_PER_PAGE).get_page(request.GET.get("pagina"))
    may_see = access.has_role(membership, Role.ADMIN)
    context = {
        "page": page,
        "notifications": render_notifications(
            list(page), access.open_memberships(request), named=MAX_NAMED_IN_LIST
        ),
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
    """Mark it as read and go where it leads, in its own organization; with `ramai`, stay in the
    list."""
    access.current_membership(request)
    notification = own_notifications(request).filter(pk=pk).first()
    if notification is None:
        raise Http404(gettext("Nu există sau nu este al organizației tale."))
    own_notifications(request).filter(pk=pk, read_at=None).update(read_at=timezone.now())
    if "ramai" in request.POST:
        return redirect("notifications:list")
    access.select_organization(request, notification.organization_id)
    return redirect(_path(notification.address))


def _path(address: str) -> str:
    """Return the path to follow: only one of this site."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours else reverse("notifications:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all own notifications as read."""
    access.current_membership(request)
    own_notifications(request).filter(read_at=None).update(read_at=timezone.now())
    return redirect("notifications:list")
