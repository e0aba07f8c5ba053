"""„Depuneri la ANAF”: all vehicle changes, and one with all that was sent and said."""

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.core.formatting import gettext_lazy
from caraus.filings import permission
from caraus.filings.display import show, trouble
from caraus.filings.models import FilingSwitch, VehicleChange
from caraus.filings.states import ALARMING, OPEN, State
from caraus.fleet.plates import normalized

PAGE_SIZE = 50
STATE_FILTERS = {
    "deschise": (gettext_lazy("În lucru"), OPEN),
    "atentie": (gettext_lazy("Cer atenție"), ALARMING),
    "gata": (gettext_lazy("Apar la ANAF"), frozenset({State.DONE})),
    "refuzate": (gettext_lazy("Refuzate"), frozenset({State.REFUSED})),
}


@require_GET
@never_cache
def change_list(request: HttpRequest) -> HttpResponse:
    """The newest first; narrowed by state, company and a UIT or plate."""
    membership = access.current_membership(request)
    companies = list(access.visible_companies(membership))
    rows = access.visible(
        VehicleChange.objects.exclude(state=State.DRAFT).select_related("company"), membership
    )
    stare, firma = request.GET.get("stare", ""), request.GET.get("firma", "")
    searched = request.GET.get("q", "")[:100].replace("\0", "")
    if stare in STATE_FILTERS:
        rows = rows.filter(state__in=STATE_FILTERS[stare][1])
    if firma:
        rows = rows.filter(company__cui=firma)
    if text := normalized(searched):
        plates = Q(plate=text) | Q(trailer1=text) | Q(trailer2=text) | Q(before_plate=text)
        rows = rows.filter(plates | Q(uit__startswith=text))
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("pagina"))
    context = {
        "page": page,
        "shown": [show(row) for row in page],
        "companies": companies,
        "filters": [(key, words) for key, (words, _) in STATE_FILTERS.items()],
        "stare": stare,
        "firma": firma,
        "q": searched,
        "is_owner": access.has_role(membership, Role.OWNER),
        "filers": permission.filers(membership.organization)
        if access.has_role(membership, Role.OWNER)
        else [],
        "may_file": bool(permission.may_file_for(membership, companies)),
        "off": set(
            FilingSwitch.objects.filter(company__in=companies, enabled=False).values_list(
                "company_id", flat=True
            )
        ),
    }
    return render(request, "filings/list.html", context)


@require_GET
@never_cache
def change_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One change: its state, its attempts, ANAF's answers, and what a person may decide."""
    membership = access.current_membership(request)
    change = access.get_object(
        request, VehicleChange.objects.select_related("company", "transport"), pk
    )
    transport = change.transport
    context = {
        "shown_change": show(change),
        "change": change,
        "transport": transport,
        "trouble": trouble(change),
        "attempts": change.attempts.prefetch_related("responses"),
        "may_file": permission.may_file(membership, change.company),
    }
    is_part = request.headers.get("HX-Request")
    return render(request, "filings/_change.html" if is_part else "filings/change.html", context)
