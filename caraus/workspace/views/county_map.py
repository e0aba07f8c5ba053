"""The map of counties, with the filters of the list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.core.formatting import today
from caraus.workspace import county_map, period
from caraus.workspace.views.periods import period_page


@require_GET
@never_cache
def show_county_map(request: HttpRequest) -> HttpResponse:
    """Show the UITs of a period between counties."""
    page = period_page(request)
    requested = period.requested_map_period(request.GET, page.filters, today=today())
    context = page.context(requested) | {"map": county_map.build_map(page.rows, requested)}
    return render(request, "workspace/map.html", context)
