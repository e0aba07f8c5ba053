"""The week: the validity of UITs by vehicle, with the filters of the list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.core.formatting import today
from caraus.workspace import period, week
from caraus.workspace.views.periods import period_page

MAX_PLATE_LENGTH = 200


@require_GET
@never_cache
def show_week(request: HttpRequest) -> HttpResponse:
    page = period_page(request)
    requested = period.requested_week(request.GET, page.filters, today=today())
    after = request.GET.get("dupa_numar")
    after = None if after is None else after.replace("\0", "")[:MAX_PLATE_LENGTH]
    context = page.context(requested)
    context["week"] = week.build_week(
        page.rows, requested, page.scope.companies, today=today(), after=after
    )
    context["after"] = after
    return render(request, "workspace/week.html", context)
