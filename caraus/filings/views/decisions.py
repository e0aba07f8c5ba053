"""The preview and its confirmation, progress, and what a person decides about a change."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.core.formatting import BUCHAREST
from caraus.filings import changes, permission
from caraus.filings.display import show
from caraus.filings.models import VehicleChange
from caraus.filings.rules import RuleError
from caraus.filings.states import State


@require_http_methods(["GET", "POST"])
@rate_limited("filing", posts_only=True)
@never_cache
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """The changes that are confirmed together: the preview, then a line of progress each."""
    membership = access.current_membership(request)
    first = access.get_object(request, VehicleChange.objects.select_related("company"), pk)
    together = access.visible(
        VehicleChange.objects.filter(batch=first.batch).select_related("company"), membership
    )
    rows = list(together.order_by("pk"))
    if request.method == "POST":
        for company in {row.company for row in rows}:
            permission.require(membership, company)
        if request.POST.get("ce") == "renunta":
            for row in rows:
                changes.cancel(row, user=membership.user)
            messages.info(request, gettext("Nu s-a depus nimic."))
        else:
            # A form that comes twice confirms the same drafts, which are confirmed already.
            changes.confirm(rows, user=membership.user)
        return redirect("filings:group", pk)
    shown = [show(row) for row in rows]
    context = {
        "first": first,
        "shown": shown,
        "is_draft": any(row.state == State.DRAFT and not row.reason for row in rows),
        "is_moving": any(change.is_moving for change in shown),
        "number": len(rows),
        "done": sum(row.state == State.DONE for row in rows),
        "rehearsal": first.rehearsal,
        "may_file": all(permission.may_file(membership, row.company) for row in rows[:1]),
    }
    template = "filings/_group.html" if request.headers.get("HX-Request") else "filings/group.html"
    return render(request, template, context)


@require_POST
@rate_limited("filing")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a held or lost change again, give it up, or wait no longer for its end."""
    membership = access.current_membership(request)
    change = access.get_object(request, VehicleChange.objects.select_related("company"), pk)
    permission.require(membership, change.company)
    if request.POST.get("ce") == "renunta":
        if changes.cancel(change, user=membership.user):
            messages.info(request, gettext("Ai renunțat la schimbare; nu se mai trimite."))
        else:
            messages.error(
                request, gettext("Schimbarea este deja pe drum: nu se mai poate renunța la ea.")
            )
    elif request.POST.get("ce") == "inchide":
        if changes.close(change, user=membership.user):
            messages.info(
                request,
                gettext("Ai închis urmărirea; pe acest UIT se poate depune altă schimbare."),
            )
        else:
            messages.error(
                request, gettext("ANAF mai poate răspunde: urmărirea nu se închide încă.")
            )
    else:
        try:
            changes.send_again(change, user=membership.user, moment=_moment(request))
        except RuleError as error:
            messages.error(request, error.sentence)
    return redirect("filings:change", pk)


def _moment(request: HttpRequest) -> datetime | None:
    """The moment that the person says now; None: the one said before."""
    if request.POST.get("moment") == "acum":
        return timezone.now()
    try:
        typed = datetime.fromisoformat(request.POST.get("ora", ""))
    except ValueError:
        return None
    return typed.replace(tzinfo=BUCHAREST) if request.POST.get("moment") == "ora" else None


@require_POST
def company_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """An owner lets a company's vehicle changes be filed, or not."""
    membership = access.require_role(request, Role.OWNER)
    company = access.get_object(request, Company.objects.all(), pk)
    enabled = request.POST.get("depuneri") == "da"
    permission.switch(membership, company, enabled=enabled)
    messages.success(
        request,
        gettext("Pentru {company} se poate depune la ANAF.").format(company=company)
        if enabled
        else gettext("Pentru {company} nu se mai depune la ANAF de aici.").format(company=company),
    )
    return redirect("filings:list")


@require_POST
def member_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """An owner lets an administrator or a dispatcher file, or not."""
    membership = access.require_role(request, Role.OWNER)
    members = Membership.objects.filter(role__in=[Role.ADMIN, Role.DISPATCHER])
    member = access.get_object(request, members.select_related("user"), pk)
    enabled = request.POST.get("depuneri") == "da"
    permission.switch_member(membership, member, enabled=enabled)
    messages.success(
        request,
        gettext("{member} poate depune la ANAF.").format(member=member.user)
        if enabled
        else gettext("{member} nu mai poate depune la ANAF de aici.").format(member=member.user),
    )
    return redirect("filings:list")
