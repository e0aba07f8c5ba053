"""External authorization: making a link (a member), and using it (its holder, without account).

The link's secret is exchanged for a note in the session and leaves the address bar at once: it
reaches no log, no history and no referrer beyond that first request.
"""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from caraus.accounts import access
from caraus.accounts.models import Role
from caraus.accounts.rate_limits import count_request, rate_limited, too_many_requests
from caraus.anaf.errors import AnafError
from caraus.authorizations import consent, link_emails, links
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.browser import browser_secret
from caraus.authorizations.configuration import is_configured
from caraus.authorizations.link_forms import HolderForm, LinkForm
from caraus.authorizations.link_rows import link_rows, links_for, visible_links
from caraus.authorizations.models import ExternalLink
from caraus.authorizations.views.integrations import (
    AUTHORIZATION_KEY,
    LINK_KEY,
    render_consent_result,
)
from caraus.core.queries import parse_keys

# Links on a page of the table.
LINKS_PER_PAGE = 25


@require_http_methods(["GET", "POST"])
@never_cache
@rate_limited("link_new", posts_only=True)
def new_link(request: HttpRequest) -> HttpResponse:
    """Show the form; then the link itself, once: here only its digest is kept."""
    membership = access.require_role(request, Role.DISPATCHER)
    chosen = parse_keys(request.GET.getlist("firma"))
    form = LinkForm(membership, request.POST if request.method == "POST" else None, chosen)
    context: dict[str, object] = {"form": form, "configured": is_configured()}
    if request.method == "POST" and form.is_valid():
        companies = list(form.cleaned_data["companies"])
        if not companies and access.is_restricted(membership):
            companies = list(access.visible_companies(membership))
            if not companies:
                raise PermissionDenied(
                    gettext("Nu vezi nicio firmă pentru care să ceri o autorizare.")
                )
        email = form.cleaned_data["email"]
        not_sent = link_emails.email_limit(membership) if email else None
        link, secret = link_emails.create_and_email_link(
            membership,
            companies=companies,
            email="" if not_sent else email,
            lifetime=form.cleaned_data["lifetime"],
            reminders=form.cleaned_data["reminders"],
        )
        return _show_once(request, link, secret, not_sent_to=email if not_sent else "")
    return render(request, "authorizations/link_new.html", context)


def _show_once(
    request: HttpRequest, link: ExternalLink, secret: str, *, not_sent_to: str = ""
) -> HttpResponse:
    """Show the address of a link; `not_sent_to`: a young organization has sent its few e-mails."""
    context = {
        "not_sent_to": not_sent_to,
        "link": link,
        "reminds": link.email
        and link.reminders
        and link.expires_at - link.created_at > link_emails.FIRST_REMINDER_AFTER,
        "address": links.link_address(secret),
        "companies": links.link_companies(link),
    }
    return render(request, "authorizations/link_made.html", context)


@require_GET
@never_cache
def sent_links(request: HttpRequest) -> HttpResponse:
    """Show every link, newest first: for whom, how far it has come, until when."""
    membership = access.require_role(request, Role.DISPATCHER)
    sent = visible_links(membership).prefetch_related("companies")
    page = Paginator(sent, LINKS_PER_PAGE).get_page(request.GET.get("pagina"))
    context = {"page": page, "links": link_rows(page), "may_authorize": True}
    return render(request, "authorizations/sent_links.html", context)


@require_POST
@never_cache
@rate_limited("link_new")
def send_link_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the link to its address again; show a new address of a link that was copied."""
    membership = access.require_role(request, Role.DISPATCHER)
    link = access.get_object(request, links_for(membership), pk)
    if links.link_error(link) is not None:
        messages.warning(request, gettext("Linkul nu mai este valabil: generează altul."))
    elif link.email and not link_emails.email_limit(membership):
        link_emails.email_link_again(link, membership)
        messages.success(
            request, gettext("Linkul pleacă din nou la {email}.").format(email=link.email)
        )
    else:
        return _show_once(request, link, links.new_secret(link), not_sent_to=link.email)
    return redirect("authorizations:sent_links")


@require_POST
def revoke_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a link: any of the organization; only an own one for a member restricted to some
    companies."""
    membership = access.require_role(request, Role.DISPATCHER)
    link = access.get_object(request, links_for(membership), pk)
    if links.withdraw_link(link, membership):
        messages.success(request, gettext("Linkul a fost retras: nu mai deschide nimic."))
    else:
        messages.warning(request, gettext("Linkul fusese deja folosit sau retras."))
    return redirect("authorizations:integrations")


@login_not_required
@require_safe
@never_cache
def open_link(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the secret out of the address bar; a bad one says what is wrong with it.

    The HEAD of a mail scanner gets a response and opens nothing.
    """
    link = links.find_link(secret)
    refused = links.link_error(link)
    if link is None and (too_often := count_request(request, "link")):
        return _without_referrer(too_many_requests(request, too_often))
    if refused is not None or link is None:
        return _render_unusable(request, refused or links.UNKNOWN_LINK)
    if request.method == "GET":
        _note_opened(request, link)
    response = redirect("external_page")
    response["Referrer-Policy"] = "no-referrer"
    return response


def _note_opened(request: HttpRequest, link: ExternalLink) -> None:
    request.session[LINK_KEY] = link.pk
    if link.opened_at is None:
        ExternalLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=timezone.now())


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@rate_limited("link_start", posts_only=True)
def external_page(request: HttpRequest) -> HttpResponse:
    """Show who needs it and for whom, the checklist, the name, the button; POST goes to ANAF."""
    pk = request.session.get(LINK_KEY)
    link = ExternalLink.objects.filter(pk=pk or 0).select_related("organization").first()
    refused = links.link_error(link)
    if refused is not None or link is None:
        return _render_unusable(request, refused or links.UNKNOWN_LINK)
    given = link.authorizations.filter(pk=request.session.get(AUTHORIZATION_KEY) or 0).first()
    form = HolderForm(
        request.POST if request.method == "POST" else None,
        initial={"name": given.person_name if given else ""},
    )
    if request.method == "POST" and form.is_valid():
        try:
            address = consent.begin_external_consent(
                link, person_name=form.cleaned_data["name"], browser=browser_secret(request)
            )
            return redirect(address)
        except AnafError as error:
            return render_consent_result(request, ERROR_TEXTS[error.code], status=503, by_link=True)
    context = {
        "link": link,
        "companies": links.link_companies(link),
        "form": form,
        "configured": is_configured(),
    }
    return render(request, "authorizations/external.html", context)


def _render_unusable(request: HttpRequest, refused: links.LinkError) -> HttpResponse:
    status = 404 if refused is links.UNKNOWN_LINK else 410
    return _without_referrer(
        render(request, "authorizations/link_unusable.html", {"refused": refused}, status=status)
    )


def _without_referrer(response: HttpResponse) -> HttpResponse:
    """Let browsers send no referrer: the address may be most of a good secret."""
    response["Referrer-Policy"] = "no-referrer"
    return response
