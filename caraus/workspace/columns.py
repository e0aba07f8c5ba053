"""The layout of the list, which each person selects for the own account: columns, density."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext

from caraus.accounts.models import User
from caraus.core.formatting import gettext_lazy
from caraus.workspace.models import ListSettings


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the list: its name in the menu, and its head."""

    label: str | Promise
    # "": the label.
    head: str | Promise = ""
    # The order of the list that a press on the head gives (`pagination.ORDERS`), "" for none.
    sort: str = ""
    # A class of the style sheet, for columns of a fixed width.
    width: str = ""


# The UIT and its state stand in every list; the state after the validity, the UIT last.
# `row_drawer.RowDrawer` draws each column's cell.
LIST_COLUMNS = {
    "vehicle": ListColumn(
        gettext_lazy("Vehicul și remorci"),
        head=gettext_lazy("Vehicul"),
        sort="vehicle",
        width="wide-vehicle",
    ),
    "route": ListColumn(gettext_lazy("Rută"), sort="route"),
    "validity": ListColumn(gettext_lazy("Valabilitate"), sort="expiry", width="wide-validity"),
    "transport_date": ListColumn(gettext_lazy("Data transportului")),  # beside the state
    "declarant": ListColumn(gettext_lazy("Declarant"), sort="declarant", width="wide-declarant"),
    "reference": ListColumn(gettext_lazy("Referință"), sort="reference"),
    "documents": ListColumn(gettext_lazy("Documente"), sort="reference"),
    "first_seen": ListColumn(gettext_lazy("Văzut prima dată"), sort="newest", width="wide-seen"),
    "last_changed": ListColumn(
        gettext_lazy("Ultima modificare"), sort="last_changed", width="wide-seen"
    ),
}
BEFORE_STATE = ("vehicle", "route", "validity")
# Drawn in the cell of another column.
WITHOUT_CELL = frozenset({"transport_date"})
USUAL_COLUMNS = frozenset({"vehicle", "route", "validity", "transport_date", "declarant"})


@dataclass(frozen=True, slots=True)
class ListLayout:
    """What a person sees of each UIT: the columns, in rows of one line or of two."""

    columns: frozenset[str] = USUAL_COLUMNS
    density: str = ListSettings.Density.COMPACT

    @property
    def is_airy(self) -> bool:
        return self.density == ListSettings.Density.AIRY


def cell_keys(columns: frozenset[str]) -> list[str]:
    """Return the keys of a row's cells in their order: those of `LIST_COLUMNS`, "state", "uit"."""
    # Reference and documents share a cell.
    without = WITHOUT_CELL | ({"documents"} if "reference" in columns else set())
    selected = [key for key in LIST_COLUMNS if key in columns - without]
    return [
        *(key for key in selected if key in BEFORE_STATE),
        "state",
        *(key for key in selected if key not in BEFORE_STATE),
        "uit",
    ]


def papers_label(columns: frozenset[str]) -> str:
    """Return the head of the column that reference and documents share."""
    if "reference" in columns:
        return gettext("Referință, documente") if "documents" in columns else gettext("Referință")
    return gettext("Documente") if "documents" in columns else ""


def layout_of(user_id: int) -> ListLayout:
    """Return the layout of a person; the usual one before a selection."""
    try:
        settings = ListSettings.objects.get(user=user_id)
    except ListSettings.DoesNotExist:
        return ListLayout()
    return ListLayout(frozenset(settings.columns).intersection(LIST_COLUMNS), settings.density)


def save_list_settings(user: User, keys: Iterable[str], density: str) -> None:
    """Save a selection, without what is no column and no density."""
    columns = [key for key in LIST_COLUMNS if key in set(keys)]
    known = density if density in ListSettings.Density.values else ListSettings.Density.COMPACT
    defaults = {"columns": columns, "density": known}
    ListSettings.objects.update_or_create(user=user, defaults=defaults)


def reset_list_settings(user: User) -> None:
    """Return to the usual layout."""
    ListSettings.objects.filter(user=user).delete()
