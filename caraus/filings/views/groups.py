"""The changes that are confirmed together: preview, confirmation, progress."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.accounts.rate_limits import rate_limited
from caraus.filings import changes, permission
from caraus.filings.display import describe_change
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.fleet.queries import plates_not_in_fleet


@require_http_methods(["GET", "POST"])
@rate_limited("filing", posts_only=True)
@never_cache
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the changes that are confirmed together: the preview, then a line of progress each."""
    membership = access.current_membership(request)
    first = access.get_object(request, VehicleChange.objects.select_related("company"), pk)
    together = access.visible(
        VehicleChange.objects.filter(batch=first.batch).select_related("company", "transport"),
        membership,
    )
    rows = list(together.order_by("pk"))
    if request.method == "POST":
        for company in {row.company for row in rows}:
            permission.require_may_file(membership, company)
        if request.POST.get("ce") == "renunta":
            for row in rows:
                changes.cancel(row, user=membership.user, only_draft=True)
            if together.exclude(confirmed_at=None).exists():
                messages.error(
                    request,
                    gettext("S-a confirmat între timp: vezi mai jos ce s-a întâmplat cu fiecare."),
                )
            else:
                messages.info(request, gettext("Nu s-a depus nimic."))
        else:
            # A form that comes twice confirms the same drafts, which are confirmed already.
            changes.confirm(rows, user=membership.user)
        return redirect("filings:group", pk)
    shown = [describe_change(row) for row in rows]
    is_draft = any(row.state == ChangeState.DRAFT and not row.reason for row in rows)
    plates = [plate for row in rows for plate in (row.plate, row.trailer1, row.trailer2) if plate]
    context = {
        "first": first,
        "shown": shown,
        "is_draft": is_draft,
        # All are of one vehicle, so of one company.
        "not_in_fleet": plates_not_in_fleet(first.company, plates) if is_draft else (),
        "is_moving": any(change.is_moving for change in shown),
        "number": len(rows),
        "done": sum(row.state == ChangeState.DONE for row in rows),
        "rehearsal": first.rehearsal,
        "may_file": all(permission.may_file(membership, row.company) for row in rows[:1]),
    }
    template = "filings/_group.html" if request.headers.get("HX-Request") else "filings/group.html"
    return render(request, template, context)
