"""All data of an organization in one archive: JSON for programs, CSV for people."""

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
from caraus.filings.models import FilingAttempt, FilingResponse, VehicleChange
from caraus.fleet.models import Vehicle
from caraus.ledger.models import LedgerEntry
from caraus.sync.models import SyncRun
from caraus.transports.models import (
    DeclarantContact,
    Mark,
    Transport,
    TransportEvent,
    TransportNote,
    UnreadableRecord,
)

# Never exported: sealed tokens, digests of secrets.
SECRET_FIELDS = {"access_token_sealed", "refresh_token_sealed", "secret_digest"}
HASH_FIELDS = {"hash", "previous_hash", "content_sha256"}
ARCHIVE_MODELS: dict[str, type[Model]] = {
    "firme": Company,
    "membri": Membership,
    "invitatii": Invitation,
    "autorizari": Authorization,
    "drepturi": CompanyRight,
    "flota": Vehicle,
    "depuneri": VehicleChange,
    "depuneri-incercari": FilingAttempt,
    "depuneri-raspunsuri": FilingResponse,
    "registru": LedgerEntry,
    "transporturi": Transport,
    "istoric": TransportEvent,
    "marcaje": Mark,
    "note": TransportNote,
    "contacte": DeclarantContact,
    "necitite": UnreadableRecord,
    "sincronizari": SyncRun,
    "jurnal": AuditLogEntry,
}
ARCHIVE_README = gettext_lazy("""Exportul complet al organizației {name}, din {at}.

Fiecare fișier .json este o listă de obiecte, cu toate câmpurile păstrate de Cărăuș.
transporturi.csv are câte un rând pentru fiecare UIT, pentru un program de calcul tabelar.
Cheile autorizărilor SPV nu sunt aici: nu părăsesc niciodată serverul.
""")


def write_archive(organization: Organization, file: IO[bytes], *, at: str) -> None:
    """Write the archive row by row: a big organization needs no big memory."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            gettext("CITEȘTE.txt"), ARCHIVE_README.format(name=organization.name, at=at)
        )
        archive.writestr("organizatie.json", _json(_fields(organization)))
        for name, model in ARCHIVE_MODELS.items():
            objects = access.scope(model._default_manager.order_by("pk"), organization)
            with archive.open(f"{name}.json", "w") as part:
                _write_list(part, objects)
        with archive.open("transporturi.csv", "w") as part:
            _write_table(part, access.scope(Transport.objects.order_by("pk"), organization))


def _write_list[M: Model](part: IO[bytes], rows: QuerySet[M]) -> None:
    part.write(b"[")
    for number, row in enumerate(rows.iterator(chunk_size=500)):
        part.write(b",\n" if number else b"\n")
        part.write(_json(_fields(row)).encode())
    part.write(b"\n]\n")


def _fields(row: Model) -> dict[str, Any]:
    """Return all columns, and the e-mail and name of a member."""
    fields = {
        field.name: _exportable(field.name, field.value_from_object(row))
        for field in row._meta.concrete_fields
        if field.name not in SECRET_FIELDS
    }
    if isinstance(row, Membership):
        fields |= {"email": row.user.email, "name": row.user.name}
    return fields


def _exportable(name: str, value: Any) -> Any:
    """Return bytes as text: a hash in hex, an XML or a response as it reads."""
    if not isinstance(value, bytes | memoryview):
        return value
    return bytes(value).hex() if name in HASH_FIELDS else bytes(value).decode(errors="replace")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def _write_table(part: IO[bytes], transports: QuerySet[Transport]) -> None:
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
    write_csv(text, _table(transports))
    text.detach()


def _table(transports: QuerySet[Transport]) -> Iterator[list[str]]:
    for transport in transports.select_related("company").iterator(chunk_size=500):
        yield [
            transport.uit,
            transport.get_state_display(),
            transport.company.cui,
            transport.declarant_name,
            transport.transport_date.isoformat() if transport.transport_date else "",
            transport.first_expired_day.isoformat() if transport.first_expired_day else "",
            " + ".join(filter(None, transport.current_vehicle)),
        ]
