"""Asking for a file of the view, watching it grow, taking it."""

from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Membership, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.core.logs import origin
from caraus.workspace import export_files, exports, tasks
from caraus.workspace.company_scope import chosen
from caraus.workspace.filters import Asked, query_of


@require_POST
@rate_limited("list_export")
def new_export(request: HttpRequest) -> HttpResponseRedirect:
    membership = access.current_membership(request)
    kind = request.POST.get("fel", "")
    asked = Asked.of(query_of(request.POST.get("vedere", "")))
    if chosen(membership, asked).unknown:
        return redirect(f"{reverse('workspace:list')}?{asked.address()}")  # which says it
    kind = kind if kind in export_files.KINDS else "xlsx"
    return _begin(request, membership, kind, asked.address())


@require_POST
@rate_limited("export")
def organization_export(request: HttpRequest) -> HttpResponseRedirect:
    """All of the organization, for its owner."""
    return _begin(request, access.require_role(request, Role.OWNER), exports.ARCHIVE, "")


@require_POST
@rate_limited("export")
def audit_log_export(request: HttpRequest) -> HttpResponseRedirect:
    """The entries that a view of the journal shows, all of them."""
    membership = access.require_role(request, Role.ADMIN)
    query = urlencode(query_of(request.POST.get("vedere", "")))
    return _begin(request, membership, exports.JOURNAL, query)


def _begin(
    request: HttpRequest, membership: Membership, kind: str, query: str
) -> HttpResponseRedirect:
    with transaction.atomic():
        export, outcome = exports.request_export(membership, kind=kind, query=query)
        if outcome is exports.Outcome.NEW:
            tasks.export.defer(export_id=export.pk, **origin())
    if outcome is exports.Outcome.UNDER_WAY and (export.kind, export.query) != (kind, query):
        messages.info(
            request,
            gettext(
                "Acesta este exportul tău care încă se face; celălalt nu a fost început. "
                "Cere-l după ce se termină acesta."
            ),
        )
    if outcome is exports.Outcome.SAME:
        messages.info(request, gettext("Nimic nu s-a schimbat de la ultimul tău export: este el."))
    return redirect("workspace:export", pk=export.pk)


@require_GET
@never_cache
def show_export(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, or the link to the file; the part alone for htmx."""
    mine = exports.mine(access.current_membership(request))
    export = access.get_object(request, mine, pk)
    context = {
        "export": export,
        "title": exports.title(export),
        "back": exports.back(export),
        "is_list": export.kind in export_files.KINDS,
        "filename": exports.filename(export),
        "is_stuck": exports.is_stuck(export),
        "is_cut": export.total == export_files.MOST_ROWS,
        "others": [
            (one, exports.title(one)) for one in mine.exclude(pk=pk).filter(failed=False)[:10]
        ],
    }
    name = "workspace/_export.html" if request.htmx else "workspace/export.html"  # type: ignore[attr-defined]
    return render(request, name, context)


@require_GET
@never_cache
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    mine = exports.mine(access.current_membership(request))
    export = access.get_object(request, mine.filter(failed=False), pk)
    if export.finished_at is None:
        raise Http404(gettext("Fișierul nu este gata încă."))
    exports.record_download(export, access.current_membership(request))
    response = StreamingHttpResponse(
        exports.content(export), content_type=exports.content_type(export)
    )
    response["Content-Disposition"] = f'attachment; filename="{exports.filename(export)}"'
    response["Content-Length"] = str(export.size)
    return response
