"""Help per cause, and the steps after a renewed certificate."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.authorizations.anaf_errors.help import HELP_BY_SLUG, HELP_PAGES
from caraus.authorizations.authorization_cards import authorization_cards
from caraus.authorizations.configuration import is_configured


@login_not_required  # the holder of an external link needs it too
@require_GET
def causes(request: HttpRequest) -> HttpResponse:
    """Show the causes for which there is a help page."""
    return render(request, "authorizations/help.html", {"causes": HELP_PAGES})


@login_not_required
@require_GET
def cause(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the help page of one cause."""
    page = HELP_BY_SLUG.get(slug)
    if page is None:
        raise Http404(gettext("Nu avem o pagină de ajutor cu acest nume."))
    others = [other for other in HELP_PAGES if other is not page]
    return render(request, "authorizations/help_cause.html", {"cause": page, "others": others})


@require_GET
def renewed_certificate(request: HttpRequest) -> HttpResponse:
    """Show the steps; the button names the authorization that the new one takes over from."""
    membership = access.current_membership(request)
    cards = authorization_cards(membership).cards
    selected = request.GET.get("autorizare", "")
    chosen = next((card for card in cards if str(card.authorization.pk) == selected), None)
    context = {
        "cards": cards,
        "chosen": chosen or (cards[0] if len(cards) == 1 else None),
        "configured": is_configured(),
        "may_authorize": access.has_role(membership, Role.DISPATCHER),
    }
    return render(request, "authorizations/renewed_certificate.html", context)
