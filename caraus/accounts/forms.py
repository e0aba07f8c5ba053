"""The forms of sign-in and passwords, in the words of the rest of the product.

What django-allauth says when something is wrong is in our words by `locale_overrides`. Here stand
the labels, and what is said of a field that was left empty.
"""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.models import EmailAddress
from allauth.core import context
from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext

from caraus.accounts.adapter import session_invitation
from caraus.accounts.models import User
from caraus.accounts.name_fields import NameFormField
from caraus.core.fields import PERSON_NAME_LENGTH
from caraus.core.formatting import gettext_lazy

PASSWORD_RULES = gettext_lazy(
    "Cel puțin 8 caractere, nu numai cifre. Nu numele sau adresa ta de e-mail și nici o parolă des "
    "întâlnită."
)


def _label_field(
    form: forms.BaseForm, name: str, label: str, *, missing: str, help_text: str = ""
) -> None:
    """Give a field its label and the sentence for when it is left empty; no placeholder."""
    field = form.fields[name]
    field.label, field.help_text = label, help_text
    field.error_messages["required"] = missing
    field.widget.attrs.pop("placeholder", None)


def _label_email_field(form: forms.BaseForm, name: str) -> None:
    _label_field(form, name, "E-mail", missing=gettext("Scrie adresa de e-mail."))
    field = form.fields[name]
    field.widget.attrs.update({"inputmode": "email", "autocapitalize": "none"})


def _label_new_password_fields(form: forms.BaseForm) -> None:
    _label_field(
        form,
        "password1",
        gettext("Parola nouă"),
        missing=gettext("Scrie parola nouă."),
        help_text=PASSWORD_RULES,
    )
    _label_field(
        form,
        "password2",
        gettext("Parola nouă, încă o dată"),
        missing=gettext("Scrie încă o dată parola nouă."),
    )


class LoginForm(allauth.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_email_field(self, "login")
        _label_field(self, "password", gettext("Parola"), missing=gettext("Scrie parola."))


class SignupForm(allauth.SignupForm):  # type: ignore[misc]
    """Somebody who was invited has that address, and no other."""

    name = NameFormField(
        label=gettext_lazy("Numele tău"),
        max_length=PERSON_NAME_LENGTH,
        error_messages={
            "required": gettext_lazy("Scrie numele tău: apare la autorizări și în jurnal.")
        },
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["name", "email", "password1", "password2"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_email_field(self, "email")
        _label_new_password_fields(self)
        self.fields["password1"].label, self.fields["password2"].label = (
            gettext("Parola"),
            gettext("Parola, încă o dată"),
        )
        request = context.request
        invitation = session_invitation(request) if request is not None else None
        if invitation is not None:
            field = self.fields["email"]
            field.initial, field.disabled = invitation.email, True

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account once when several send the form at once; the others are sent to sign
        in."""
        invitation = session_invitation(request)
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            if invitation is None:  # as to anybody who signs up with a known address
                self.account_already_exists = True
                return super().try_save(request)
        messages.info(
            request, gettext("Contul a fost creat chiar acum. Intră cu adresa și parola ta.")
        )
        return None, redirect("account_login")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Save the name and the language, once django-allauth has saved the user."""
        user.name = self.cleaned_data["name"]
        user.language = get_language() or ""
        user.save(update_fields=["name", "language"])


class ResetPasswordForm(allauth.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_email_field(self, "email")

    def clean_email(self) -> str:
        """Refuse an address that somebody added to an account and never confirmed: it opens no
        account."""
        email: str = super().clean_email()
        confirmed = {
            address.user_id
            for address in EmailAddress.objects.filter(email__iexact=email, verified=True)
        }
        users: list[User] = self.users  # type: ignore[has-type]
        self.users = [
            user for user in users if user.pk in confirmed or user.email.lower() == email.lower()
        ]
        return email


class ResetPasswordKeyForm(allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_new_password_fields(self)


class SetPasswordForm(allauth.SetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_new_password_fields(self)


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_field(
            self, "oldpassword", gettext("Parola de acum"), missing=gettext("Scrie parola de acum.")
        )
        _label_new_password_fields(self)


class ReauthenticateForm(allauth.ReauthenticateForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_field(self, "password", gettext("Parola"), missing=gettext("Scrie parola."))


class AddEmailForm(allauth.AddEmailForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _label_email_field(self, "email")
