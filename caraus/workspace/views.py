"""Transporturi: the list, whose whole view stands in the address bar."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Company, Role
from caraus.transports import sooner
from caraus.transports.models import Transport, UnreadableRecord
from caraus.transports.situation import situation
from caraus.words import today
from caraus.workspace import files, listing
from caraus.workspace.asked import SHOWN, SORTS, Asked


@require_GET
@never_cache
def transport_list(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its changing part for htmx."""
    membership = access.current_membership(request)
    companies = list(access.visible_companies(membership))
    asked = Asked.of(request.GET)
    company = _chosen(companies, asked.firma)
    wanted = companies if company is None else [company]
    keys = [one.pk for one in wanted]
    rows = access.visible(Transport.objects.all(), membership)
    found = listing.found_by(asked, rows, keys, today=today())
    sooner.looked_at(wanted)
    context = {
        "asked": asked,
        "page": listing.page(asked, found, keys),
        "count": listing.count(found),
        "companies": companies,
        "company": company,
        "shown": SHOWN,
        "sorts": SORTS,
        "export_kinds": files.KINDS,
        "may_sync": access.may(membership, Role.DISPATCHER),
        "today": today(),
        "situation": situation(membership.organization, wanted),
        "unreadable": access.visible(
            UnreadableRecord.objects.filter(resolved_at=None, company__archived_at=None),
            membership,
        ).select_related("company"),
    }
    name = "transports/_list.html" if request.htmx else "transports/list.html"  # type: ignore[attr-defined]
    return render(request, name, context)


def _chosen(companies: list[Company], cui: str) -> Company | None:
    return next((company for company in companies if company.cui == cui), None)
