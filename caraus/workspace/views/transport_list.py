"""Transporturi: the list, whose whole view stands in the address bar."""

import time
from datetime import date
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Company, Role
from caraus.core.formatting import today
from caraus.fleet import queries as fleet
from caraus.sync import requests
from caraus.sync.status import situation
from caraus.transports.models import Transport, UnreadableRecord
from caraus.workspace import columns, export_files, listing, saved_views, table
from caraus.workspace.company_scope import chosen
from caraus.workspace.filters import SHOWN, SORTS, Asked
from caraus.workspace.groups import beside

# So many UITs with unreadable fields are named above the list, which marks them all.
MOST_NAMED = 5
# Stands in the list's part in the place of its version, while that is computed.
_NO_VERSION = "no-version-yet"


@require_GET
@never_cache
def transport_list(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its changing part for htmx."""
    membership = access.current_membership(request)
    asked = Asked.of(request.GET)
    own_views = list(saved_views.of(membership))
    default = next((view for view in own_views if view.is_default), None)
    if default and not request.GET and not _is_part(request):
        return redirect(f"{request.path}?{default.address}")
    choice = chosen(membership, asked)
    asked, companies, company = choice.asked, choice.companies, choice.company
    wanted = choice.wanted
    # Before the rows: what arrives between the two is then awaited, not passed over as known.
    state = situation(membership.organization, wanted)
    visible = access.visible(Transport.objects.all(), membership)
    rows, page = listing.shown(asked, visible, choice.narrowing, today=today())
    around = beside(choice, visible, rows, page)
    chosen_columns = columns.of(membership.user_id)
    known = {one.pk: one for one in wanted}
    for row in page:
        row.company = known[row.company_id]
    fleet.attach_issues(page.rows, some=around.has_problems)
    if request.headers.get("Caraus-Hidden") != "1" and requests.should_record_view(state.states):
        requests.record_view(wanted)
    with_company = len(companies) > 1 and company is None
    context = {
        "asked": asked,
        "page": page,
        "count": around.count,
        "companies": companies,
        "company": company,
        "unknown_company": choice.unknown,
        "shown": SHOWN,
        "sorts": SORTS,
        "export_kinds": export_files.KINDS,
        "all_columns": columns.COLUMNS,
        "columns": chosen_columns,
        "heads": table.heads(asked, chosen_columns),
        "papers_label": table.papers_label(chosen_columns),
        "rows": table.rows(
            page.rows, columns=chosen_columns, today=today(), with_company=with_company
        ),
        "saved": own_views,
        "groups": around.groups,
        "just_expired": around.just_expired,
        "now": int(time.time()),
        "printed_at": timezone.now(),
        "may_sync": access.has_role(membership, Role.DISPATCHER),
        "today": today(),
        "situation": state,
        "unreadable": _unreadable(companies) if around.unreadable else (),
        "partly_unreadable": _partly(companies, today()) if around.partly_unreadable else (),
        "partly_unreadable_count": around.partly_unreadable,
    }
    part, version = _part(request, context)
    if not _is_part(request):
        return render(request, "workspace/list.html", context | {"list_part": part})
    if request.headers.get("Caraus-List-Version") == version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # htmx then leaves the page as it is
    response = HttpResponse(part)
    is_usual = not asked.address() and request.headers.get("HX-Trigger") == "filtre"
    if is_usual and default:
        response["HX-Push-Url"] = f"{request.path}?arata="  # else it would open with that view
    return response


def _part(request: HttpRequest, context: dict[str, Any]) -> tuple[SafeString, str]:
    """Render the changing part of the page, and its version: a digest of all that it shows, the
    words that change with the clock too. The page sends the version back when it asks again."""
    drawn = render_to_string(
        "workspace/_list.html", context | {"list_version": _NO_VERSION}, request
    )
    version = sha256(drawn.encode()).hexdigest()[:32]
    return SafeString(drawn.replace(_NO_VERSION, version, 1)), version


def _unreadable(companies: list[Company]) -> QuerySet[UnreadableRecord]:
    found = UnreadableRecord.objects.filter(company__in=companies, resolved_at=None)
    return found.select_related("company")


def _partly(companies: list[Company], day: date) -> QuerySet[Transport]:
    """The first of the open UITs of which some field could not be read."""
    found = listing.partly_unreadable([company.pk for company in companies], day)
    return found.select_related("company").defer("raw", "extra")[:MOST_NAMED]


def _is_part(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]
