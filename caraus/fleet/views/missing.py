"""The plates of open UITs that are in no fleet, added at once: „Bifează-le pe ale tale”, or those
of the UITs that are selected in the list."""

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.core.formatting import join_first, plural
from caraus.core.queries import parse_keys
from caraus.fleet import changes
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.missing_plates import MissingPlate, missing_plates
from caraus.fleet.views.vehicles import notify_first_issues

SHOWN_PLATES = 500
# Plates that the message after adding names.
_NAMED = 8


@require_http_methods(["GET", "POST"])
@never_cache
def missing_from_fleet(request: HttpRequest) -> HttpResponse:
    """Show the plates of open UITs that no fleet has; POST adds the ticked ones."""
    membership = access.require_role(request, Role.DISPATCHER)
    companies = list(access.visible_companies(membership))
    missing = missing_plates(companies)
    if request.method == "POST":
        keys = set(request.POST.getlist("numar"))
        chosen = [plate for plate in missing if plate.key in keys]
        if not chosen:
            messages.info(request, gettext("Nu ai bifat niciun număr."))
            return redirect("fleet:missing")
        _add_plates(request, membership, chosen)
        added = plural(len(chosen), "vehicul adăugat", "vehicule adăugate")
        messages.success(request, gettext("Flota: %(what)s.") % {"what": added})
        return redirect("fleet:list")
    context = {
        "missing": missing[:SHOWN_PLATES],
        "in_all": len(missing),
        "most": SHOWN_PLATES,
        "companies": companies,
    }
    return render(request, "fleet/missing.html", context)


@require_POST
def add_from_selection(request: HttpRequest) -> HttpResponse:
    """Add the plates of the selected UITs that are in no fleet; return to the list (`vedere`)."""
    membership = access.require_role(request, Role.DISPATCHER)
    keys = parse_keys(request.POST.getlist("uit"))
    companies = list(access.visible_companies(membership))
    missing = missing_plates(companies, transports=keys)
    _add_plates(request, membership, missing)
    if missing:
        added = plural(len(missing), "vehicul adăugat", "vehicule adăugate")
        plates, more = join_first([plate.plate for plate in missing], _NAMED)
        dots = " …" if more else ""
        messages.success(
            request, gettext("Flota: {what}: {plates}.").format(what=added, plates=plates + dots)
        )
    elif keys:
        messages.info(request, gettext("Toate numerele acestor UIT-uri sunt deja în flotă."))
    else:
        messages.info(request, gettext("Alege întâi UIT-urile, cu bifele din stânga."))
    view = urlencode(parse_qsl(request.POST.get("vedere", "")[:4000]))
    return HttpResponseRedirect(f"{resolve_url(settings.TRANSPORT_LIST_URL)}?{view or 'arata='}")


def _add_plates(
    request: HttpRequest, membership: Membership, missing: Iterable[MissingPlate]
) -> None:
    entries: defaultdict[Company, list[VehicleEntry]] = defaultdict(list)
    for plate in missing:
        entries[plate.company].append(VehicleEntry(plate.plate, plate.kind))
    for company, wanted in entries.items():
        with notify_first_issues(request, company):
            changes.save_vehicles(membership, company, wanted)
