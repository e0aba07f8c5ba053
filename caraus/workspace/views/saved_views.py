"""The person's own list: columns, saved views."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Membership
from caraus.workspace import columns, saved_views
from caraus.workspace.filters import ListFilters, parse_address
from caraus.workspace.models import SavedView


def _to_list(address: str) -> HttpResponseRedirect:
    """Return to the view, even if the list opens with another one."""
    query = ListFilters.from_query(parse_address(address)).link()
    return HttpResponseRedirect(f"{reverse('workspace:list')}?{query}")


@require_POST
def save_layout(request: HttpRequest) -> HttpResponse:
    """Save the columns and the density that the user chose, or go back to the usual ones."""
    user = access.signed_in_user(request)
    access.current_membership(request)
    if request.POST.get("obisnuite"):
        columns.reset_list_settings(user)
    else:
        columns.save_list_settings(
            user, request.POST.getlist("coloane"), request.POST.get("randuri", "")
        )
    return _to_list(request.POST.get("vedere", ""))


@require_http_methods(["GET", "POST"])
@never_cache
def saved_view_list(request: HttpRequest) -> HttpResponse:
    """List the views, to rename and delete them; save a view with POST."""
    membership = access.current_membership(request)
    if request.method != "POST":
        return render(
            request,
            "workspace/saved_views.html",
            {
                "saved_views": [
                    (view, saved_views.may_change(membership, view))
                    for view in saved_views.visible_views_of(membership)
                ],
                "may_share": saved_views.may_share(membership),
            },
        )
    address = request.POST.get("vedere", "")
    try:
        view, is_new = saved_views.save_view(
            membership,
            name=request.POST.get("nume", ""),
            address=address,
            default=request.POST.get("implicita") == "1",
            shared=request.POST.get("echipa") == "1",
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        message = (
            gettext("Vederea „{name}” a fost salvată.")
            if is_new
            else gettext("Vederea „{name}” a fost înlocuită.")
        )
        messages.success(request, message.format(name=view.name))
    return _to_list(address)


@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, delete, share, make default; or no longer."""
    membership = access.current_membership(request)
    visible = saved_views.visible_views_of(membership)
    view = access.get_object(request, visible, pk)
    if not saved_views.may_change(membership, view):
        raise PermissionDenied(
            gettext("O vedere a echipei o schimbă cine a salvat-o sau un administrator.")
        )
    action = request.POST.get("ce", "")
    if action == "sterge":
        view.delete()
        messages.success(
            request, gettext("Vederea „{name}” a fost ștearsă.").format(name=view.name)
        )
    elif action in {"implicita", "obisnuita"} and view.user_id == membership.user_id:
        saved_views.set_default_view(view, is_default=action == "implicita")
    elif action in {"echipa", "numai-eu"}:
        _share(request, membership, view, is_shared=action == "echipa")
    else:
        try:
            saved_views.rename_view(view, request.POST.get("nume", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("workspace:saved_views")


def _share(
    request: HttpRequest, membership: Membership, view: SavedView, *, is_shared: bool
) -> None:
    if not saved_views.may_share(membership):
        raise PermissionDenied(gettext("Un cititor nu poate salva vederi pentru echipă."))
    try:
        saved_views.share_view(membership, view, is_shared=is_shared)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
