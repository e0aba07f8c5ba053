"""The week: the validity of UITs by vehicle, with the filters of the list."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.core.formatting import today
from caraus.workspace import period, week
from caraus.workspace.views.periods import period_page

# The words of the address; the first is the usual one.
ORDERS = {"sfarsit": "by_end", "numar": "by_plate"}


@require_GET
@never_cache
def show_week(request: HttpRequest) -> HttpResponse:
    """Show the UITs of a week, a lorry a row."""
    page = period_page(request)
    requested = period.requested_days(request.GET, page.filters, today=today())
    context = page.context(
        requested, step=period.WEEK, name="week", day=requested.first + period.DAY
    )
    order = ORDERS.get(request.GET.get("ordine", ""), "by_end")
    context["week"] = week.build_week(
        page.rows,
        requested,
        page.scope.companies if page.scope.company is None else [page.scope.company],
        today=today(),
        by_plate=order == "by_plate",
        number=request.GET.get("pagina"),
        query=page.filters.query,
    )
    context |= {"order": order, "printed_at": timezone.now()}
    return render(request, "workspace/week.html", context)
