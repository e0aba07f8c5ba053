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
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.accounts.uploads import is_upload_too_large
from caraus.core.formatting import plural, today
from caraus.fleet import changes, drafts, filters, queries
from caraus.fleet.actions import vehicle_actions
from caraus.fleet.changes import Entry
from caraus.fleet.filters import FleetFilters
from caraus.fleet.forms import ImportForm, VehicleForm, already_there
from caraus.fleet.import_lines import Line, read_file, read_text
from caraus.fleet.issues import PLACES
from caraus.fleet.models import Draft, Kind, Vehicle
from caraus.fleet.plates import normalized
from caraus.fleet.spreadsheets import UnreadableFileError
from caraus.transports.models import Transport

# Lines shown of each kind in a preview; wrong ones are all shown.
SHOWN_LINES = 200


@require_http_methods(["GET", "POST"])
@never_cache
def fleet_list(request: HttpRequest) -> HttpResponse:
    """The table, and the form that adds one vehicle."""
    membership = access.current_membership(request)
    companies = list(access.visible_companies(membership))
    posted = request.POST if request.method == "POST" else None
    initial = {"firma": request.GET.get("firma", ""), "kind": Kind.VEHICLE.value}
    form = VehicleForm(posted, companies=companies, initial=initial)
    if posted is not None:
        access.require_role(request, Role.DISPATCHER)
        if form.is_valid():
            company = form.cleaned_data["firma"]
            with _telling(request, company):
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
    asked = FleetFilters.of(request.GET, companies)
    mine = access.visible(Vehicle.objects.filter(company__archived_at=None), membership)
    pages = Paginator(filters.filter_vehicles(asked, mine), filters.PAGE_SIZE)
    return {
        "asked": asked,
        "page": pages.get_page(request.GET.get("pagina")),
        "form": form,
        "companies": companies,
        "transport_list_url": resolve_url(settings.TRANSPORT_LIST_URL),
        "with_issues": queries.count_with_issues([company.pk for company in companies], today()),
        "may_edit": access.has_role(membership, Role.DISPATCHER),
        "actions": vehicle_actions(),
        "totals": mine.aggregate(
            vehicles=Count("pk", filter=Q(active=True, kind=Kind.VEHICLE)),
            trailers=Count("pk", filter=Q(active=True, kind=Kind.TRAILER)),
            retired=Count("pk", filter=Q(active=False)),
        ),
    }


@contextmanager
def _telling(request: HttpRequest, company: Company) -> Iterator[None]:
    """Says what the first vehicles of a fleet did to the open UITs."""
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
    membership = access.require_role(request, Role.DISPATCHER)
    vehicle = access.get_object(request, Vehicle.objects.select_related("company"), pk)
    form = VehicleForm(request.POST if request.method == "POST" else None, vehicle=vehicle)
    if request.method == "POST" and form.is_valid():
        try:
            changes.update_vehicle(membership, vehicle, form.entry(active=vehicle.active))
        except IntegrityError:  # added by somebody else in the same moment
            known = Vehicle.objects.get(company=vehicle.company, plate=form.cleaned_data["plate"])
            form.add_error("plate", already_there(known))
        else:
            messages.success(
                request, gettext("%(plate)s a fost salvat.") % {"plate": vehicle.plate}
            )
            return redirect("fleet:list")
    return render(request, "fleet/vehicle.html", {"form": form, "vehicle": vehicle})


@require_POST
def vehicle_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Out of use, or in use again."""
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
    membership = access.require_role(request, Role.DISPATCHER)
    vehicle = access.get_object(request, Vehicle.objects.select_related("company"), pk)
    changes.delete_vehicle(membership, vehicle)
    messages.success(request, gettext("%(plate)s nu mai este în flotă.") % {"plate": vehicle.plate})
    return redirect("fleet:list")


@require_POST
def add_from_transport(request: HttpRequest, pk: int) -> HttpResponse:
    """„Adaugă în flotă” on a UIT's page: `loc` is plate, trailer1 or trailer2."""
    membership = access.require_role(request, Role.DISPATCHER)
    transport = access.get_object(request, Transport.objects.select_related("company"), pk)
    place = request.POST.get("loc", "")
    if place not in PLACES:
        raise Http404(gettext("Pe UIT nu există un asemenea loc."))
    company = transport.company
    plate = normalized(transport.current_vehicle[PLACES.index(place)])
    kind = Kind.VEHICLE if place == "plate" else Kind.TRAILER
    known = Vehicle.objects.filter(company=company, plate=plate).first()
    if not plate or len(plate) > 20:
        messages.error(
            request, gettext("Pe UIT nu este un număr care să poată fi adăugat în flotă.")
        )
    elif known is not None:
        messages.info(request, already_there(known))
    else:
        with _telling(request, company):
            changes.save_vehicles(membership, company, [Entry(plate, kind)])
            message = gettext("%(plate)s este acum în flotă, ca %(kind)s.")
            messages.success(request, message % {"plate": plate, "kind": kind.label})
    return redirect("workspace:detail", pk)


@require_http_methods(["GET", "POST"])
@rate_limited("fleet_import", posts_only=True)
def import_start(request: HttpRequest) -> HttpResponse:
    """A pasted list or a file: read, kept, and shown before anything is added."""
    membership = access.require_role(request, Role.DISPATCHER)
    companies = list(access.visible_companies(membership))
    is_post = request.method == "POST"
    form = ImportForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        companies=companies,
        is_too_large=is_upload_too_large(request),
        initial={"firma": request.GET.get("firma", ""), "kind": Kind.VEHICLE.value},
    )
    if is_post and form.is_valid():
        data = form.cleaned_data
        try:
            lines, name = _lines_of(form)
            kind = Kind(data["kind"] or Kind.VEHICLE)
            draft = drafts.create_draft(membership, data["firma"], lines, kind=kind, name=name)
        except UnreadableFileError as error:
            form.add_error("file" if data["file"] else "text", str(error))
        else:
            return redirect("fleet:import_preview", draft.pk)
    return render(request, "fleet/import.html", {"form": form, "companies": companies})


def _lines_of(form: ImportForm) -> tuple[list[Line], str]:
    file = form.cleaned_data["file"]
    if not file:
        return read_text(form.cleaned_data["text"]), ""
    return read_file(file.name, file.read()), file.name


@require_http_methods(["GET", "POST"])
@never_cache
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What would come of the list, line by line; POST takes the good ones or corrects others."""
    membership = access.require_role(request, Role.DISPATCHER)
    draft = access.get_object(request, Draft.objects.select_related("company"), pk)
    file_error, text = "", None
    if request.method == "POST":
        if "gresite" not in request.POST:
            return _take(request, membership, draft)
        text = request.POST["gresite"]
        try:
            drafts.correct_draft(draft, text)
        except UnreadableFileError as error:
            file_error = str(error)
        else:
            return redirect("fleet:import_preview", draft.pk)
    lines = drafts.checked_lines(draft)
    groups = {
        verdict: [line for line in lines if line.verdict == verdict]
        for verdict in ("wrong", "change", "new", "repeated", "same")
    }
    context = {
        "draft": draft,
        "groups": groups,
        "shown": {name: group[:SHOWN_LINES] for name, group in groups.items()},
        "most": SHOWN_LINES,
        "file_error": file_error,
        "corrected": drafts.lines_as_text(groups["wrong"]) if text is None else text,
    }
    return render(request, "fleet/preview.html", context)


def _take(request: HttpRequest, membership: Membership, draft: Draft) -> HttpResponse:
    company = draft.company
    with _telling(request, company):
        taken = drafts.import_draft(membership, draft, changing=request.POST.get("schimba") == "1")
        message = []
        if taken.added:
            message.append(plural(taken.added, "vehicul adăugat", "vehicule adăugate"))
        if taken.changed:
            message.append(plural(taken.changed, "vehicul schimbat", "vehicule schimbate"))
        if message:
            messages.success(request, gettext("Flota: %(what)s.") % {"what": ", ".join(message)})
    if taken.left:
        left = plural(
            taken.left,
            "rând are încă probleme și nu s-a adăugat",
            "rânduri au încă probleme și nu s-au adăugat",
        )
        messages.warning(request, gettext("%(left)s. Corectează aici.") % {"left": left})
        return redirect("fleet:import_preview", draft.pk)
    if not message:
        messages.info(request, gettext("Toate erau deja în flotă: nu s-a schimbat nimic."))
    return redirect(f"{reverse('fleet:list')}?firma={company.cui}")


@require_POST
def import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """The list is thrown away; the fleet stays as it is."""
    access.require_role(request, Role.DISPATCHER)
    access.get_object(request, Draft.objects.all(), pk).delete()
    return redirect("fleet:list")


@require_GET
def import_example(request: HttpRequest) -> HttpResponse:
    """An example to fill in, as Excel in Romanian opens it: semicolons, UTF-8 with BOM."""
    access.current_membership(request)
    rows = [
        "Număr de înmatriculare;Fel;Notă;În uz",
        "B 123 ABC;vehicul;cap tractor;da",
        "CT 34 REM;remorcă;semiremorcă;da",
    ]
    answer = HttpResponse("\r\n".join(rows).encode("utf-8-sig"), content_type="text/csv")
    answer["Content-Disposition"] = 'attachment; filename="flota-model.csv"'
    return answer
