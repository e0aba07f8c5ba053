"""The list by lorry, with the filters of the list."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.core.formatting import today
from caraus.transports.models import Transport
from caraus.workspace import listing, lorries
from caraus.workspace.company_scope import resolve_scope
from caraus.workspace.filters import ListFilters


@require_GET
@never_cache
def show_lorries(request: HttpRequest) -> HttpResponse:
    """Show the list by lorry."""
    membership = access.current_membership(request)
    scope = resolve_scope(membership, ListFilters.from_query(request.GET))
    # The past has no lorries.
    filters = replace(scope.filters, after="", before="")
    if filters.order == "newest" and filters.show != "current":
        filters = replace(filters, show="current")
    visible = access.visible(Transport.objects.all(), membership)
    rows = listing.filter_transports(
        filters, visible, scope.restricted_to, today=today(), beside=scope.find_beside()
    )
    context = {
        "filters": filters,
        "companies": scope.companies,
        "company": scope.company,
        "unknown_company": scope.unknown_cui,
        "lorry_page": lorries.build_page(
            rows,
            scope.selected,
            today=today(),
            number=request.GET.get("pagina"),
            query=filters.query,
        ),
        "may_mark": access.has_role(membership, Role.DISPATCHER),
        "today": today(),
    }
    return render(request, "workspace/lorries.html", context)
