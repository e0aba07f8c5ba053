"""When a person wants to be written to, and about which UITs; who is notified of alarms in turn."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext

from caraus.accounts.models import Company, Membership, Organization
from caraus.core.formatting import gettext_lazy, normalized_plate, plural
from caraus.core.forms import ModelForm
from caraus.notifications.delivery_settings import (
    DAY_HOURS_CHOICES,
    FIRST_HOURS_CHOICES,
    LAST_HOURS_CHOICES,
    SETTING_FIELDS,
    comparable_name,
)
from caraus.notifications.escalation import MAX_PEOPLE
from caraus.notifications.models import DeliverySettings
from caraus.notifications.models.escalation import MINUTES_CHOICES

MAX_FILTER_LINES = 200
_TIME = {"invalid": gettext_lazy("Scrie ora așa: 22:00.")}


class _Lines(forms.CharField):
    """One thing a line."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"})
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = [" ".join(line.split()) for line in super().clean(value).splitlines()]
        values = list(dict.fromkeys(filter(None, lines)))
        if len(values) > MAX_FILTER_LINES or any(len(line) > 200 for line in values):
            raise forms.ValidationError(
                gettext("Scrie cel mult %(most)d rânduri scurte.") % {"most": MAX_FILTER_LINES}
            )
        return values


class DeliverySettingsForm(ModelForm[DeliverySettings]):
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("Ora rezumatului"),
        choices=[(hour, f"{hour}:00") for hour in range(24)],
        coerce=int,
    )
    first_hours = forms.TypedChoiceField(label=gettext_lazy("„Expiră curând” vine"), coerce=int)
    day_hours = forms.TypedChoiceField(label=gettext_lazy("„Expiră azi” vine"), coerce=int)
    last_hours = forms.TypedChoiceField(label=gettext_lazy("„Ultimele ore” vine"), coerce=int)
    quiet_from = forms.TimeField(
        label=gettext_lazy("Nu deranja de la"),
        required=False,
        error_messages=_TIME,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Nu deranja până la"),
        required=False,
        error_messages=_TIME,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    companies = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Numai firmele"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("O firmă bifată nu mai este aici.")},
    )
    declarants = _Lines(
        label=gettext_lazy("Numai declaranții"),
        help_text=gettext_lazy("CUI sau o parte din nume, câte unul pe rând."),
    )
    vehicles = _Lines(
        label=gettext_lazy("Numai vehiculele"),
        help_text=gettext_lazy("Numere de vehicule sau remorci, câte unul pe rând."),
    )

    class Meta:
        model = DeliverySettings
        fields = SETTING_FIELDS

    def __init__(self, *args: Any, visible: Collection[Company], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, hours in (
            ("first_hours", FIRST_HOURS_CHOICES),
            ("day_hours", DAY_HOURS_CHOICES),
            ("last_hours", LAST_HOURS_CHOICES),
        ):
            self.fields[name].choices = [(hour, _clock_label(hour)) for hour in hours]  # type: ignore[attr-defined]
        if len(visible) > 1:
            self.fields["companies"].choices = [  # type: ignore[attr-defined]
                (company.pk, gettext("%(company)s (arhivată)") % {"company": company})
                if company.archived_at
                else (company.pk, str(company))
                for company in visible
            ]
        else:
            del self.fields["companies"]

    def clean_declarants(self) -> list[str]:
        lines: list[str] = self.cleaned_data["declarants"]
        if unreadable := [line for line in lines if not comparable_name(line)]:
            raise forms.ValidationError(
                gettext("„%(line)s” nu este nici CUI, nici nume.") % {"line": unreadable[0]}
            )
        return lines

    def clean_vehicles(self) -> list[str]:
        lines: list[str] = self.cleaned_data["vehicles"]
        if unreadable := [line for line in lines if not normalized_plate(line)]:
            raise forms.ValidationError(
                gettext("„%(line)s” nu este un număr de înmatriculare.") % {"line": unreadable[0]}
            )
        return list(dict.fromkeys(normalized_plate(line) for line in lines))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if {"quiet_from", "quiet_until"} <= values.keys():
            begin, end = values["quiet_from"], values["quiet_until"]
            if (begin is None) != (end is None):
                missing = "quiet_until" if end is None else "quiet_from"
                self.add_error(missing, gettext("Scrie amândouă orele, sau niciuna."))
        return values


class EscalationForm(forms.Form):
    """The people in their order, each in a choice of its own; an empty choice is skipped."""

    minutes = forms.TypedChoiceField(label=gettext_lazy("Trece la următorul după"), coerce=int)

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        people: Sequence[Membership],
        minutes: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["minutes"].initial = minutes
        members = Membership.objects.filter(organization=organization, user__is_active=True)
        ordered = members.select_related("user").order_by("user__name", "user__email")
        self.members = {str(member.pk): member for member in ordered}
        choices = [
            (pk, f"{member.user.display_name} ({member.get_role_display()})")
            for pk, member in self.members.items()
        ]
        for number in range(1, MAX_PEOPLE + 1):
            on_list = people[number - 1] if number <= len(people) else None
            self.fields[f"person_{number}"] = forms.ChoiceField(
                label=gettext("Primul") if number == 1 else gettext("Al {n}-lea").format(n=number),
                required=False,
                choices=[("", gettext("nimeni")), *choices],
                initial=str(on_list.pk) if on_list else "",
                error_messages={"invalid_choice": gettext("Nu mai este în organizație.")},
            )
        self.fields["minutes"].choices = [  # type: ignore[attr-defined]
            (choice, plural(choice, "minut", "minute")) for choice in MINUTES_CHOICES
        ]

    def places(self) -> Iterator[Any]:
        """Return the choices of people, in their order."""
        return (self[f"person_{number}"] for number in range(1, MAX_PEOPLE + 1))

    def people(self) -> list[Membership]:
        """Return who was chosen."""
        chosen = (self.cleaned_data[f"person_{number}"] for number in range(1, MAX_PEOPLE + 1))
        return [self.members[pk] for pk in chosen if pk]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        known: set[str] = set()
        for number in range(1, MAX_PEOPLE + 1):
            pk = values.get(f"person_{number}")
            if pk and pk in known:
                self.add_error(
                    f"person_{number}",
                    gettext("{name} este deja pe listă.").format(
                        name=self.members[pk].user.display_name
                    ),
                )
            known.add(pk or "")
        return values


def _clock_label(hours: int) -> str:
    """Return „în ajun, la 15:00” for 33 hours before the midnight that ends a UIT."""
    days, clock = (hours - 1) // 24, f"{-hours % 24}:00"
    if days == 0:
        return gettext("în ziua aceea, la {clock}").format(clock=clock)
    if days == 1:
        return gettext("în ajun, la {clock}").format(clock=clock)
    return gettext("cu două zile înainte, la {clock}").format(clock=clock)
