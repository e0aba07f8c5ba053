"""What each person wants to be notified of, and when."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.core.crypto import UnreadableTokenError
from caraus.core.formatting import plural
from caraus.notifications.delivery_settings import delivery_settings_of, save_delivery_settings
from caraus.notifications.escalation import people_on_list, waiting_minutes
from caraus.notifications.forms import DeliverySettingsForm
from caraus.notifications.kinds import NotificationKind, registered_kinds
from caraus.notifications.preferences import (
    Channels,
    LastReaderError,
    channel_choices,
    save_channels,
)
from caraus.notifications.push_browsers import subscription_of_browser
from caraus.notifications.push_keys import vapid_public_key


@require_http_methods(["GET", "POST"])
@never_cache
def preferences(request: HttpRequest) -> HttpResponse:
    """Show a switch per kind and channel; when, and about which UITs, one is notified."""
    user, membership = access.signed_in_user(request), access.current_membership(request)
    organization = membership.organization
    delivery_settings = delivery_settings_of([user], organization)[user.pk]
    kinds = [kind for kind in registered_kinds() if access.has_role(membership, kind.role)]
    visible = access.visible_companies(membership, archived=True)
    form = DeliverySettingsForm(
        request.POST if request.method == "POST" else None,
        instance=delivery_settings,
        visible=[
            company
            for company in visible
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
    browser = subscription_of_browser(request)
    people = people_on_list(organization)
    places = [person.user_id for person in people]
    context = {
        "place": places.index(user.pk) + 1 if user.pk in places else 0,
        "first_on_list": people[0].user.display_name if people else "",
        "minutes": plural(waiting_minutes(organization), "minut", "minute"),
        "groups": [
            (gettext("Transporturi"), [row for row in rows if row[0].of_uits]),
            (gettext("ANAF și autorizarea"), [row for row in rows if not row[0].of_uits]),
        ],
        "form": form,
        "browser_is_known": browser is not None and browser.user_id == user.pk,
        "vapid_key": _vapid_public_key(),
    }
    return render(request, "notifications/preferences.html", context)


def _vapid_public_key() -> str:
    """Return what a browser needs to subscribe; "" when no key of the server opens it."""
    try:
        return vapid_public_key()
    except UnreadableTokenError:
        return ""


def _posted_channels(post: QueryDict, kind: NotificationKind) -> Channels:
    return Channels(
        bell=kind.essential or f"{kind.code}-clopotel" in post,
        email=f"{kind.code}-email" in post,
        digest=f"{kind.code}-rezumat" in post,
        push=kind.push and f"{kind.code}-push" in post,
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
