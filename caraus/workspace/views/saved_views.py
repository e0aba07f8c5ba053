"""What a person makes of the list: columns, saved views."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.workspace import columns, saved_views
from caraus.workspace.filters import Asked, query_of
from caraus.workspace.models import SavedView


def _to_list(address: str) -> HttpResponseRedirect:
    """Back to the view, whatever the person opens the list with."""
    query = Asked.of(query_of(address)).address()
    return HttpResponseRedirect(f"{reverse('workspace:list')}?{query or 'arata='}")


@require_POST
def choose_columns(request: HttpRequest) -> HttpResponse:
    user = access.signed_in_user(request)
    access.current_membership(request)
    if request.POST.get("obisnuite"):
        columns.forget(user)
    else:
        columns.choose(user, request.POST.getlist("coloane"))
    return _to_list(request.POST.get("vedere", ""))


@require_http_methods(["GET", "POST"])
@never_cache
def saved_view_list(request: HttpRequest) -> HttpResponse:
    """All of them, to be renamed and deleted; with POST the view is saved."""
    membership = access.current_membership(request)
    if request.method != "POST":
        return render(request, "workspace/saved_views.html", {"saved": saved_views.of(membership)})
    address = request.POST.get("vedere", "")
    try:
        view, is_new = saved_views.save(
            membership,
            name=request.POST.get("nume", ""),
            address=address,
            default=request.POST.get("implicita") == "1",
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = (
            gettext("Vederea „{name}” a fost salvată.")
            if is_new
            else gettext("Vederea „{name}” a fost înlocuită.")
        )
        messages.success(request, words.format(name=view.name))
    return _to_list(address)


@require_POST
def change_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename, delete, open the list with it or no longer."""
    mine = SavedView.objects.filter(user=access.signed_in_user(request))
    view = access.get_object(request, mine, pk)
    wanted = request.POST.get("ce", "")
    if wanted == "sterge":
        view.delete()
        messages.success(
            request, gettext("Vederea „{name}” a fost ștearsă.").format(name=view.name)
        )
    elif wanted in {"implicita", "obisnuita"}:
        saved_views.set_default(view, is_default=wanted == "implicita")
    else:
        try:
            saved_views.rename(view, request.POST.get("nume", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("workspace:saved_views")
