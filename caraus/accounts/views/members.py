"""The members of the current organization, and the form that invites another person."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access, invitation_emails, members
from caraus.accounts.models import Membership, Role
from caraus.accounts.organization_forms import InviteForm, MembershipForm
from caraus.accounts.rate_limits import rate_limited, too_many_requests
from caraus.accounts.views.invitations import send_and_report
from caraus.mail import queue


@require_http_methods(["GET", "POST"])
def member_list(request: HttpRequest) -> HttpResponse:
    """Show the members, the open invitations, and the form that invites."""
    membership = access.require_role(request, Role.ADMIN)
    if request.method == "POST":
        return _invite(request, membership)
    return _page(request, membership, InviteForm(actor=membership))


def _page(request: HttpRequest, membership: Membership, form: InviteForm) -> HttpResponse:
    organization = membership.organization
    context = {
        "membership": membership,
        "form": form,
        "members": organization.memberships.select_related("user")
        .prefetch_related("companies", "user__authenticator_set")
        .order_by("user__name", "user__email"),
        "invitations": _invitations(membership),
        "now": timezone.now(),
        "is_owner": access.has_role(membership, Role.OWNER),
    }
    return render(request, "accounts/members.html", context)


def _invitations(membership: Membership) -> list[dict[str, Any]]:
    """Return the open invitations, whether this member may act on them, and what became of their
    e-mails."""
    open_invitations = membership.organization.invitations.filter(accepted_at=None, revoked_at=None)
    invitations = list(open_invitations.prefetch_related("companies"))
    failures = queue.delivery_failures(
        [invitation_emails.email_reference(invitation) for invitation in invitations]
    )
    return [
        {
            "invitation": invitation,
            "may_act": members.may_assign_role(membership, invitation.role),
            "delivery_failure": failures.get(invitation_emails.email_reference(invitation)),
        }
        for invitation in invitations
    ]


@rate_limited("invite")
def _invite(request: HttpRequest, membership: Membership) -> HttpResponse:
    form = InviteForm(request.POST, actor=membership)
    if form.is_valid():
        if refusal := invitation_emails.count_invitation_email(membership):
            return too_many_requests(request, refusal)
        try:
            invitation, secret = members.invite_member(
                membership,
                email=form.cleaned_data["email"],
                role=form.cleaned_data["role"],
                companies=form.chosen,
            )
        except ValidationError as error:
            form.add_error("email", error)
        else:
            send_and_report(request, invitation, secret)
            return redirect("members")
    return _page(request, membership, form)


@require_http_methods(["GET", "POST"])
def member_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a member; then change the role or the companies."""
    actor = access.require_role(request, Role.ADMIN)
    member = access.get_object(request, Membership.objects.select_related("user"), pk)
    initial = {
        "role": member.role,
        "only_some": member.only_some_companies,
        "companies": list(member.companies.values_list("pk", flat=True)),
    }
    form = MembershipForm(
        request.POST if request.method == "POST" else None, actor=actor, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            members.change_member(
                actor, member, role=form.cleaned_data["role"], companies=form.chosen
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, gettext("{user}: schimbarea a fost salvată.").format(user=member.user)
            )
            return redirect("members")
    context = {"form": form, "member": member, "is_self": member.user_id == actor.user_id}
    return render(request, "accounts/member.html", context)


@require_POST
def member_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a member out of the organization."""
    actor = access.require_role(request, Role.ADMIN)
    member = access.get_object(request, Membership.objects.select_related("user"), pk)
    try:
        members.remove_member(actor, member)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, gettext("{user} nu mai este în organizație.").format(user=member.user)
        )
    return redirect("members")
