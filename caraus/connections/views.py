"""Integrări: the card of RO e-Transport, the button, and ANAF's callback."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access
from caraus.accounts.models import Organization, Role
from caraus.anaf.errors import AnafError
from caraus.connections import consent
from caraus.connections.configuration import is_configured
from caraus.connections.health import Health, health
from caraus.connections.models import CompanyRight, Connection


@require_GET
@never_cache
def integrations(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its card for htmx (while an authorization is under way)."""
    membership = access.current_membership(request)
    context = {
        "connections": _shown(membership.organization),
        "companies": list(membership.organization.companies.all()),
        "configured": is_configured(),
        "may_authorize": access.may(membership, Role.DISPATCHER),
    }
    name = "connections/_card.html" if request.htmx else "connections/integrations.html"  # type: ignore[attr-defined]
    return render(request, name, context)


def _shown(organization: Organization) -> list[tuple[Connection, Health, list[CompanyRight]]]:
    """Living authorizations, newest first, each with its health and what ANAF said per company."""
    alive = organization.connections.filter(
        status__in=[Connection.Status.ACTIVE, Connection.Status.REAUTHORIZE]
    ).prefetch_related("rights__company")
    return [
        (one, health(one), sorted(one.rights.all(), key=lambda right: str(right.company)))
        for one in alive
    ]


@require_POST
def authorize(request: HttpRequest) -> HttpResponse:
    """The blue button: open a request and go to ANAF."""
    membership = access.require_role(request, Role.DISPATCHER)
    try:
        address = consent.begin(
            user=access.signed_in(request), organization=membership.organization
        )
    except AnafError as error:
        refused = consent.ConsentRefused(error.code, error.sentence, error.advice)
        return _finished(request, refused, status=503)
    return redirect(address)


@require_GET
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """ANAF sends the browser back here, with a code or with an error."""
    result = consent.finish(
        user=access.signed_in(request),
        state=request.GET.get("state", ""),
        code=request.GET.get("code", ""),
        error=request.GET.get("error", ""),
        description=request.GET.get("error_description", ""),
    )
    return _finished(request, result)


def _finished(
    request: HttpRequest, result: Connection | consent.ConsentRefused, *, status: int = 200
) -> HttpResponse:
    key = "connection" if isinstance(result, Connection) else "refused"
    response = render(request, "connections/finished.html", {key: result}, status=status)
    # ANAF's page stood in this window; with the default policy it could no longer be closed.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_POST
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete our tokens; ANAF's own list is the person's to clean („Renunțare Oauth”, p. 20)."""
    access.require_role(request, Role.ADMIN)
    connection = access.get_object(request, Connection.objects.all(), pk)
    with transaction.atomic():
        connection.status = Connection.Status.DISCONNECTED
        connection.access_token_sealed = connection.refresh_token_sealed = ""
        connection.save()
    messages.success(
        request,
        "Autorizarea a fost deconectată, iar cheile ei au fost șterse de aici. Pentru a o retrage "
        "și la ANAF: portalul ANAF → Editare profil Oauth → Renunțare Oauth.",
    )
    return redirect("connections:integrations")
