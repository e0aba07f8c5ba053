"""Requesting an export (a short list is downloaded at once), its progress, and its download."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Membership, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.core.formatting import today
from caraus.core.logs import job_origin
from caraus.core.queries import parse_keys
from caraus.workspace import export_files, exports, tasks
from caraus.workspace.company_scope import resolve_scope
from caraus.workspace.export_periods import limited_to
from caraus.workspace.filters import ListFilters, parse_address
from caraus.workspace.models import ListExport


@require_POST
@rate_limited("list_export")
def new_export(request: HttpRequest) -> HttpResponseBase:
    """Request an export of the list, or of the ticked rows."""
    membership = access.current_membership(request)
    kind = request.POST.get("fel", "")
    filters = ListFilters.from_query(parse_address(request.POST.get("vedere", "")))
    if resolve_scope(membership, filters).unknown_cui:
        return redirect(f"{reverse('workspace:list')}?{filters.address()}")  # which says so
    filters = limited_to(filters, request.POST.get("perioada", ""), today=today())
    kind = kind if kind in export_files.FILE_FORMATS else "xlsx"
    keys = parse_keys(request.POST.getlist("uit"))
    return _request_export(request, membership, kind, filters.address(), keys)


@require_POST
@rate_limited("export")
def organization_export(request: HttpRequest) -> HttpResponseBase:
    """Request the archive of the organization, for its owner."""
    return _request_export(request, access.require_role(request, Role.OWNER), exports.ARCHIVE, "")


@require_POST
@rate_limited("export")
def audit_log_export(request: HttpRequest) -> HttpResponseBase:
    """Request all entries of a view of the audit log."""
    membership = access.require_role(request, Role.ADMIN)
    query = urlencode(parse_address(request.POST.get("vedere", "")))
    return _request_export(request, membership, exports.AUDIT_LOG, query)


def _request_export(
    request: HttpRequest,
    membership: Membership,
    kind: str,
    query: str,
    keys: Sequence[int] = (),
) -> HttpResponseBase:
    with transaction.atomic():
        export, outcome = exports.request_export(
            membership, kind=kind, query=query, transports=keys
        )
        is_new = outcome is exports.RequestOutcome.NEW
        if is_new and not exports.make_short_list(export, membership):
            tasks.export.defer(export_id=export.pk, **job_origin())
    if exports.is_short_list(export):
        return _send_file(export)
    is_other = (export.kind, export.query, export.transports) != (kind, query, list(keys))
    if outcome is exports.RequestOutcome.UNDER_WAY and is_other:
        messages.info(
            request,
            gettext(
                "Acesta este exportul tău care încă se face; celălalt nu a fost început. "
                "Cere-l după ce se termină acesta."
            ),
        )
    if outcome is exports.RequestOutcome.SAME:
        messages.info(request, gettext("Nimic nu s-a schimbat de la ultimul tău export: este el."))
    return redirect("workspace:export", pk=export.pk)


@require_GET
@never_cache
def show_export(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the progress, or the link to the file; for htmx the changing part only."""
    own = exports.visible_exports(access.current_membership(request))
    export = access.get_object(request, own, pk)
    context = {
        "export": export,
        "title": exports.export_title(export),
        "back": exports.origin_link(export),
        "is_list": export.kind in export_files.FILE_FORMATS,
        "filename": exports.filename(export),
        "is_stuck": exports.is_stuck(export),
        "is_cut": export.total == export_files.MAX_EXPORT_ROWS,
        "others": [
            (other, exports.export_title(other))
            for other in own.exclude(pk=pk).filter(failed=False)[:10]
        ],
    }
    name = "workspace/_export.html" if request.htmx else "workspace/export.html"  # type: ignore[attr-defined]
    return render(request, name, context)


@require_GET
@never_cache
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Send the file of an export."""
    own = exports.visible_exports(access.current_membership(request))
    export = access.get_object(request, own.filter(failed=False), pk)
    if export.finished_at is None:
        raise Http404(gettext("Fișierul nu este gata încă."))
    exports.record_download(export, access.current_membership(request))
    return _send_file(export)


def _send_file(export: ListExport) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        exports.stream_content(export), content_type=exports.content_type(export)
    )
    response["Content-Disposition"] = f'attachment; filename="{exports.filename(export)}"'
    response["Content-Length"] = str(export.size)
    return response
