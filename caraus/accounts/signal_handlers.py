"""Record django-allauth's signals in the audit log; an invited person who has just
made an account takes the offered place."""

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log, members, rate_limits, sessions
from caraus.accounts.adapter import INVITATION_KEY, failed_sign_in_key, session_invitation
from caraus.accounts.models import User
from caraus.core.formatting import gettext_lazy

# In the session: who has made an account in it by an invitation's link.
INVITED_USER_KEY = "invited_sign_up"
FACTOR_LABELS = {
    Authenticator.Type.TOTP: gettext_lazy("aplicația de autentificare"),
    Authenticator.Type.WEBAUTHN: gettext_lazy("o cheie de acces"),
    Authenticator.Type.RECOVERY_CODES: gettext_lazy("codurile de rezervă"),
}


def connect_signals() -> None:
    """Record sign-ins, passwords, addresses and second factors in the audit log, as allauth signals
    them."""
    sentences = {
        account.password_changed: gettext_noop("Și-a schimbat parola."),
        account.password_reset: gettext_noop("Și-a ales o parolă nouă, prin linkul din e-mail."),
        account.password_set: gettext_noop("Și-a ales o parolă."),
        account.email_changed: gettext_noop("Și-a schimbat adresa de e-mail."),
    }
    for signal, sentence in sentences.items():
        signal.connect(
            _record_handler("account", sentence), weak=False, dispatch_uid=f"audit_log {sentence}"
        )
    account.user_logged_in.connect(_on_signed_in, dispatch_uid="audit_log")
    user_logged_out.connect(_on_signed_out, dispatch_uid="audit_log")
    account.user_signed_up.connect(_on_signed_up, dispatch_uid="audit_log")
    account.password_reset.connect(_on_password_reset, dispatch_uid="accounts.password_reset")
    factors = {
        mfa.authenticator_added: gettext_noop("A adăugat {what}."),
        mfa.authenticator_removed: gettext_noop("A scos {what}."),
        mfa.authenticator_reset: gettext_noop("A refăcut {what}."),
    }
    for signal, sentence in factors.items():
        signal.connect(
            _record_factor_handler(sentence), weak=False, dispatch_uid=f"audit_log {sentence}"
        )
    mfa.authentication_failed.connect(_on_factor_failed, dispatch_uid="audit_log")


def _record_handler(action: str, sentence: str) -> Any:
    def record(sender: object, user: User, **_: object) -> None:
        audit_log.record_in_all_organizations(action, sentence, user=user)

    return record


def _on_signed_in(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    sessions.remember_origin(request)
    if request.session.pop(INVITED_USER_KEY, None) == user.pk:
        _accept_pending_invitation(request, user)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if not user.language and chosen in dict(settings.LANGUAGES):  # on the page of the sign-in
        user.language = chosen
        user.save(update_fields=["language"])
    audit_log.record_in_all_organizations("sign_in", gettext_noop("A intrat în cont."), user=user)


def _on_signed_out(sender: object, user: User | None, **_: object) -> None:
    if user is not None and user.pk is not None:  # not one who has just been erased
        audit_log.record_in_all_organizations(
            "sign_in", gettext_noop("A ieșit din cont."), user=user
        )


def _on_signed_up(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    audit_log.record_action("account", gettext_noop("Și-a creat cont."), user=user)
    _accept_pending_invitation(request, user)
    if INVITATION_KEY in request.session:
        request.session[INVITED_USER_KEY] = user.pk


def _accept_pending_invitation(request: HttpRequest, user: User) -> None:
    """Accept the invitation for somebody whose address is confirmed and who made the account by its
    link; with a link that the inviter saw, the address is confirmed by an e-mail first. Who had an
    account presses the button of the invitation's page: opening a link joins nobody to anything."""
    invitation = session_invitation(request)
    if invitation is None or invitation.email.lower() != user.email.lower():
        return
    if not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        return
    try:
        members.accept_invitation(user, invitation)
    except ValidationError as error:  # taken back in the same moment
        messages.error(request, " ".join(error.messages))
    request.session.pop(INVITATION_KEY, None)


def _on_password_reset(sender: object, request: HttpRequest, user: User, **_: object) -> None:
    """Remove what a stranger may have put into the account. Who reads the address's e-mails is its
    owner. Whatever was put into an account before that address was confirmed may be a stranger's:
    nothing of it opens the account any more."""
    rate_limits.reset_uses("sign_in_failed", key=failed_sign_in_key(request, user.email))
    addresses = EmailAddress.objects.filter(user=user)
    if addresses.filter(verified=True).exists():
        return
    Authenticator.objects.filter(user=user).delete()
    addresses.exclude(email=user.email).delete()


def _record_factor_handler(sentence: str) -> Any:
    def record(sender: object, user: User, authenticator: Authenticator, **_: object) -> None:
        what = FACTOR_LABELS[Authenticator.Type(authenticator.type)]
        audit_log.record_in_all_organizations(
            "two_factors", lambda: gettext(sentence).format(what=what), user=user
        )

    return record


def _on_factor_failed(sender: object, user: User, **_: object) -> None:
    audit_log.record_in_all_organizations(
        "sign_in_failed", gettext_noop("Încercare cu un al doilea factor greșit."), user=user
    )
