"""The bell and the list."""

from itertools import groupby

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.core.organization_paths import path_in
from caraus.core.queries import parse_keys
from caraus.notifications.escalation import answer_alarms
from caraus.notifications.mail_failures import mail_failures_of
from caraus.notifications.rendering import render_cards
from caraus.notifications.visible_notifications import count_unread, own_notifications

CARDS_PER_PAGE = 30


@require_GET
@never_cache
def notification_list(request: HttpRequest) -> HttpResponse:
    """Show the person's notifications in all organizations, a page of cards at a time."""
    membership = access.current_membership(request)
    own = own_notifications(request)
    by_card = own.order_by().values_list("card").annotate(newest=Max("created_at"), last=Max("pk"))
    page = Paginator(by_card.order_by("-newest", "-last"), CARDS_PER_PAGE).get_page(
        request.GET.get("pagina")
    )
    cards = render_cards([card for card, *_ in page], own, access.open_memberships(request))
    may_see = access.has_role(membership, Role.ADMIN)
    context = {
        "page": page,
        "days": [(day, list(several)) for day, several in groupby(cards, lambda card: card.day)],
        "unread": count_unread(request),
        "mail_failures": mail_failures_of(membership.organization) if may_see else None,
    }
    return render(request, "notifications/list.html", context)


@require_GET
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """Render the bell alone, for its own refresh."""
    access.current_membership(request)
    return render(request, "notifications/_bell.html")


@require_http_methods(["GET", "POST"])
@never_cache
def open_notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark the card of a notification, and of those beside it (`si`), as read and go where it
    leads, in its own organization; with `ramai`, stay in the list. Of what no other page says, show
    the whole text."""
    access.current_membership(request)
    own = own_notifications(request)
    notification = own.filter(pk=pk).first()
    if notification is None:
        raise Http404(gettext("Nu există sau nu este al organizației tale."))
    beside = own.filter(pk__in=parse_keys(request.GET.get("si", "").split(".")))
    cards = {notification.card, *beside.values_list("card", flat=True)}
    if not _is_persons_own(request):
        shown = render_cards(sorted(cards), own, access.open_memberships(request))
        is_of_many = len(shown) != 1 or shown[0].is_many or notification.is_burst
        context = {
            "cards": shown,
            "text": "" if is_of_many else notification.text,
            "is_alarm": notification.about is not None and notification.about.push,
        }
        return render(request, "notifications/seen.html", context)
    now = timezone.now()
    answer_alarms(access.signed_in_user(request), own.filter(card__in=cards), now)
    own.filter(card__in=cards, read_at=None).update(read_at=now)
    if "ramai" in request.POST:
        return redirect("notifications:list")
    slug, kind = notification.organization.slug, notification.about
    address = path_in(slug, _path(notification.address))
    if kind and kind.of_uits:
        addresses = own.filter(card__in=cards).order_by().values_list("address").distinct()
        if len(addresses) > 1:
            uits = resolve_url(settings.TRANSPORT_LIST_URL) + kind.list_query
            return redirect(path_in(slug, uits))
        return redirect(address)
    if len(cards) > 1:
        return redirect("notifications:list")
    if request.method == "GET":
        context = {"notification": notification, "address": address}
        return render(request, "notifications/notification.html", context)
    return redirect(address)


def _is_persons_own(request: HttpRequest) -> bool:
    """Return whether the person asks for the page: another site's link, which webmail's is too, and
    what a browser loads ahead mark and answer nothing."""
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        return False
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose"))
    return not any("prefetch" in purpose for purpose in purposes)


def _path(address: str) -> str:
    """Return the path to follow: only one of this site."""
    ours = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if ours else reverse("notifications:list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all own notifications as read."""
    access.current_membership(request)
    now, unread = timezone.now(), own_notifications(request).filter(read_at=None)
    answer_alarms(access.signed_in_user(request), unread, now)
    unread.update(read_at=now)
    return redirect("notifications:list")
