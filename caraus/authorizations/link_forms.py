"""The forms of authorization links: making one, making one for each company, using one."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import cast
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, User
from caraus.accounts.name_fields import NameFormField
from caraus.authorizations.models import LINK_LIFETIME, LONG_LINK_LIFETIME
from caraus.authorizations.pasted_addresses import PastedAddresses, read_addresses
from caraus.core.fields import PERSON_NAME_LENGTH
from caraus.core.formatting import gettext_lazy


class LinkOptionsForm(forms.Form):
    """How long a link works, and whether its holder is reminded."""

    lifetime = forms.ChoiceField(
        label=gettext_lazy("Cât este valabil"),
        choices=[("24", gettext_lazy("24 de ore")), ("168", gettext_lazy("7 zile"))],
        required=False,
        initial="24",
    )
    reminders = forms.BooleanField(
        label=gettext_lazy("Amintește-i dacă nu autorizează"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "Pentru un link de 7 zile: pe e-mail, după 2 zile și cu o zi înainte de termen."
        ),
    )

    def clean_lifetime(self) -> timedelta:
        return LONG_LINK_LIFETIME if self.cleaned_data["lifetime"] == "168" else LINK_LIFETIME


class LinkForm(LinkOptionsForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mailul persoanei cu certificatul"),
        required=False,
        help_text=gettext_lazy("Lasă gol dacă vrei doar să copiezi linkul."),
        error_messages={"invalid": gettext_lazy("Aceasta nu este o adresă de e-mail.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        membership: Membership,
        data: QueryDict | None = None,
        chosen: Collection[int] = (),
    ) -> None:
        super().__init__(data, initial={"companies": chosen})
        self.fields["companies"] = forms.ModelMultipleChoiceField(
            queryset=access.visible_companies(membership),
            label=gettext("Pentru ce firme"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )


class LinksForm(LinkOptionsForm):
    """An address for each of these companies; `known` are those of their last links. Addresses
    pasted as a list come first into the fields, to be looked at."""

    pasted = forms.CharField(
        label=gettext_lazy("Adresele, lipite din Excel"),
        required=False,
        help_text=gettext_lazy(
            "Pe fiecare rând firma (CUI sau denumire) și e-mailul. Le așezăm lângă firme; "
            "linkurile pleacă abia când le generezi."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )
    # Of each form that was shown: a press that is repeated makes nothing twice.
    form_key = forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)

    def __init__(
        self,
        companies: Sequence[Company],
        data: QueryDict | None = None,
        known: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__(data)
        self.companies = companies
        for company in companies:
            self.fields[_email_field(company)] = forms.EmailField(
                label=str(company),
                required=False,
                initial=(known or {}).get(company.pk, ""),
                error_messages={"invalid": gettext("Aceasta nu este o adresă de e-mail.")},
                widget=forms.EmailInput(
                    attrs={"autocomplete": "off", "placeholder": gettext("E-mail")}
                ),
            )

    def rows(self) -> list[tuple[Company, forms.BoundField]]:
        """Return each company with the field of its address, those that are wrong first."""
        rows = [(company, self[_email_field(company)]) for company in self.companies]
        return sorted(rows, key=lambda row: not (self.is_bound and row[1].errors))

    @property
    def has_paste(self) -> bool:
        """Whether there is a list that is not beside the companies yet."""
        return bool(self.data.get("pasted", "").strip())

    def with_pasted(self) -> tuple["LinksForm", PastedAddresses]:
        """Return the form with the pasted addresses in its fields. Raises UnreadableFileError."""
        pasted = read_addresses(self.data.get("pasted", ""), self.companies)
        data = cast("QueryDict", self.data).copy()
        data["pasted"] = ""
        for company in self.companies:
            if company.pk in pasted.addresses:
                data[_email_field(company)] = pasted.addresses[company.pk]
        return LinksForm(self.companies, data), pasted

    def key_of(self, user: User) -> str:
        """Return what the form is known by; "" for a form without a key."""
        key = self.cleaned_data["form_key"]
        return f"{user.pk}:{key}" if key else ""

    def email_of(self, company: Company) -> str:
        return str(self.cleaned_data[_email_field(company)])


def _email_field(company: Company) -> str:
    return f"email_{company.pk}"


class HolderForm(forms.Form):
    name = NameFormField(
        label=gettext_lazy("Numele tău"),
        max_length=PERSON_NAME_LENGTH,
        help_text=gettext_lazy("Așa vei apărea la „Persoana” în aplicație."),
        error_messages={"required": gettext_lazy("Scrie-ți numele.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
