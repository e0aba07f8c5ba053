"""Which columns of the list a person sees: chosen once, remembered for the account."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from caraus.accounts.models import User
from caraus.workspace.models import ListSettings

# Words of the form → words on screen. The UIT and its state stand in every list.
COLUMNS = {
    "data": gettext_lazy("Data transportului"),
    "valabilitate": gettext_lazy("Valabilitate"),
    "declarant": gettext_lazy("Declarant"),
    "ruta": gettext_lazy("Rută"),
    "vehicul": gettext_lazy("Vehicul și remorci"),
    "referinta": gettext_lazy("Referință"),
    "documente": gettext_lazy("Documente"),
    "vazut": gettext_lazy("Prima dată văzut"),
    "modificat": gettext_lazy("Ultima modificare"),
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
