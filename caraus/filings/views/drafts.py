"""A new vehicle change: of one UIT, or of all open UITs of a vehicle."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.accounts.models import Company, Membership
from caraus.accounts.rate_limits import rate_limited
from caraus.core.formatting import normalized_plate, today
from caraus.core.queries import parse_keys
from caraus.filings import changes, permission
from caraus.filings.display import describe_change, format_plate, format_vehicle
from caraus.filings.forms import VehicleChangeForm
from caraus.filings.models import VehicleChange
from caraus.filings.rules import RuleError, check_uit
from caraus.fleet.models import Vehicle
from caraus.transports.models import Transport
from caraus.transports.reconcile import PLATE_FIELDS

# A truck carries twelve UITs, not hundreds.
MOST_AT_ONCE = 100


@require_http_methods(["GET", "POST"])
@rate_limited("filing", posts_only=True)
@never_cache
def change_of_uit(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the vehicle of one UIT; POST leads to the preview."""
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    membership = access.current_membership(request)
    permission.require_may_file(membership, transport.company)
    form = _form(request, transport)
    if request.method == "POST" and form.is_valid():
        drafts = _drafted(form, [transport], membership)
        if drafts:
            return redirect("filings:group", drafts[0].pk)
    context = _context([transport.company], form) | {
        "transport": transport,
        "before": format_vehicle(transport.current_vehicle),
        "open_change": _shown_open(transport),
        "refusal": _refusal(transport),
    }
    return render(request, "filings/new.html", context)


def _refusal(transport: Transport) -> str:
    """Return why nothing can be filed for a UIT, whatever the vehicle; "" when it can."""
    try:
        check_uit(transport, now=timezone.now())
    except RuleError as error:
        return error.sentence
    return ""


def _shown_open(transport: Transport) -> object:
    change = changes.open_change(transport)
    return describe_change(change) if change else None


def _form(request: HttpRequest, transport: Transport | None) -> VehicleChangeForm:
    initial: dict[str, Any] = {}
    if transport is not None:
        initial = dict(zip(PLATE_FIELDS, transport.current_vehicle, strict=True))
        initial["plate"] = ""
    return VehicleChangeForm(request.POST if request.method == "POST" else None, initial=initial)


def _drafted(
    form: VehicleChangeForm, transports: Sequence[Transport], membership: Membership
) -> list[VehicleChange]:
    """Return drafts of all of the UITs, or none, with what is wrong in the form, and for which."""
    batch, change_input = uuid4(), form.change_input()
    drafts: list[VehicleChange] = []
    with transaction.atomic():
        for transport in transports:
            try:
                draft = changes.create_draft(
                    transport,
                    change_input,
                    user=membership.user,
                    rehearsal=form.is_rehearsal,
                    batch=batch,
                )
            except RuleError as error:
                form.show(error, uit=transport.uit if len(transports) > 1 else "")
                if not error.is_of_uit:
                    break
            else:
                drafts.append(draft)
        if form.errors:
            transaction.set_rollback(True)
            return []
    return drafts


def _context(companies: Sequence[Company], form: VehicleChangeForm) -> dict[str, Any]:
    fleet = Vehicle.objects.filter(company__in=companies, active=True).order_by("plate")
    return {
        "form": form,
        "vehicles": [format_plate(vehicle.plate) for vehicle in fleet if not vehicle.is_trailer],
        "trailers": [format_plate(vehicle.plate) for vehicle in fleet if vehicle.is_trailer],
    }


@require_http_methods(["GET", "POST"])
@rate_limited("filing", posts_only=True)
@never_cache
def change_of_vehicle(request: HttpRequest) -> HttpResponse:
    """Change the vehicle of all open UITs of a plate, ticked, with one confirmation."""
    membership = access.require_role(request, permission.FILING_ROLE)
    companies = list(access.visible_companies(membership))
    allowed = permission.may_file_for(membership, companies)
    if companies and not allowed:
        raise PermissionDenied(gettext("Un proprietar a oprit depunerile la ANAF."))
    plate = normalized_plate(request.GET.get("numar", ""))
    transports = _of_plate(membership, allowed, plate)
    form = _form(request, transports[0] if transports else None)
    ticked = set(parse_keys(request.POST.getlist("uit")))
    if request.method == "POST" and form.is_valid():
        chosen = [transport for transport in transports if transport.pk in ticked]
        if not chosen:
            messages.error(request, gettext("Bifează cel puțin un UIT."))
        elif drafts := _drafted(form, chosen, membership):
            return redirect("filings:group", drafts[0].pk)
    context = _context(companies, form) | {
        "plate": plate,
        "shown_plate": format_plate(plate),
        "transports": transports,
        "ticked": ticked,
        "is_post": request.method == "POST",
    }
    return render(request, "filings/of_vehicle.html", context)


def _of_plate(membership: Membership, allowed: set[int], plate: str) -> list[Transport]:
    """Return the open UITs on which the vehicle is now."""
    if not plate:
        return []
    day = today()
    rows = access.visible(
        Transport.objects.filter(
            company__in=allowed, state__in=Transport.OPEN_STATES, first_expired_day__gt=day
        ).select_related("company"),
        membership,
    )
    # The search text holds all plates of a UIT; the present one is the last.
    rows = rows.filter(search_text__contains=plate.lower()).order_by("first_expired_day", "pk")
    on_it = [row for row in rows if normalized_plate(row.current_vehicle[0]) == plate]
    return on_it[:MOST_AT_ONCE]
