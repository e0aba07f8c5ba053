"""The form of a vehicle change: the whole set of plates, and since when."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from caraus.anaf.filings import MOST_NOTE
from caraus.core.formatting import BUCHAREST, gettext_lazy
from caraus.filings.rules import MOST_OWN_REFERENCE, RuleError, VehicleChangeInput

_PLATE = {
    "autocomplete": "off",
    "spellcheck": "false",
    "autocapitalize": "characters",
    "maxlength": "60",
}
NOW, AT = "acum", "ora"


def _plate_field(label: str, plates: str, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=60,
        required=required,
        error_messages={
            "required": gettext_lazy("Scrie numărul vehiculului, de exemplu B 123 ABC.")
        },
        widget=forms.TextInput(attrs=_PLATE | {"list": plates}),
    )


def hour_not_chosen_sentence() -> str:
    """Say that an hour is typed and something else chosen: only the person knows what is meant."""
    return gettext("Ai scris o oră, dar nu ai ales „de la ora”: alege-o sau șterge ora.")


class VehicleChangeForm(forms.Form):
    """What stands in a trailer's place is the trailer from now on; an empty place has none."""

    plate = _plate_field(gettext_lazy("Vehiculul nou"), "vehicule", required=True)
    trailer1 = _plate_field(gettext_lazy("Remorca"), "remorci")
    trailer2 = _plate_field(gettext_lazy("A doua remorcă"), "remorci")
    when = forms.ChoiceField(
        label=gettext_lazy("De când"),
        choices=[(NOW, gettext_lazy("acum")), (AT, gettext_lazy("de la ora"))],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    moment = forms.DateTimeField(
        label=gettext_lazy("Ziua și ora"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": gettext_lazy("Scrie ziua și ora, de exemplu 2026-11-30 14:05.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(
        label=gettext_lazy("Notă pentru ANAF"),
        max_length=MOST_NOTE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    own_reference = forms.CharField(
        label=gettext_lazy("Referința ta"),
        max_length=MOST_OWN_REFERENCE,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    post_outage = forms.BooleanField(
        label=gettext_lazy("Declar după o avarie a sistemului"),
        help_text=gettext_lazy(
            "Numai dacă ANAF și Ministerul Finanțelor au anunțat pe paginile lor că sistemul nu "
            "merge: atunci declararea se face până la sfârșitul zilei lucrătoare de după repornire."
        ),
        required=False,
    )
    rehearsal = forms.BooleanField(
        label=gettext_lazy("Repetiție în mediul de test al ANAF"),
        help_text=gettext_lazy("Pe UIT nu se schimbă nimic."),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.ANAF_ENVIRONMENT == "test":
            del self.fields["rehearsal"]  # everything is one

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("when") == AT and not data.get("moment") and "moment" not in self.errors:
            self.add_error("moment", gettext("Alege ziua și ora."))
        if data.get("when") == NOW and data.get("moment"):
            self.add_error("moment", hour_not_chosen_sentence())
        return data

    def change_input(self) -> VehicleChangeInput:
        """Return what was typed; „acum” is the moment at which it is read."""
        data = self.cleaned_data
        moment: datetime = timezone.now()
        if data["when"] == AT:
            moment = data["moment"]
            if timezone.is_naive(moment):
                moment = moment.replace(tzinfo=BUCHAREST)
        return VehicleChangeInput(
            plate=data["plate"],
            trailer1=data["trailer1"],
            trailer2=data["trailer2"],
            moment=moment,
            note=data["note"],
            own_reference=data["own_reference"],
            post_outage=data["post_outage"],
        )

    @property
    def is_rehearsal(self) -> bool:
        return bool(self.cleaned_data.get("rehearsal"))

    def show(self, error: RuleError, *, uit: str = "") -> None:
        """Say at the field what our rules refuse; above all of them, for which of several UITs."""
        if uit and error.is_of_uit:
            self.add_error(None, f"UIT {uit}: {error.sentence}")
        else:
            self.add_error(error.field if error.field in self.fields else None, error.sentence)
