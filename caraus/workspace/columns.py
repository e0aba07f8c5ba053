"""Which columns of the list a person sees: chosen once, remembered for the account."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from caraus.accounts.models import User
from caraus.workspace.models import ListSettings


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: its name in the menu, and its head."""

    label: str | Promise
    # "": the label.
    head: str | Promise = ""
    # The order of the list that a press on the head gives (`pagination.ORDERS`), None for none.
    sort: str | None = None
    # A class of the style sheet, for columns that must not share what is left.
    width: str = ""


# By the words of the form. The UIT and its state stand in every list. The table draws each column
# in `_table.html`, from the texts of `table.Row`.
COLUMNS = {
    "data": Column(gettext_lazy("Data transportului")),  # beside the state, without a head
    "valabilitate": Column(gettext_lazy("Valabilitate"), sort="expira", width="wide-validity"),
    "declarant": Column(gettext_lazy("Declarant"), sort="declarant"),
    "ruta": Column(gettext_lazy("Rută"), sort="ruta"),
    "vehicul": Column(
        gettext_lazy("Vehicul și remorci"),
        head=gettext_lazy("Vehicul"),
        sort="vehicul",
        width="wide-vehicle",
    ),
    "referinta": Column(gettext_lazy("Referință"), sort="referinta"),
    "documente": Column(gettext_lazy("Documente")),
    "vazut": Column(gettext_lazy("Prima dată văzut"), sort="", width="wide-seen"),
    "modificat": Column(gettext_lazy("Ultima modificare"), sort="modificate", width="wide-seen"),
}
USUAL = frozenset(COLUMNS) - {"modificat"}


def of(user_id: int) -> frozenset[str]:
    """Return the person's columns; the usual ones before anything was chosen."""
    settings = ListSettings.objects.filter(user=user_id).first()
    return USUAL if settings is None else frozenset(settings.columns).intersection(COLUMNS)


def choose(user: User, wanted: Iterable[str]) -> None:
    """Remember; what is no column is left out."""
    chosen = [name for name in COLUMNS if name in set(wanted)]
    ListSettings.objects.update_or_create(user=user, defaults={"columns": chosen})


def forget(user: User) -> None:
    """Back to the usual ones."""
    ListSettings.objects.filter(user=user).delete()
