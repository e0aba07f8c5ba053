"""The bell, the list, and what each person wants to hear of."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.notifications.delivery_settings import delivery_settings_of, save_delivery_settings
from caraus.notifications.forms import DeliverySettingsForm
from caraus.notifications.kinds import DIGEST, NotificationKind, registered_kinds
from caraus.notifications.mail_failures import mail_failures_of
from caraus.notifications.models import Notification
from caraus.notifications.preferences import (
    Channels,
    LastReaderError,
    channel_choices,
    save_channels,
)
from caraus.notifications.visible_notifications import render_notifications, visible_to_member

NOTIFICATIONS_PER_PAGE = 30
# So many of a burst are named in the list.
MAX_NAMED_IN_LIST = 10


def own_notifications(request: HttpRequest) -> QuerySet[Notification]:
    """The signed-in person's own, in the current organization, as far as the role and the
    companies allow now."""
    own = Notification.objects.filter(user=access.signed_in_user(request)).exclude(kind=DIGEST.code)
    return visible_to_member(own, access.current_membership(request))


@require_GET
@never_cache
def notification_list(request: HttpRequest) -> HttpResponse:
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
    """The bell alone, for its own quiet refresh."""
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
    """Only a path of this site is followed."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours else reverse("notifications:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    own_notifications(request).filter(read_at=None).update(read_at=timezone.now())
    return redirect("notifications:list")


@require_http_methods(["GET", "POST"])
@never_cache
def preferences(request: HttpRequest) -> HttpResponse:
    """A switch per kind and channel; when, and about which UITs."""
    user, membership = access.signed_in_user(request), access.current_membership(request)
    organization = membership.organization
    delivery_settings = delivery_settings_of([user], organization)[user.pk]
    kinds = [kind for kind in registered_kinds() if access.has_role(membership, kind.role)]
    seen = access.visible_companies(membership, archived=True)
    form = DeliverySettingsForm(
        request.POST if request.method == "POST" else None,
        instance=delivery_settings,
        seen=[
            company
            for company in seen
            if not company.archived_at or company.pk in delivery_settings.companies
        ],
    )
    if request.method == "POST" and form.is_valid():
        saved = [_save_channels(request, kind) for kind in kinds]
        save_delivery_settings(form.save(commit=False))
        if all(saved):
            messages.success(request, gettext("Preferințele au fost salvate."))
        return redirect("notifications:preferences")
    post = request.POST if request.method == "POST" else None
    rows = [
        (kind, _posted_channels(post, kind) if post is not None else chosen)
        for kind, chosen in channel_choices(user=user, organization=organization)
        if kind in kinds
    ]
    context = {
        "groups": [
            (gettext("Transporturi"), [row for row in rows if row[0].of_uits]),
            (gettext("ANAF și autorizarea"), [row for row in rows if not row[0].of_uits]),
        ],
        "form": form,
    }
    return render(request, "notifications/preferences.html", context)


def _posted_channels(post: QueryDict, kind: NotificationKind) -> Channels:
    return Channels(
        bell=kind.essential or f"{kind.code}-clopotel" in post,
        email=f"{kind.code}-email" in post,
        digest=f"{kind.code}-rezumat" in post,
    )


def _save_channels(request: HttpRequest, kind: NotificationKind) -> bool:
    """Save the channels; return False when it can't be, and say why. The others are saved."""
    try:
        save_channels(
            user=access.signed_in_user(request),
            organization=access.current_organization(request),
            kind=kind,
            channels=_posted_channels(request.POST, kind),
        )
    except LastReaderError as refusal:
        messages.error(request, f"{kind.title}: {refusal}")
        return False
    return True
