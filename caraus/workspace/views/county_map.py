"""The map of counties, with the filters of the list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.core.formatting import today
from caraus.workspace import county_map, period
from caraus.workspace.counties import COUNTIES
from caraus.workspace.views.periods import period_page

COUNTY_PARAMETER = "judet"


@require_GET
@never_cache
def show_county_map(request: HttpRequest) -> HttpResponse:
    """Show what leaves and what is under way between counties on a day or in a period."""
    page = period_page(request)
    requested = period.requested_map_period(request.GET, page.filters, today=today())
    step = requested.last - requested.first + period.DAY
    context = page.context(requested, step=step, name="day", day=requested.last)
    county = COUNTIES.get(request.GET.get(COUNTY_PARAMETER, ""))
    context["map"] = county_map.build_map(page.rows, requested, county)
    context["step"] = "day"
    return render(request, "workspace/map.html", context)
