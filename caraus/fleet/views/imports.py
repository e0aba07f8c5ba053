"""A list on its way into the fleet: read, shown, taken, and for an hour undone."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access
from caraus.accounts.models import Membership, Role
from caraus.accounts.rate_limits import rate_limited
from caraus.accounts.uploads import is_upload_too_large
from caraus.core.formatting import plural
from caraus.fleet import drafts as fleet_drafts
from caraus.fleet.forms import ImportForm
from caraus.fleet.import_lines import FLEET
from caraus.fleet.models import VehicleKind
from caraus.fleet.views.vehicles import notify_first_issues
from caraus.lists import drafts
from caraus.lists.models import Draft
from caraus.lists.spreadsheets import UnreadableFileError
from caraus.lists.views import Unclear, change_draft, preview_context, warn_of_rows_left


def _drafts() -> QuerySet[Draft]:
    return Draft.objects.exclude(company=None).select_related("company")


@require_http_methods(["GET", "POST"])
@rate_limited("fleet_import", posts_only=True)
def fleet_import_start(request: HttpRequest) -> HttpResponse:
    """Read a pasted list or a file and keep it, to be shown before anything is added."""
    membership = access.require_role(request, Role.DISPATCHER)
    companies = list(access.visible_companies(membership))
    is_post = request.method == "POST"
    form = ImportForm(
        request.POST if is_post else None,
        request.FILES if is_post else None,
        companies=companies,
        is_too_large=is_upload_too_large(request),
        initial={"firma": request.GET.get("firma", ""), "kind": VehicleKind.VEHICLE.value},
    )
    if is_post and form.is_valid():
        data = form.cleaned_data
        try:
            sheet, name = form.read()
            draft = drafts.create_list_draft(
                membership,
                sheet,
                FLEET,
                company=data["firma"],
                name=name,
                default_kind=data["kind"] or VehicleKind.VEHICLE,
            )
        except UnreadableFileError as error:
            form.add_error(form.source, str(error))
        else:
            return redirect("fleet:import_preview", draft.pk)
    return render(request, "fleet/import.html", {"form": form, "companies": companies})


@require_http_methods(["GET", "POST"])
@never_cache
def fleet_import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what would come of the list, row by row; POST takes the good rows or changes the
    reading."""
    membership = access.require_role(request, Role.DISPATCHER)
    draft = access.get_object(request, drafts.waiting(_drafts()), pk)
    rows = fleet_drafts.checked_vehicle_rows(draft)
    file_error, text = "", None
    if request.method == "POST":
        changed = change_draft(request, draft, FLEET, fleet_drafts.unclear_numbers(rows))
        if changed is None:
            return _take(request, membership, draft)
        if not changed:
            return redirect("fleet:import_preview", draft.pk)
        file_error, text = changed, request.POST.get("gresite")
    context = preview_context(
        draft,
        FLEET,
        checked=[line for row in rows for line in row.lines],
        verdicts=("change", "new", "repeated", "same"),
        wrong=[Unclear(row.number, row.error) for row in rows if row.error],
        unconfirmed=[Unclear(row.number, row.question) for row in rows if row.question],
        file_error=file_error,
        text=text,
    )
    return render(request, "fleet/preview.html", context)


def _take(request: HttpRequest, membership: Membership, draft: Draft) -> HttpResponse:
    company = fleet_drafts.company_of(draft)
    with notify_first_issues(request, company):
        taken = fleet_drafts.import_vehicles(
            membership, draft, changing=request.POST.get("schimba") == "1"
        )
        message = []
        if taken.added:
            message.append(plural(taken.added, "vehicul adăugat", "vehicule adăugate"))
        if taken.changed:
            message.append(plural(taken.changed, "vehicul schimbat", "vehicule schimbate"))
        if message:
            messages.success(request, gettext("Flota: %(what)s.") % {"what": ", ".join(message)})
    if taken.left:
        warn_of_rows_left(request, taken.left)
        return redirect("fleet:import_preview", draft.pk)
    if not message:
        messages.info(request, gettext("Toate erau deja în flotă: nu s-a schimbat nimic."))
    return redirect(f"{reverse('fleet:list')}?firma={company.cui}")


@require_POST
def fleet_import_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away the rows that wait; the fleet stays as it is."""
    access.require_role(request, Role.DISPATCHER)
    draft = access.get_object(request, drafts.waiting(_drafts()), pk)
    drafts.drop_rows(draft)
    return redirect("fleet:list")


@require_POST
def fleet_import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove what the list added within the hour, where nobody has changed it since."""
    membership = access.require_role(request, Role.DISPATCHER)
    draft = access.get_object(request, drafts.can_be_undone(_drafts()), pk)
    deleted, left = fleet_drafts.undo_fleet_import(membership, draft)
    what = plural(deleted, "vehicul a fost scos", "vehicule au fost scoase")
    messages.success(request, gettext("Importul este anulat: %(what)s din flotă.") % {"what": what})
    if left:
        stay = plural(
            left,
            "vehicul a fost schimbat între timp și rămâne",
            "vehicule au fost schimbate între timp și rămân",
        )
        messages.info(request, f"{stay}.")
    return redirect("fleet:list")


@require_GET
def fleet_import_example(request: HttpRequest) -> HttpResponse:
    """Send an example to fill in, as Excel in Romanian opens it: semicolons, UTF-8 with BOM."""
    access.current_membership(request)
    rows = [
        "Cap tractor;Semiremorcă;Șofer;Telefon;Notă;În uz",
        "B 123 ABC;CT 34 REM;Popescu Ion;0722 123 456;Volvo;da",
        "B 124 ABC;;Ionescu Dan;0722 123 457;;da",
    ]
    response = HttpResponse("\r\n".join(rows).encode("utf-8-sig"), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="flota-model.csv"'
    return response
