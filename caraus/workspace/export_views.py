"""Asking for a file of the view, watching it grow, taking it."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.limits import limited
from caraus.logs import origin
from caraus.workspace import exports, files, tasks
from caraus.workspace.asked import Asked, query_of
from caraus.workspace.chosen import chosen


@require_POST
@limited("list_export")
def new_export(request: HttpRequest) -> HttpResponseRedirect:
    membership = access.current_membership(request)
    kind = request.POST.get("fel", "")
    asked = Asked.of(query_of(request.POST.get("vedere", "")))
    if chosen(membership, asked).unknown:
        return redirect(f"{reverse('transports:list')}?{asked.address()}")  # which says it
    with transaction.atomic():
        export = exports.request_export(
            membership, kind=kind if kind in files.KINDS else "xlsx", query=asked.address()
        )
        tasks.export.defer(export_id=export.pk, **origin())
    return redirect("transports:export", pk=export.pk)


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
        "filename": exports.filename(export),
        "is_stuck": exports.is_stuck(export),
        "is_cut": export.total == files.MOST_ROWS,
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
    response = StreamingHttpResponse(
        exports.content(export), content_type=files.KINDS[export.kind].content_type
    )
    response["Content-Disposition"] = f'attachment; filename="{exports.filename(export)}"'
    response["Content-Length"] = str(export.size)
    return response
