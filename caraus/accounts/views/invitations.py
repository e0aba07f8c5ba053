"""Invitations: accept the offered membership; send again, copy the link, revoke."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from caraus.accounts import access, invitation_emails, members
from caraus.accounts.adapter import INVITATION_KEY
from caraus.accounts.models import Invitation, Role, User
from caraus.accounts.rate_limits import rate_limited, too_many_requests


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited("invitation")
def invitation_page(request: HttpRequest, secret: str) -> HttpResponse:
    """Let who is signed in accept; offer others to sign in, or to make an account for the invited
    address."""
    invitation = members.usable_invitation(secret)
    if invitation is None:
        return render(request, "accounts/invitation_unusable.html", status=404)
    user = request.user if isinstance(request.user, User) else None
    if request.method == "POST" and user is not None:
        try:
            taken = members.accept_invitation(user, invitation)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            request.session.pop(INVITATION_KEY, None)
            access.select_organization(request, taken.organization_id)
            messages.success(
                request,
                gettext("Ai intrat în {organization}.").format(organization=taken.organization),
            )
            return redirect(settings.LOGIN_REDIRECT_URL)
    elif user is None and request.method == "GET":  # a mail scanner's HEAD opens nothing
        request.session[INVITATION_KEY] = secret
    context = {
        "invitation": invitation,
        "other_account": user is not None and user.email.lower() != invitation.email.lower(),
        "signup_for_invited": settings.SIGNUP != "closed",
        "has_account": User.objects.filter(email=invitation.email.lower()).exists(),
    }
    return render(request, "accounts/invitation.html", context)


def send_and_report(request: HttpRequest, invitation: Invitation, secret: str) -> None:
    """Send the invitation's e-mail and say so on the next page."""
    invitation_emails.send_invitation(invitation, secret)
    messages.success(
        request,
        gettext("Invitația pentru {email} pleacă acum. Este valabilă 7 zile.").format(
            email=invitation.email
        ),
    )


@require_POST
@rate_limited("invite")
def invitation_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a new link; the one that was sent before ends."""
    membership = access.require_role(request, Role.ADMIN)
    invitation = access.get_object(request, Invitation.objects.all(), pk)
    if refusal := invitation_emails.count_invitation_email(membership):
        return too_many_requests(request, refusal)
    try:
        secret = members.renew_invitation(membership, invitation)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        invitation.refresh_from_db()
        send_and_report(request, invitation, secret)
    return redirect("members")


@require_POST
@never_cache
@rate_limited("invite")
def invitation_link_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a new link once to who invites; the one that was sent ends."""
    membership = access.require_role(request, Role.ADMIN)
    invitation = access.get_object(request, Invitation.objects.all(), pk)
    try:
        secret = members.renew_invitation(membership, invitation, shown=True)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("members")
    invitation.refresh_from_db()
    context = {"invitation": invitation, "link": invitation_emails.invitation_link(secret)}
    return render(request, "accounts/invitation_link.html", context)


@require_POST
def invitation_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke an open invitation."""
    membership = access.require_role(request, Role.ADMIN)
    invitation = access.get_object(request, Invitation.objects.all(), pk)
    try:
        members.revoke_invitation(membership, invitation)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            gettext("Invitația pentru {email} a fost retrasă.").format(email=invitation.email),
        )
    return redirect("members")
