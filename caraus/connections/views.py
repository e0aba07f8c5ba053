"""Integrări: the card of RO e-Transport, the button, and ANAF's callback."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access, journal
from caraus.accounts.models import Company, Membership, Role
from caraus.anaf.errors import AnafError
from caraus.connections import consent
from caraus.connections.configuration import is_configured
from caraus.connections.health import Health, health
from caraus.connections.models import CompanyRight, Connection
from caraus.connections.refusals import refusal_look
from caraus.connections.renewal import renew_before

SETTLING = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Shown:
    """A living authorization as the card shows it; `rights`: every company of the organization."""

    connection: Connection
    health: Health
    rights: list[CompanyRight]
    next_renewal_at: datetime

    @property
    def settling(self) -> bool:
        """Just made: ANAF's answers about the companies are a few seconds away."""
        young = timezone.now() - self.connection.authorized_at < SETTLING
        return young and any(right.state == CompanyRight.State.UNKNOWN for right in self.rights)


@require_GET
@never_cache
def integrations(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its card for htmx (while an authorization is under way).

    A card that waits says which authorization it knows as the newest (`asteapta`): as long as
    nothing new came, the answer is 204 and the card stays as it is.
    """
    membership = access.current_membership(request)
    shown = _shown(membership)
    newest = str(shown[0].connection.pk) if shown else "0"
    if request.GET.get("asteapta") == newest and consent.is_open(
        user=access.signed_in(request), organization=membership.organization
    ):
        return HttpResponse(status=204)
    context = {
        "shown": shown,
        "overall": min((one.health for one in shown), key=_by_colour, default=None),
        "newest": newest,
        "settling": any(one.settling for one in shown),
        "companies": list(access.visible_companies(membership)),
        "configured": is_configured(),
        "redirect_uri": settings.ANAF_REDIRECT_URI,
        "may_authorize": access.may(membership, Role.DISPATCHER),
        "may_disconnect": access.may(membership, Role.ADMIN),
    }
    name = "connections/_card.html" if request.htmx else "connections/integrations.html"  # type: ignore[attr-defined]
    return render(request, name, context)


def _by_colour(health: Health) -> int:
    """The best first: one good authorization is what the tick of the card stands for."""
    return ("green", "amber", "red").index(health.colour)


def _shown(membership: Membership) -> list[Shown]:
    """Living authorizations, newest first, each with its health and what ANAF said per company."""
    companies = list(access.visible_companies(membership))
    alive = membership.organization.connections.filter(
        status__in=[Connection.Status.ACTIVE, Connection.Status.REAUTHORIZE]
    ).prefetch_related("rights")
    if access.is_kept(membership):  # who authorized for other companies is not their business
        mine = Q(rights__company__in=companies) | Q(authorized_by=membership.user_id)
        alive = alive.filter(mine).distinct()
    return [
        Shown(
            connection=one,
            health=health(one),
            rights=_rights(one, companies),
            next_renewal_at=one.access_expires_at - renew_before(),
        )
        for one in alive
    ]


def _rights(connection: Connection, companies: list[Company]) -> list[CompanyRight]:
    """One for each company; „necunoscut” where ANAF was not asked yet."""
    known = {right.company_id: right for right in connection.rights.all()}
    found = []
    for company in companies:
        right = known.get(company.pk) or CompanyRight(connection=connection)
        right.company = company
        found.append(right)
    return found


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
    context: dict[str, object] = {"connection": result}
    if isinstance(result, consent.ConsentRefused):
        context = {"refused": result, "look": refusal_look(result.code)}
    response = render(request, "connections/finished.html", context, status=status)
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
        journal.record(
            "authorization",
            f"A deconectat autorizarea dată de {connection.person_name}.",
            user=access.signed_in(request),
            organization=connection.organization_id,
            connection=connection.pk,
        )
    messages.success(
        request,
        "Autorizarea a fost deconectată, iar cheile ei au fost șterse de aici. Pentru a o retrage "
        "și la ANAF: portalul ANAF → Editare profil Oauth → Renunțare Oauth.",
    )
    return redirect("connections:integrations")
