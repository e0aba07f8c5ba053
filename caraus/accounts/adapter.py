"""What sign-in by e-mail does differently from django-allauth's defaults."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_noop

from caraus.accounts import audit_log, members, rate_limits
from caraus.accounts.models import AuditLogEntry, Invitation, User
from caraus.core.formatting import in_language_of

# Where the session keeps the secret of an invitation's link while its person makes an account.
INVITATION_KEY = "invitation"


def session_invitation(request: HttpRequest) -> Invitation | None:
    """Return the invitation whose link this visitor has opened, while it can be accepted."""
    secret = request.session.get(INVITATION_KEY, "")
    return members.usable_invitation(secret) if secret else None


def failed_sign_in_key(request: HttpRequest, email: str) -> str:
    """Return the key under which wrong passwords are counted."""
    return f"{email.lower()}:{rate_limits.client_address(request)}"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Who may sign up is a setting: anybody, the invited, nobody (`caraus createuser` is left)."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        if settings.SIGNUP == "invitation":
            return session_invitation(request) is not None
        return bool(settings.SIGNUP == "open")

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """Return whether an invitation's link proves the address: it came there and nowhere else,
        unless it was shown to who invites."""
        invitation = session_invitation(request)
        if (
            invitation is not None
            and not invitation.link_shown
            and invitation.email.lower() == email.lower()
        ):
            return True
        return bool(super().is_email_verified(request, email))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send in the language of the account, if it has one, else in that of the request."""
        reader = context.get("user") or User.objects.filter(email=email.lower()).first()
        if isinstance(reader, User) and reader.language:
            with in_language_of(reader):
                super().send_mail(template_prefix, email, context)
        else:
            super().send_mail(template_prefix, email, context)

    def render_mail(
        self, template_prefix: str, email: Any, context: dict[str, Any], headers: Any = None
    ) -> Any:
        """Render with every address under CARAUS_URL, whatever Host the request named; a link is
        not sent when it works no longer."""
        context = {name: _public(name, value) for name, value in context.items()}
        message = super().render_mail(template_prefix, email, context, headers)
        message.purpose = template_prefix
        if "password_reset_url" in context and "key" in context:
            message.expires_at = timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        elif "activate_url" in context:
            days = app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS
            message.expires_at = timezone.now() + timedelta(days=days)
        return message

    def is_safe_url(self, url: str) -> bool:
        """Return whether a sign-in may lead there: to this site, as CARAUS_URL names it."""
        return url_has_allowed_host_and_scheme(
            url,
            allowed_hosts={urlsplit(settings.PUBLIC_URL).netloc},
            require_https=settings.PUBLIC_HTTPS,
        )

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raise ValidationError after too many wrong passwords, counted for the account and the
        address together: a stranger elsewhere can't lock the right person out. Guessing an account
        from many addresses is slow, but not for who signs in from where the account's person did
        before."""
        email = str(credentials.get("email", "")).lower()
        if rate_limits.count_use("sign_in_failed", key=failed_sign_in_key(request, email)):
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)
        earlier_sign_ins = AuditLogEntry.objects.filter(
            actor_id__in=User.objects.filter(email=email).values("pk"),
            action="sign_in",
            ip=self.get_client_ip(request),
        )
        if not earlier_sign_ins.exists() and rate_limits.count_use("sign_in_elsewhere", key=email):
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Authenticate; after a success, wrong passwords are counted anew."""
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            email = str(credentials.get("email", "")).lower()
            rate_limits.reset_uses("sign_in_failed", key=failed_sign_in_key(request, email))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Record it in the audit log of the account that was tried, if there is one."""
        user = User.objects.filter(email=str(credentials.get("email", "")).lower()).first()
        if user is not None:
            audit_log.record_in_all_organizations(
                "sign_in_failed", gettext_noop("Încercare cu o parolă greșită."), user=user
            )


def _public(name: str, value: Any) -> Any:
    """Return an address of the e-mail's context under CARAUS_URL."""
    if not (name.endswith("_url") and isinstance(value, str)):
        return value
    parts = urlsplit(value)
    public = urlsplit(settings.PUBLIC_URL)
    return urlunsplit(parts._replace(scheme=public.scheme, netloc=public.netloc))
