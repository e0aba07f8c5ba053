"""The form with which a list comes: pasted, or as a file."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from caraus.accounts.uploads import MAX_FILE_BYTES
from caraus.core.formatting import gettext_lazy
from caraus.lists.spreadsheets import Sheet, read_file, read_text

_ROLE_FIELD = "coloana-"
# More than any column has; `int` takes long for endless ones.
_DIGITS = 10


class ListForm(forms.Form):
    """A pasted list or a file, one of the two."""

    text = forms.CharField(
        label=gettext_lazy("Lista lipită"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=gettext_lazy("sau un fișier"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("Excel (.xlsx) sau CSV, cel mult 900 kB și 5.000 de rânduri."),
        error_messages={
            "max_length": gettext_lazy("Numele fișierului este prea lung. Redenumește-l.")
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.txt,.tsv"}),
    )

    def __init__(self, *args: Any, is_too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_too_large = is_too_large

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        if self.is_too_large or (file and file.size > MAX_FILE_BYTES):
            raise ValidationError(
                gettext(
                    "Fișierul este prea mare: primim cel mult %(most)d kB. Păstrează numai lista."
                )
                % {"most": MAX_FILE_BYTES // 1000}
            )
        if bool(file) == bool(data.get("text", "").strip()):
            raise ValidationError(
                gettext("Alege una: lista lipită sau fișierul.")
                if file
                else gettext("Lipește lista sau alege un fișier.")
            )
        return data

    @property
    def source(self) -> str:
        """The field in which the list is."""
        return "file" if self.cleaned_data["file"] else "text"

    def read(self) -> tuple[Sheet, str]:
        """Read the list, and the file's name ("" for a pasted one). Raises UnreadableFileError."""
        file = self.cleaned_data["file"]
        if not file:
            return read_text(self.cleaned_data["text"]), ""
        return read_file(file.name, file.read()), file.name


def chosen_roles(posted: Mapping[str, str]) -> dict[int, str]:
    """Return what a person says the columns are: `coloana-0=plate`."""
    return {
        int(index): role
        for name, role in posted.items()
        if (index := name.removeprefix(_ROLE_FIELD)) != name
        and index.isdecimal()
        and len(index) < _DIGITS
    }
