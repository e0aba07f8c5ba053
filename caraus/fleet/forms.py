"""The forms of the fleet."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.accounts.name_fields import SingleLineFormField
from caraus.core.fields import PERSON_NAME_LENGTH
from caraus.core.formatting import gettext_lazy
from caraus.fleet import plates
from caraus.fleet.changes import VehicleEntry
from caraus.fleet.models import NOTE_MAX_LENGTH, PHONE_MAX_LENGTH, Vehicle, VehicleKind
from caraus.lists.forms import ListForm


def _company_field(companies: Collection[Company]) -> forms.ChoiceField:
    """Return the field of the company, by CUI as in the addresses; alone, it needs no choosing."""
    choices = [(company.cui, str(company)) for company in companies]
    if len(choices) != 1:
        choices.insert(0, ("", gettext("Alege firma")))
    return forms.ChoiceField(
        label=gettext("Firma"),
        choices=choices,
        error_messages={
            "required": gettext("Alege firma a cărei flotă este."),
            "invalid_choice": gettext("Alege una dintre firmele tale."),
        },
    )


class _OfCompany(forms.Form):
    """A form about the fleet of one of the person's companies."""

    def __init__(self, *args: Any, companies: Collection[Company], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.companies = {company.cui: company for company in companies}
        self.fields["firma"] = _company_field(companies)
        if len(companies) == 1:
            self.fields["firma"].required = False
            self.fields["firma"].widget = forms.HiddenInput()

    def clean_firma(self) -> Company:
        if len(self.companies) == 1:
            return next(iter(self.companies.values()))
        return self.companies[self.cleaned_data["firma"]]


class VehicleForm(_OfCompany):
    """One vehicle, new (`vehicle` None) or known; a known one keeps its company."""

    plate = forms.CharField(
        label=gettext_lazy("Numărul de înmatriculare"),
        max_length=60,
        help_text=gettext_lazy("Cu sau fără spații și liniuțe, de exemplu B 123 ABC."),
        error_messages={"required": gettext_lazy("Scrie numărul de înmatriculare.")},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Tip"),
        choices=[
            (VehicleKind.VEHICLE.value, gettext_lazy("vehicul")),
            (VehicleKind.TRAILER.value, gettext_lazy("remorcă, semiremorcă")),
        ],
        error_messages={
            "required": gettext_lazy("Alege vehicul sau remorcă."),
            "invalid_choice": gettext_lazy("Alege vehicul sau remorcă."),
        },
    )
    driver = SingleLineFormField(
        label=gettext_lazy("Șofer"),
        max_length=PERSON_NAME_LENGTH,
        required=False,
        error_messages={"max_length": gettext_lazy("Numele are cel mult 150 de caractere.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    phone = SingleLineFormField(
        label=gettext_lazy("Telefonul șoferului"),
        max_length=PHONE_MAX_LENGTH,
        required=False,
        error_messages={"max_length": gettext_lazy("Telefonul are cel mult 40 de caractere.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"}),
    )
    note = SingleLineFormField(
        label=gettext_lazy("Notă"),
        max_length=NOTE_MAX_LENGTH,
        required=False,
        help_text=gettext_lazy("Marca, culoarea, orice ajută la recunoaștere."),
        error_messages={"max_length": gettext_lazy("Nota are cel mult 200 de caractere.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, vehicle: Vehicle | None = None, **kwargs: Any) -> None:
        self.vehicle = vehicle
        if vehicle is not None:
            kwargs["companies"] = [vehicle.company]
            kwargs["initial"] = {
                "plate": vehicle.plate,
                "kind": vehicle.kind,
                "driver": vehicle.driver,
                "phone": vehicle.phone,
                "note": vehicle.note,
            }
        super().__init__(*args, **kwargs)

    def clean_plate(self) -> str:
        return plates.clean_plate(self.cleaned_data["plate"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "plate" not in data or "firma" not in data:
            return data
        same = Vehicle.objects.filter(company=data["firma"], plate=data["plate"])
        if self.vehicle is not None:
            same = same.exclude(pk=self.vehicle.pk)
        if (known := same.first()) is not None:
            self.add_error("plate", already_there(known))
        return data

    def entry(self, *, active: bool = True) -> VehicleEntry:
        """Return how the vehicle is to stand in the fleet."""
        data = self.cleaned_data
        return VehicleEntry(
            data["plate"],
            VehicleKind(data["kind"]),
            data["note"],
            active,
            data["driver"],
            data["phone"],
        )


def already_there(vehicle: Vehicle) -> str:
    """Say that the plate is in the fleet already, and how."""
    where = {"plate": vehicle.plate, "kind": vehicle.get_kind_display()}
    if vehicle.active:
        return gettext("%(plate)s este deja în flotă, ca %(kind)s.") % where
    return (
        gettext("%(plate)s este deja în flotă, scos din uz. Îl pui din nou în uz din lista.")
        % where
    )


class ImportForm(ListForm, _OfCompany):
    """A pasted list or a file of the vehicles of a company."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Tipul rândurilor care nu îl spun"),
        choices=[
            (VehicleKind.VEHICLE.value, gettext_lazy("vehicule")),
            (VehicleKind.TRAILER.value, gettext_lazy("remorci")),
        ],
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].help_text = gettext(
            "Așa cum o copiezi din Excel, cu tot cu capul de tabel: cap tractor, semiremorcă, "
            "șofer, telefon, notă. Sau numai numerele, câte unul pe rând."
        )
