"""Everything that an organization has here, in one archive: JSON for machines, CSV for people."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import (
    AuditLogEntry,
    Company,
    Invitation,
    Membership,
    Organization,
)
from caraus.accounts.spreadsheets import write_csv
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.formatting import gettext_lazy
from caraus.fleet.models import Vehicle
from caraus.sync.models import SyncRun
from caraus.transports.models import Transport, TransportEvent, TransportNote, UnreadableRecord

# What never leaves: sealed tokens, digests of secrets.
SECRET = {"access_token_sealed", "refresh_token_sealed", "secret_digest"}
PARTS: dict[str, type[Model]] = {
    "firme": Company,
    "membri": Membership,
    "invitatii": Invitation,
    "autorizari": Authorization,
    "drepturi": CompanyRight,
    "flota": Vehicle,
    "transporturi": Transport,
    "istoric": TransportEvent,
    "note": TransportNote,
    "necitite": UnreadableRecord,
    "sincronizari": SyncRun,
    "jurnal": AuditLogEntry,
}
README = gettext_lazy("""Exportul complet al organizației {name}, din {at}.

Fiecare fișier .json este o listă de obiecte, cu toate câmpurile păstrate de Cărăuș.
transporturi.csv are câte un rând pentru fiecare UIT, pentru un program de calcul tabelar.
Cheile autorizărilor SPV nu sunt aici: nu părăsesc niciodată serverul.
""")


def write(organization: Organization, file: IO[bytes], *, at: str) -> None:
    """The archive, written row by row: a big organization needs no big memory."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(gettext("CITEȘTE.txt"), README.format(name=organization.name, at=at))
        archive.writestr("organizatie.json", _json(_fields(organization)))
        for name, model in PARTS.items():
            found = access.scope(model._default_manager.order_by("pk"), organization)
            with archive.open(f"{name}.json", "w") as part:
                _write_list(part, found)
        with archive.open("transporturi.csv", "w") as part:
            _write_table(part, access.scope(Transport.objects.order_by("pk"), organization))


def _write_list[M: Model](part: IO[bytes], found: QuerySet[M]) -> None:
    part.write(b"[")
    for number, row in enumerate(found.iterator(chunk_size=500)):
        part.write(b",\n" if number else b"\n")
        part.write(_json(_fields(row)).encode())
    part.write(b"\n]\n")


def _fields(row: Model) -> dict[str, Any]:
    """All columns, and the e-mail of a member, who is told from others by it."""
    found = {
        field.name: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.name not in SECRET
    }
    if isinstance(row, Membership):
        found |= {"email": row.user.email, "name": row.user.name}
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def _write_table(part: IO[bytes], found: QuerySet[Transport]) -> None:
    text = io.TextIOWrapper(part, encoding="utf-8-sig", newline="", write_through=True)
    heading = [
        "UIT",
        gettext("stare"),
        "CUI",
        gettext("declarant"),
        gettext("data transportului"),
        gettext("prima zi expirată"),
        gettext("vehicul"),
    ]
    write_csv(text, [heading])
    write_csv(text, _table(found))
    text.detach()


def _table(found: QuerySet[Transport]) -> Iterator[list[str]]:
    for one in found.select_related("company").iterator(chunk_size=500):
        yield [
            one.uit,
            one.get_state_display(),
            one.company.cui,
            one.declarant_name,
            one.transport_date.isoformat() if one.transport_date else "",
            one.first_expired_day.isoformat() if one.first_expired_day else "",
            " + ".join(filter(None, one.current_vehicle)),
        ]
