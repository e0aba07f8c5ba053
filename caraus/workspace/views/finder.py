"""The search from every page, as the part of a dialog or as a page of its own."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.transports.models import Transport
from caraus.workspace import finder
from caraus.workspace.filters import MAX_FIELD_LENGTH


@require_GET
@never_cache
def show_results(request: HttpRequest) -> HttpResponse:
    """Show what holds the typed text; for htmx the changing part only."""
    membership = access.current_membership(request)
    typed = request.GET.get("q", "").replace("\0", "").strip()[:MAX_FIELD_LENGTH]
    visible = access.visible(Transport.objects.all(), membership)
    companies = list(access.visible_companies(membership))
    context = {
        "typed": typed,
        "kinds": finder.find_everywhere(typed, visible, companies) if typed else [],
    }
    name = "workspace/_find_results.html" if request.htmx else "workspace/find.html"  # type: ignore[attr-defined]
    return render(request, name, context)
