"""The organization's own page: name, rules, handing over, leaving, deletion."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from caraus.accounts import access, members, organizations
from caraus.accounts.models import Membership, Role, User
from caraus.accounts.organization_forms import NewOrganizationForm, OrganizationForm
from caraus.accounts.rate_limits import count_request, too_many_requests
from caraus.core.organization_paths import personal_path
from caraus.core.queries import parse_key


def _page(request: HttpRequest, membership: Membership, form: OrganizationForm) -> HttpResponse:
    organization = membership.organization
    context = {
        "membership": membership,
        "form": form,
        "may_change": access.has_role(membership, Role.ADMIN),
        "is_owner": access.has_role(membership, Role.OWNER),
        "successors": organization.memberships.exclude(pk=membership.pk).select_related("user"),
        "may_create": may_create_organization(access.signed_in_user(request)),
    }
    return render(request, "accounts/organization.html", context)


@require_GET
def organization_page(request: HttpRequest) -> HttpResponse:
    """Show the settings of the current organization."""
    membership = access.current_membership(request)
    return _page(request, membership, OrganizationForm(instance=membership.organization))


@require_POST
def organization_change(request: HttpRequest) -> HttpResponse:
    """Save the settings; an administrator must have the second factor that is demanded."""
    membership = access.require_role(request, Role.ADMIN)
    form = OrganizationForm(request.POST, instance=membership.organization)
    if not form.is_valid():
        return _page(request, membership, form)
    if form.cleaned_data["require_two_factors"]:
        _require_own_second_factor(membership)
    organizations.change_organization(membership, **form.cleaned_data)
    messages.success(request, gettext("Setările au fost salvate."))
    return redirect("organization")


def _require_own_second_factor(membership: Membership) -> None:
    """Whoever demands it has it: nobody locks out the whole organization by a click."""
    from allauth.mfa.utils import is_mfa_enabled

    if not is_mfa_enabled(membership.user):
        raise PermissionDenied(
            gettext(
                "Activează întâi tu autentificarea în doi pași (din Contul tău), apoi o "
                "poți cere tuturor."
            )
        )


def may_create_organization(user: User) -> bool:
    """Return whether the user may: anybody where sign-up is open; elsewhere those who already
    answer for an organization."""
    return settings.SIGNUP == "open" or user.memberships.filter(role=Role.OWNER).exists()


@require_http_methods(["GET", "POST"])
def organization_new(request: HttpRequest) -> HttpResponse:
    """Create an organization and switch to it."""
    user = access.signed_in_user(request)
    if not may_create_organization(user):
        raise PermissionDenied(
            gettext("Pe acest server, organizațiile noi le creează administratorul aplicației.")
        )
    form = NewOrganizationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if too_often := count_request(request, "organization_new"):
            return too_many_requests(request, too_often)
        organization = organizations.create_organization(user, form.cleaned_data["name"])
        access.select_organization(request, organization.organization_id)
        messages.success(
            request,
            gettext("Organizația {organization} este gata. Adaugă firmele.").format(
                organization=organization.organization
            ),
        )
        return redirect(settings.COMPANY_LIST_URL)
    return render(request, "accounts/organization_new.html", {"form": form})


@require_POST
def organization_hand_over(request: HttpRequest) -> HttpResponse:
    """Hand the organization over to the member of the form."""
    owner = access.require_role(request, Role.OWNER)
    successor = access.visible(
        Membership.objects.filter(pk=parse_key(request.POST.get("membru", ""))), owner
    ).first()
    if successor is None:
        messages.error(request, gettext("Alege membrul care devine proprietar."))
        return redirect("organization")
    try:
        members.hand_over_organization(owner, successor)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            gettext("{user} este acum proprietar; tu ești administrator.").format(
                user=successor.user
            ),
        )
    return redirect("organization")


@require_POST
def organization_leave(request: HttpRequest) -> HttpResponse:
    """End the own membership."""
    membership = access.current_membership(request)
    try:
        members.leave_organization(membership)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("organization")
    request.session.pop(access.SESSION_KEY, None)
    messages.success(
        request,
        gettext("Ai părăsit organizația {organization}.").format(
            organization=membership.organization
        ),
    )
    return redirect(personal_path(settings.LOGIN_REDIRECT_URL))


@require_POST
def organization_delete(request: HttpRequest) -> HttpResponse:
    """Request the deletion, after the name was typed; a week is left to cancel it."""
    owner = access.require_role(request, Role.OWNER)
    try:
        organizations.request_organization_deletion(
            owner, typed_name=request.POST.get("denumire", "")
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.warning(
            request, gettext("Organizația se șterge peste o săptămână. Până atunci poți renunța.")
        )
    return redirect("organization")


@require_POST
def organization_cancel_deletion(request: HttpRequest) -> HttpResponse:
    """Cancel the deletion that waits."""
    organizations.cancel_organization_deletion(access.require_role(request, Role.OWNER))
    messages.success(request, gettext("Organizația rămâne. Nimic nu se șterge."))
    return redirect("organization")
