"""„Bifează-le pe ale tale”: the plates of open UITs that are in no fleet, added at once."""

from collections import defaultdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.accounts.models import Company, Role
from caraus.core.formatting import plural
from caraus.fleet import changes
from caraus.fleet.changes import Entry
from caraus.fleet.missing_plates import missing_plates
from caraus.fleet.views.vehicles import notify_first_issues

SHOWN_PLATES = 500


@require_http_methods(["GET", "POST"])
@never_cache
def missing_from_fleet(request: HttpRequest) -> HttpResponse:
    membership = access.require_role(request, Role.DISPATCHER)
    companies = list(access.visible_companies(membership))
    missing = missing_plates(companies)
    if request.method == "POST":
        chosen = set(request.POST.getlist("numar"))
        entries: defaultdict[Company, list[Entry]] = defaultdict(list)
        for plate in missing:
            if plate.key in chosen:
                entries[plate.company].append(Entry(plate.plate, plate.kind))
        if not entries:
            messages.info(request, gettext("Nu ai bifat niciun număr."))
            return redirect("fleet:missing")
        for company, wanted in entries.items():
            with notify_first_issues(request, company):
                changes.save_vehicles(membership, company, wanted)
        number = sum(map(len, entries.values()))
        added = plural(number, "vehicul adăugat", "vehicule adăugate")
        messages.success(request, gettext("Flota: %(what)s.") % {"what": added})
        return redirect("fleet:list")
    context = {
        "missing": missing[:SHOWN_PLATES],
        "in_all": len(missing),
        "most": SHOWN_PLATES,
        "companies": companies,
    }
    return render(request, "fleet/missing.html", context)
