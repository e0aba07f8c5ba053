"""„Sincronizează acum”."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.accounts.rate_limits import rate_limited
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization
from caraus.core.formatting import plural
from caraus.sync import requests


@require_POST
@rate_limited("sync")
def sync_now(request: HttpRequest) -> HttpResponse:
    """Make the company (or all of them) due now, before those of the timer."""
    membership = access.require_role(request, Role.DISPATCHER)
    companies = access.visible_companies(membership)
    if not membership.organization.authorizations.filter(
        status=Authorization.Status.ACTIVE
    ).exists():
        messages.warning(
            request,
            gettext(
                "Nu avem cu ce interoga ANAF: nu există nicio autorizare activă. "
                "Autorizează pe pagina Integrări."
            ),
        )
        whole = request.htmx  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(_back(request)) if whole else redirect(_back(request))
    if cui := request.POST.get("firma"):
        companies = companies.filter(cui=cui.replace("\0", ""))
    result = requests.request_sync_now(list(companies.values_list("pk", flat=True)))
    rights.lift_refusals(result.requested)
    for sentence in _of_sync(result):
        messages.info(request, sentence)
    if not request.htmx and result.requested:  # type: ignore[attr-defined]
        messages.info(request, gettext("Interogăm ANAF acum. Lista se actualizează singură."))
    return redirect(_back(request))


def _of_sync(result: requests.SyncNowResult) -> Iterator[str]:
    """Yield a sentence for the companies that are not polled now, and why."""
    if result.under_way:
        yield gettext("{companies}: sincronizarea este chiar acum în curs.").format(
            companies=plural(result.under_way, "firmă", "firme")
        )
    if result.just_synced:
        yield gettext(
            "{companies}: ANAF a fost interogat cu mai puțin de un minut în urmă. Reluăm "
            "de îndată ce trece minutul."
        ).format(companies=plural(result.just_synced, "firmă", "firme"))
    if result.limited:
        yield gettext(
            "{companies}: din limita zilnică au rămas numai interogările sincronizării automate, "
            "care continuă singură până la miezul nopții. La cerere sincronizăm din nou mâine."
        ).format(companies=plural(result.limited, "firmă", "firme"))


def _back(request: HttpRequest) -> str:
    address = request.POST.get("inapoi", "")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()})
    return address if safe and address.startswith("/") else resolve_url(settings.TRANSPORT_LIST_URL)
