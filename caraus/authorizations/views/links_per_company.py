"""A link for each of the chosen companies, to an address of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Role
from caraus.accounts.rate_limits import (
    RateLimitExceeded,
    count_use,
    rate_limited,
    too_many_requests,
)
from caraus.authorizations import link_emails, links
from caraus.authorizations.link_forms import LinksForm
from caraus.authorizations.link_rows import last_addresses
from caraus.authorizations.pasted_addresses import PastedAddresses
from caraus.core.formatting import natural_key
from caraus.core.queries import parse_keys
from caraus.lists.spreadsheets import UnreadableFileError

# Links made by one press.
MAX_LINKS = 300


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link that was made: it went to `email`, or its address is shown once."""

    company: Company
    email: str
    address: str


@require_http_methods(["GET", "POST"])
@never_cache
@rate_limited("link_new", posts_only=True)
def links_per_company(request: HttpRequest) -> HttpResponse:
    """Show the companies with an address for each; then which links went, and those to be copied,
    once."""
    membership = access.require_role(request, Role.DISPATCHER)
    keys = parse_keys(request.GET.getlist("firma"), limit=None)
    chosen = sorted(
        access.visible_companies(membership).filter(pk__in=keys),
        key=lambda company: natural_key(str(company)),
    )
    companies = chosen[:MAX_LINKS]
    if not companies:
        messages.warning(request, gettext("Bifează întâi firmele din tabel."))
        return redirect("companies")
    form = LinksForm(
        companies,
        request.POST if request.method == "POST" else None,
        last_addresses(membership, companies),
    )
    context: dict[str, object] = {"left_out": len(chosen) - len(companies)}
    if request.method == "POST" and (form.has_paste or "asaza" in request.POST):
        form, context["pasted"] = _with_pasted(form)
    elif request.method == "POST" and form.is_valid():
        try:
            new_links = _make_links(membership, companies, form)
        except RefusedLinksError as error:
            return too_many_requests(request, error.refusal)
        if new_links is None:
            messages.warning(
                request,
                gettext("Linkurile acestea au fost deja generate, o singură dată: sunt mai jos."),
            )
            return redirect("authorizations:sent_links")
        context = {
            "sent": [link for link in new_links if link.email],
            "to_copy": [link for link in new_links if not link.email],
        }
        return render(request, "authorizations/links_made.html", context)
    return render(request, "authorizations/links_per_company.html", context | {"form": form})


def _with_pasted(form: LinksForm) -> tuple[LinksForm, PastedAddresses | None]:
    """Return the form as the pasted list fills it in, or with what is wrong with the list."""
    try:
        return form.with_pasted()
    except UnreadableFileError as error:
        form.add_error("pasted", str(error))
        return form, None


class RefusedLinksError(Exception):
    """More links than a person or an organization may make now."""

    def __init__(self, refusal: RateLimitExceeded) -> None:
        super().__init__(refusal.per)
        self.refusal = refusal


@transaction.atomic
def _make_links(
    membership: Membership, companies: Sequence[Company], form: LinksForm
) -> list[MadeLink] | None:
    """Make all the links or none; return None when this form has made its links before. Raises
    RefusedLinksError."""
    # Counted in this transaction: a second press waits for the first, and a failed one counts not.
    if count_use("links_form", key=form.key_of(membership.user)):
        return None
    refusal = count_use(
        "links_per_company",
        user=membership.user,
        organization=membership.organization,
        uses=len(companies),
    )
    if refusal:
        raise RefusedLinksError(refusal)
    return [_make_link(membership, company, form) for company in companies]


def _make_link(membership: Membership, company: Company, form: LinksForm) -> MadeLink:
    email = form.email_of(company)
    if email and link_emails.email_limit(membership):
        email = ""
    _, secret = link_emails.create_and_email_link(
        membership,
        companies=[company],
        email=email,
        lifetime=form.cleaned_data["lifetime"],
        reminders=form.cleaned_data["reminders"],
    )
    return MadeLink(company, email, "" if email else links.link_address(secret))
