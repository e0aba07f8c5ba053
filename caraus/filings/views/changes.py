"""„Depuneri la ANAF”: all vehicle changes, one with all that was sent and said, and what a person
decides about it."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.accounts.rate_limits import rate_limited
from caraus.core.formatting import BUCHAREST, gettext_lazy, normalized_plate
from caraus.filings import changes, permission
from caraus.filings.display import describe_change, response_error_sentence
from caraus.filings.forms import hour_not_chosen_sentence
from caraus.filings.models import FilingSwitch, VehicleChange
from caraus.filings.rules import RuleError
from caraus.filings.states import (
    ATTENTION_STATES,
    ENDED_STATES,
    OPEN_CHANGE_STATES,
    ChangeState,
)

CHANGES_PER_PAGE = 50
# The filters of the list, by their word in the address.
STATE_FILTERS = {
    "deschise": (gettext_lazy("În lucru"), OPEN_CHANGE_STATES),
    "atentie": (gettext_lazy("Cer atenție"), ATTENTION_STATES),
    "gata": (gettext_lazy("Apar la ANAF"), frozenset({ChangeState.DONE})),
    "refuzate": (gettext_lazy("Refuzate"), frozenset({ChangeState.REFUSED})),
}


@require_GET
@never_cache
def change_list(request: HttpRequest) -> HttpResponse:
    """Show the newest first; narrowed by state, company and a UIT or plate."""
    membership = access.current_membership(request)
    companies = list(access.visible_companies(membership))
    rows = access.visible(
        VehicleChange.objects.exclude(state=ChangeState.DRAFT).select_related("company"), membership
    )
    state_filter, company_filter = request.GET.get("stare", ""), request.GET.get("firma", "")
    query = request.GET.get("q", "")[:100].replace("\0", "")
    if state_filter in STATE_FILTERS:
        rows = rows.filter(state__in=STATE_FILTERS[state_filter][1])
    if company_filter:
        rows = rows.filter(company__cui=company_filter)
    if text := normalized_plate(query):
        plates = Q(plate=text) | Q(trailer1=text) | Q(trailer2=text) | Q(before_plate=text)
        rows = rows.filter(plates | Q(uit__startswith=text))
    page = Paginator(rows, CHANGES_PER_PAGE).get_page(request.GET.get("pagina"))
    context = {
        "page": page,
        "shown": [describe_change(row) for row in page],
        "companies": companies,
        "filters": [(param, label) for param, (label, _) in STATE_FILTERS.items()],
        "state_filter": state_filter,
        "company_filter": company_filter,
        "query": query,
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
    """Show one change: its state, its attempts, ANAF's responses, and what a person may decide."""
    membership = access.current_membership(request)
    change = access.get_object(
        request, VehicleChange.objects.select_related("company", "transport"), pk
    )
    transport = change.transport
    context = {
        "shown_change": describe_change(change),
        "change": change,
        "transport": transport,
        "response_error": response_error_sentence(change),
        "attempts": change.attempts.prefetch_related("responses"),
        "may_file": permission.may_file(membership, change.company),
        "may_file_another": transport is not None
        and change.state in ENDED_STATES - {ChangeState.DONE}
        and permission.may_file_now(membership, transport),
    }
    is_part = request.headers.get("HX-Request")
    return render(request, "filings/_change.html" if is_part else "filings/change.html", context)


@require_POST
@rate_limited("filing")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a held or lost change again, give it up, or wait no longer for its end."""
    membership = access.current_membership(request)
    change = access.get_object(request, VehicleChange.objects.select_related("company"), pk)
    permission.require_may_file(membership, change.company)
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
    """Read the moment that the person says now; None: the one said before. Raises RuleError."""
    chosen, typed = request.POST.get("moment"), request.POST.get("ora", "").strip()
    if chosen == "ora":
        try:
            return datetime.fromisoformat(typed).replace(tzinfo=BUCHAREST)
        except ValueError:
            raise RuleError("bad_moment", gettext("Alege ziua și ora.")) from None
    if typed:
        raise RuleError("bad_moment", hour_not_chosen_sentence())
    return timezone.now() if chosen == "acum" else None
