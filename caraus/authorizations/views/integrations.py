"""Integrări: the card of RO e-Transport, the button, and ANAF's callback."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from caraus.accounts import access, audit_log
from caraus.accounts.models import Membership, Organization, Role, User
from caraus.anaf.errors import AnafError
from caraus.authorizations import (
    consent,
    links,
    replacement,
    rights,
    rights_progress,
    token_refresh,
)
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import ErrorText
from caraus.authorizations.authorization_cards import authorization_cards, visible_authorizations
from caraus.authorizations.browser import browser_secret, stored_browser_secret
from caraus.authorizations.card_notices import rendered_card_notices
from caraus.authorizations.configuration import is_configured, missing_keys
from caraus.authorizations.consent_scope import consent_scope
from caraus.authorizations.models import Authorization
from caraus.authorizations.rights_progress import RightsProgress
from caraus.core.formatting import join_first
from caraus.core.queries import parse_key

# In the session: the external link that this browser opened, and the authorization that it gave.
LINK_KEY = "external_link"
AUTHORIZATION_KEY = "given_authorization"
# Of the companies that ANAF refuses, on the page after ANAF.
NAMED_WITHOUT_RIGHT = 2


@require_GET
@never_cache
def integrations(request: HttpRequest) -> HttpResponse:
    """Show the whole page, or only its card for htmx (while an authorization is under way).

    A card that waits says which authorization it knows as the newest (`asteapta`): as long as
    nothing new came, the response is 204 and the card stays as it is.
    """
    membership = access.current_membership(request)
    panel = authorization_cards(membership)
    if request.GET.get("asteapta") == panel.newest and consent.is_consent_open(
        user=access.signed_in_user(request), organization=membership.organization
    ):
        return HttpResponse(status=204)
    context = {
        "panel": panel,
        "card_notices": rendered_card_notices(membership.organization, panel.companies)
        if panel.cards
        else [],
        "configured": is_configured(),
        "missing_keys": missing_keys(),
        "redirect_uri": settings.ANAF_REDIRECT_URI,
        "may_authorize": access.has_role(membership, Role.DISPATCHER),
        "may_disconnect": access.has_role(membership, Role.ADMIN),
    }
    name = "authorizations/_card.html" if request.htmx else "authorizations/integrations.html"  # type: ignore[attr-defined]
    return render(request, name, context)


@require_POST
def authorize(request: HttpRequest) -> HttpResponse:
    """Open a request and send the person to ANAF (the blue button). With `inlocuieste`, the new
    authorization takes over from that one."""
    membership = access.require_role(request, Role.DISPATCHER)
    replaced = parse_key(request.POST.get("inlocuieste", ""))
    replaces = (
        access.get_object(request, visible_authorizations(membership), replaced)
        if replaced
        else None
    )
    organization = membership.organization
    try:
        address = consent.begin_consent(
            user=access.signed_in_user(request),
            organization=organization,
            browser=browser_secret(request),
            replaces=replaces,
        )
    except AnafError as error:
        return render_consent_result(
            request, ERROR_TEXTS[error.code], status=503, organization=organization
        )
    return redirect(address)


@login_not_required
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Receive the browser that ANAF sends back with a code or an error: a signed-in person's, or
    the holder's of an external link. It must be the browser that began."""
    state, browser = request.GET.get("state", ""), stored_browser_secret(request)
    user = request.user if isinstance(request.user, User) else None
    begun = consent.begun_consent(state, user=user, browser=browser)
    by_link = begun is not None and begun.link_id is not None
    if user is None and not by_link:
        return redirect_to_login(request.get_full_path())
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    result = consent.finish_consent(
        user=user,
        browser=browser,
        state=state,
        code=request.GET.get("code", ""),
        error=request.GET.get("error", ""),
        description=request.GET.get("error_description", ""),
    )
    if isinstance(result, consent.ConsentInProgress):
        # Requested twice (a double click, a page loaded ahead): it repeats until a response comes.
        response = render(request, "authorizations/consent_in_progress.html")
        response["Refresh"] = "1"
        return _after_anaf(response)
    organization = begun.organization if begun and not by_link else None
    return render_consent_result(request, result, by_link=by_link, organization=organization)


def render_consent_result(
    request: HttpRequest,
    result: Authorization | ErrorText,
    *,
    status: int = 200,
    by_link: bool = False,
    organization: Organization | None = None,
) -> HttpResponse:
    """Show what came of an authorization: what was given, or the error and what to do. The links
    lead into the organization for which it was begun."""
    context: dict[str, object] = {"authorization": result, "by_link": by_link}
    if organization is not None:
        context["organization"] = organization
    if isinstance(result, ErrorText):
        context["error"] = result
    else:
        request.session[AUTHORIZATION_KEY] = result.pk
        context |= _authorization_context(request, result)
    return _after_anaf(render(request, "authorizations/finished.html", context, status=status))


def _authorization_context(request: HttpRequest, authorization: Authorization) -> dict[str, object]:
    """Return what was authorized, what ANAF says about it, and whether it can be taken back
    here."""
    progress = rights_progress.rights_progress(authorization)
    return _rights_of(authorization, progress) | {
        "scope": consent_scope(authorization, progress),
        # Whoever came by a link is of no organization.
        "organization": None if authorization.link_id else authorization.organization,
        "transport_list_url": resolve_url(settings.TRANSPORT_LIST_URL),
        "may_take_back": consent.undoable_consent(
            authorization_id=authorization.pk, browser=stored_browser_secret(request)
        ),
    }


def _after_anaf(response: HttpResponse) -> HttpResponse:
    # ANAF's page stood in this window; with the default policy it could no longer be closed.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    # Not "no-referrer": browsers then send „Origin: null” with the form „Încearcă din nou”, which
    # the CSRF check refuses. Other sites get no referrer either way.
    response["Referrer-Policy"] = "same-origin"
    return response


def _rights_of(authorization: Authorization, progress: RightsProgress) -> dict[str, object]:
    """Return what ANAF has said so far about the companies; the worker polls, nobody waits here."""
    lacks_role = token_refresh.authorization_lacks_etransport(authorization)
    refused = list(rights.refused_companies(authorization)) if progress.refused else []
    names, more = join_first(refused, NAMED_WITHOUT_RIGHT)
    link = authorization.link
    return {
        "progress": progress,
        "rights_error": ERROR_TEXTS["no_etransport_role"] if lacks_role else None,
        "no_right": progress.is_refused,
        "refused_names": names,
        "refused_more": more,
        "may_choose_another": link is not None and links.link_error(link) is None,
    }


@login_not_required
@require_GET
@never_cache
def given_rights(request: HttpRequest) -> HttpResponse:
    """Show the part of the page after ANAF that fills while the worker polls each company: for
    the browser that has just authorized, with an account or by a link."""
    given = Authorization.objects.filter(pk=request.session.get(AUTHORIZATION_KEY) or 0)
    authorization = given.select_related("link", "organization").first()
    if authorization is not None and not _may_still_see(authorization):
        authorization = None
    is_part = bool(request.htmx)  # type: ignore[attr-defined]
    if authorization is None and is_part:
        return HttpResponse(status=286)  # the session is over; so htmx must request no more
    if authorization is None:
        raise Http404
    context = {"authorization": authorization, "by_link": authorization.link is not None}
    name = "authorizations/_rights_progress.html" if is_part else "authorizations/finished.html"
    return render(request, name, context | _authorization_context(request, authorization))


def _may_still_see(authorization: Authorization) -> bool:
    """Return whether the browser may: the holder of a link; a person of the organization as long as
    that is so."""
    members = Membership.objects.filter(organization=authorization.organization_id)
    return (
        authorization.link_id is not None
        or members.filter(user=authorization.authorized_by).exists()
    )


@require_GET
@never_cache
def rights_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Render „Verificăm drepturile: 3 da, 162 nu, …” of an authorization, on Integrări and
    Firme."""
    membership = access.current_membership(request)
    authorization = access.get_object(
        request, visible_authorizations(membership).select_related("link"), pk
    )
    progress = rights_progress.rights_progress(
        authorization, among=access.visible_companies(membership)
    )
    context = {"authorization": authorization, "progress": progress}
    return render(request, "authorizations/_rights_line.html", context)


@login_not_required
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """End the authorization („Nu am vrut asta”): only the browser that authorized, within the hour;
    no account needed."""
    undoable = consent.undoable_consent(
        authorization_id=parse_key(request.POST.get("autorizare", "")),
        browser=stored_browser_secret(request),
    )
    if undoable is not None:
        consent.undo_consent(undoable)
    context = {
        "taken_back": undoable is not None,
        "by_link": undoable is not None and undoable.link_id,
    }
    status = 200 if undoable is not None else 410
    return _after_anaf(render(request, "authorizations/undone.html", context, status=status))


@require_POST
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete our tokens; ANAF's own list is the person's to clean („Renunțare Oauth”, p. 20)."""
    membership = access.require_role(request, Role.ADMIN)
    authorization = access.get_object(request, Authorization.objects.all(), pk)
    with transaction.atomic():
        replacement.disconnect_authorization(authorization)
        audit_log.record_action(
            "authorization",
            lambda: gettext("A deconectat autorizarea dată de {person_name}.").format(
                person_name=authorization.person_name
            ),
            user=membership.user,
            organization=membership.organization,
            authorization=authorization.pk,
            certificate=authorization.certificate_serial,
        )
    messages.success(
        request,
        gettext(
            "Autorizarea a fost deconectată, iar cheile ei au fost șterse de aici. "
            "Pentru a o retrage și la ANAF: portalul ANAF → Editare profil Oauth → "
            "Renunțare Oauth."
        ),
    )
    return redirect("authorizations:integrations")
