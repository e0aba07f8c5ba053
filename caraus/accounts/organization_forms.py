"""Forms about organizations and members."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.utils.translation import gettext

from caraus.accounts import access, members
from caraus.accounts.forms import PASSWORD_RULES
from caraus.accounts.models import Company, Membership, Organization, Role
from caraus.accounts.name_fields import NameFormField
from caraus.accounts.organizations import RETENTION_MONTHS
from caraus.core.fields import COMPANY_NAME_LENGTH
from caraus.core.fields import PERSON_NAME_LENGTH as NAME_WIDTH
from caraus.core.formatting import gettext_lazy, plural
from caraus.core.forms import ModelForm

EMAIL_MESSAGES = {"required": gettext_lazy("Scrie adresa de e-mail.")}
ORGANIZATION_NAME_MESSAGES = {"required": gettext_lazy("Scrie denumirea organizației.")}


class MembershipForm(forms.Form):
    """A role, and the companies that go with it."""

    role = forms.ChoiceField(label=gettext_lazy("Rolul"), initial=Role.DISPATCHER)
    only_some = forms.BooleanField(
        label=gettext_lazy("Vede numai firmele bifate"),
        help_text=gettext_lazy(
            "Pentru dispecer și cititor: un client al contabilului își vede numai firma lui."
        ),
        required=False,
    )
    companies = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Firmele"),
        queryset=Company.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy("O firmă bifată nu mai este în organizație.")
        },
    )

    def __init__(self, *args: Any, actor: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = members.assignable_roles(actor)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        companies: QuerySet[Company] = access.visible_companies(actor)
        self.fields["companies"].queryset = companies  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("only_some") and values.get("role") in access.RESTRICTABLE_ROLES:
            if not values.get("companies"):
                self.add_error("companies", gettext("Bifează cel puțin o firmă."))
        elif values.get("only_some"):
            self.add_error(
                "only_some", gettext("Proprietarul și administratorul văd toate firmele.")
            )
        return values

    @property
    def chosen(self) -> Iterable[Company] | None:
        """The only companies, or None for all."""
        data = self.cleaned_data
        return list(data["companies"]) if data["only_some"] else None


class InviteForm(MembershipForm):
    email = forms.EmailField(
        label="E-mail",
        error_messages=EMAIL_MESSAGES,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    field_order = ("email", "role", "only_some", "companies")


def _retention_choices() -> list[tuple[int | str, str]]:
    months = [(n, plural(n, "lună", "luni")) for n in RETENTION_MONTHS]
    return [("", gettext("mereu")), *months]


class OrganizationForm(ModelForm[Organization]):
    keep_transports_months = forms.TypedChoiceField(
        label=gettext_lazy("Cât păstrăm transporturile încheiate"),
        help_text=gettext_lazy(
            "De la ultima zi de valabilitate. Documentele de transport se "
            "păstrează de obicei 5 ani (Legea contabilității 82/1991, art. 25)."
        ),
        choices=_retention_choices,
        coerce=int,
        empty_value=None,
        required=False,
    )

    class Meta:
        model = Organization
        fields = ("name", "require_two_factors", "keep_transports_months")
        labels = {
            "name": gettext_lazy("Denumirea organizației"),
            "require_two_factors": gettext_lazy("Toți membrii se autentifică în doi pași"),
        }
        help_texts = {
            "require_two_factors": gettext_lazy(
                "Cine nu are încă al doilea factor îl adaugă la următoarea intrare; "
                "până atunci nu vede nimic din organizație."
            )
        }
        error_messages = {"name": ORGANIZATION_NAME_MESSAGES}


class NewOrganizationForm(forms.Form):
    name = NameFormField(
        label=gettext_lazy("Denumirea organizației"),
        max_length=COMPANY_NAME_LENGTH,
        error_messages=ORGANIZATION_NAME_MESSAGES,
    )


class SetupForm(forms.Form):
    """The first account of a server."""

    organization = NameFormField(
        label=gettext_lazy("Denumirea organizației"),
        max_length=COMPANY_NAME_LENGTH,
        error_messages=ORGANIZATION_NAME_MESSAGES,
    )
    name = NameFormField(
        label=gettext_lazy("Numele tău"),
        max_length=NAME_WIDTH,
        error_messages={"required": gettext_lazy("Scrie numele tău.")},
    )
    email = forms.EmailField(label="E-mail", error_messages=EMAIL_MESSAGES)
    password = forms.CharField(
        label=gettext_lazy("Parola"),
        help_text=PASSWORD_RULES,
        error_messages={"required": gettext_lazy("Scrie parola.")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password
