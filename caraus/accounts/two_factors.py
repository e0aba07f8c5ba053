"""Two factors in our own words; the secrets of authenticator apps are encrypted at rest."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.conf import settings
from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.core.crypto import cipher, encrypt


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return cipher().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: User, type: Any) -> str:  # noqa: A002
        return gettext("Cheie de acces")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the entity with the name that a device shows beside the passkey: allauth takes the
        host for it."""
        return {**super().get_public_key_credential_rp_entity(), "name": settings.MFA_TOTP_ISSUER}


def delete_second_factors(user: User) -> int:
    """Take away every second factor (a lost phone, an administrator at the terminal)."""
    from allauth.mfa.models import Authenticator

    deleted: int = Authenticator.objects.filter(user=user).delete()[0]
    return deleted


def _label_code_field(form: forms.BaseForm, help_text: str) -> None:
    field = form.fields["code"]
    field.label, field.help_text = gettext("Codul"), help_text
    field.error_messages["required"] = gettext("Scrie codul.")
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update({"inputmode": "numeric", "autofocus": True})


class AuthenticateForm(base.AuthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_code_field(
            self, gettext("Cele 6 cifre din aplicația de autentificare, sau un cod de rezervă.")
        )


class ReauthenticateByCodeForm(base.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_code_field(
            self, gettext("Cele 6 cifre din aplicația de autentificare, sau un cod de rezervă.")
        )


class ActivateTOTPForm(totp.ActivateTOTPForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_code_field(self, gettext("Cele 6 cifre pe care le arată acum aplicația."))


class _KeyNameLabels:
    fields: dict[str, forms.Field]

    def _say(self) -> None:
        self.fields["name"].label = gettext("Numele cheii")
        self.fields["name"].help_text = gettext("De exemplu „Laptopul de la birou”.")


class AddWebAuthnForm(_KeyNameLabels, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._say()
        passwordless = self.fields["passwordless"]
        passwordless.label = gettext("Intru în cont numai cu această cheie, fără parolă")
        passwordless.help_text = gettext("Cheia cere amprenta, fața sau PIN-ul dispozitivului.")


class EditWebAuthnForm(_KeyNameLabels, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._say()


def rotate_authenticator_keys() -> int:
    """Seal the secrets of second factors under the first key; how many authenticators that were.

    Raises InvalidToken when none of the keys opens one.
    """
    sealed = ("secret", "seed")  # of an app, of the recovery codes
    authenticators = Authenticator.objects.filter(data__has_any_keys=sealed)
    for authenticator in authenticators:
        for name in sealed:
            if name in authenticator.data:
                old = authenticator.data[name].encode()
                authenticator.data[name] = cipher().rotate(old).decode()
        authenticator.save(update_fields=["data"])
    return len(authenticators)
