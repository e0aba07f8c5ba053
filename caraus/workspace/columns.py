"""The columns of the list, which each person selects for the own account."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from caraus.accounts.models import User
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


# The UIT and its state stand in every list. `_table.html` draws each column from the texts of
# `table.TableRow`.
LIST_COLUMNS = {
    "transport_date": ListColumn(gettext_lazy("Data transportului")),  # beside the state
    "validity": ListColumn(gettext_lazy("Valabilitate"), sort="expiry", width="wide-validity"),
    "declarant": ListColumn(gettext_lazy("Declarant"), sort="declarant"),
    "route": ListColumn(gettext_lazy("Rută"), sort="route"),
    "vehicle": ListColumn(
        gettext_lazy("Vehicul și remorci"),
        head=gettext_lazy("Vehicul"),
        sort="vehicle",
        width="wide-vehicle",
    ),
    "reference": ListColumn(gettext_lazy("Referință"), sort="reference"),
    "documents": ListColumn(gettext_lazy("Documente")),
    "first_seen": ListColumn(gettext_lazy("Prima dată văzut"), sort="newest", width="wide-seen"),
    "last_changed": ListColumn(
        gettext_lazy("Ultima modificare"), sort="last_changed", width="wide-seen"
    ),
}
USUAL_COLUMNS = frozenset(LIST_COLUMNS) - {"last_changed"}


def columns_of(user_id: int) -> frozenset[str]:
    """Return the columns of a person; the usual ones before a selection."""
    settings = ListSettings.objects.filter(user=user_id).first()
    return (
        USUAL_COLUMNS
        if settings is None
        else frozenset(settings.columns).intersection(LIST_COLUMNS)
    )


def save_columns(user: User, keys: Iterable[str]) -> None:
    """Save a selection, without what is no column."""
    columns = [key for key in LIST_COLUMNS if key in set(keys)]
    ListSettings.objects.update_or_create(user=user, defaults={"columns": columns})


def reset_columns(user: User) -> None:
    """Return to the usual columns."""
    ListSettings.objects.filter(user=user).delete()
