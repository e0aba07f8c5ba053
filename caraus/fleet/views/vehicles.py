"""Flota: the vehicles and trailers of each company, one by one and by the list."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.core.formatting import normalized_plate, plural, today
from caraus.fleet import changes, queries
from caraus.fleet.actions import vehicle_actions
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.filters import VEHICLES_PER_PAGE, FleetFilters, filter_vehicles
from caraus.fleet.forms import VehicleForm, already_there
from caraus.fleet.models import Vehicle, VehicleKind
from caraus.lists import drafts
from caraus.lists.models import Draft
from caraus.transports.models import Transport
from caraus.transports.reconcile import PLATE_FIELDS


@require_http_methods(["GET", "POST"])
@never_cache
def fleet_list(request: HttpRequest) -> HttpResponse:
    """Show the table, and the form that adds one vehicle."""
    membership = access.current_membership(request)
    companies = list(access.visible_companies(membership))
    posted = request.POST if request.method == "POST" else None
    initial = {"firma": request.GET.get("firma", ""), "kind": VehicleKind.VEHICLE.value}
    form = VehicleForm(posted, companies=companies, initial=initial)
    if posted is not None:
        access.require_role(request, Role.DISPATCHER)
        if form.is_valid():
            company = form.cleaned_data["firma"]
            with notify_first_issues(request, company):
                changes.save_vehicles(membership, company, [form.entry()])
                messages.success(
                    request,
                    gettext("%(plate)s este în flotă.") % {"plate": form.cleaned_data["plate"]},
                )
            return redirect(f"{reverse('fleet:list')}?{request.GET.urlencode()}".rstrip("?"))
    return render(request, "fleet/list.html", _table(request, membership, companies, form))


def _table(
    request: HttpRequest, membership: Membership, companies: list[Company], form: VehicleForm
) -> dict[str, object]:
    filters = FleetFilters.from_query(request.GET, companies)
    visible = access.visible(Vehicle.objects.filter(company__archived_at=None), membership)
    pages = Paginator(filter_vehicles(filters, visible), VEHICLES_PER_PAGE)
    return {
        "filters": filters,
        "page": pages.get_page(request.GET.get("pagina")),
        "form": form,
        "companies": companies,
        "transport_list_url": resolve_url(settings.TRANSPORT_LIST_URL),
        "with_issues": queries.count_with_issues([company.pk for company in companies], today()),
        "missing": queries.count_missing_plates([company.pk for company in companies], today()),
        "may_edit": access.has_role(membership, Role.DISPATCHER),
        "actions": vehicle_actions(),
        "imports": drafts.can_be_undone(
            access.visible(Draft.objects.filter(company__in=companies), membership)
        ).select_related("company"),
        "totals": visible.aggregate(
            vehicles=Count("pk", filter=Q(active=True, kind=VehicleKind.VEHICLE)),
            trailers=Count("pk", filter=Q(active=True, kind=VehicleKind.TRAILER)),
            retired=Count("pk", filter=Q(active=False)),
        ),
    }


@contextmanager
def notify_first_issues(request: HttpRequest, company: Company) -> Iterator[None]:
    """Say what the first vehicles of a fleet did to the open UITs."""
    had_fleet = Vehicle.objects.filter(company=company, active=True).exists()
    yield
    number = 0 if had_fleet else queries.count_with_issues([company.pk], today())
    if number:
        what = plural(number, "transport deschis are probleme", "transporturi deschise au probleme")
        messages.info(
            request,
            gettext(
                "De acum comparăm UIT-urile cu flota: %(what)s. Dacă flota nu e completă încă, "
                "adaugă și restul."
            )
            % {"what": what},
        )


@require_http_methods(["GET", "POST"])
def vehicle_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form of a vehicle; POST saves it."""
    membership = access.require_role(request, Role.DISPATCHER)
    vehicle = access.get_object(request, Vehicle.objects.select_related("company"), pk)
    form = VehicleForm(request.POST if request.method == "POST" else None, vehicle=vehicle)
    if request.method == "POST" and form.is_valid():
        try:
            changes.update_vehicle(membership, vehicle, form.entry(active=vehicle.active))
        except IntegrityError:  # added by somebody else in the same moment
            second = Vehicle.objects.get(company=vehicle.company, plate=form.cleaned_data["plate"])
            form.add_error("plate", already_there(second))
        else:
            messages.success(
                request, gettext("%(plate)s a fost salvat.") % {"plate": vehicle.plate}
            )
            return redirect("fleet:list")
    return render(request, "fleet/vehicle.html", {"form": form, "vehicle": vehicle})


@require_POST
def vehicle_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a vehicle out of use, or into use again."""
    membership = access.require_role(request, Role.DISPATCHER)
    vehicle = access.get_object(request, Vehicle.objects.select_related("company"), pk)
    active = request.POST.get("activ") == "da"
    changes.set_active(membership, vehicle, active=active)
    messages.success(
        request,
        gettext("%(plate)s este din nou în uz.") % {"plate": vehicle.plate}
        if active
        else gettext("%(plate)s este scos din uz; rămâne în flotă, la „Scoase din uz”.")
        % {"plate": vehicle.plate},
    )
    return redirect("fleet:list")


@require_POST
def vehicle_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete the vehicle."""
    membership = access.require_role(request, Role.DISPATCHER)
    vehicle = access.get_object(request, Vehicle.objects.select_related("company"), pk)
    changes.delete_vehicle(membership, vehicle)
    messages.success(request, gettext("%(plate)s nu mai este în flotă.") % {"plate": vehicle.plate})
    return redirect("fleet:list")


@require_POST
def add_from_transport(request: HttpRequest, pk: int) -> HttpResponse:
    """Add the plate on a UIT's page to the fleet („Adaugă în flotă”): `loc` is plate, trailer1 or
    trailer2."""
    membership = access.require_role(request, Role.DISPATCHER)
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    plate_field = request.POST.get("loc", "")
    if plate_field not in PLATE_FIELDS:
        raise Http404(gettext("Pe UIT nu există un asemenea loc."))
    company = transport.company
    plate = normalized_plate(transport.current_vehicle[PLATE_FIELDS.index(plate_field)])
    kind = VehicleKind.VEHICLE if plate_field == "plate" else VehicleKind.TRAILER
    vehicle = Vehicle.objects.filter(company=company, plate=plate).first()
    if not plate or len(plate) > 20:
        messages.error(
            request, gettext("Pe UIT nu este un număr care să poată fi adăugat în flotă.")
        )
    elif vehicle is not None:
        messages.info(request, already_there(vehicle))
    else:
        with notify_first_issues(request, company):
            changes.save_vehicles(membership, company, [VehicleEntry(plate, kind)])
            message = gettext("%(plate)s este acum în flotă, ca %(kind)s.")
            messages.success(request, message % {"plate": plate, "kind": kind.label})
    return redirect(transport.get_absolute_url())
