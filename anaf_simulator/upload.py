"""POST upload/{standard}/{cif}[/{versiune}]: declarations, and what they do to the world."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from anaf_simulator.access import NO_RIGHTS, Caller, no_right_for
from anaf_simulator.calls import Call
from anaf_simulator.codes import make_uit
from anaf_simulator.declaration import Declaration, InvalidXmlError, read_declaration
from anaf_simulator.effects import take_effect
from anaf_simulator.generator import Notification
from anaf_simulator.rules import UNKNOWN_UIT, UNKNOWN_UIT_LISTA, problems
from anaf_simulator.simulator import Simulator
from anaf_simulator.uploads import Upload
from anaf_simulator.vehicle_rules import is_repeated
from anaf_simulator.wire import JsonObject, envelope, errors

_MAX_BYTES = 5 * 1024 * 1024
_WARNING = (
    "Verificati starea XML-ului transmis. Codul UIT este valabil din momentul in care apare ca "
    "valid dupa apelul de stare"
)
_TECHNICAL = "A aparut o eroare tehnica. Cod: SIM-500"
"""What ``upload_errors`` says without an option ``text`` (swagger-info.json; upload shows none)."""
_REFUSED = "Modificarea nu poate fi preluata."
"""What ``upload_nok`` says without an option ``text``; the words are the simulator's."""


async def upload(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    """Answer at once (swagger-upload.json); the upload counts only after stareMesaj says ok."""
    now = sim.now()
    refusal = _refusal(sim, request, caller)
    content = await request.body()
    if refusal is not None:
        return errors(now, refusal)
    if len(content) > _MAX_BYTES:
        return errors(now, "Marime fisier transmis mai mare de 5 MB")
    if request.path_params.get("versiune", "1") != "2":
        # Without a version the schema v1 counts, of which the simulator has no copy.
        return errors(now, "Fisierul transmis nu este valid. Simulatorul cunoaste doar versiunea 2")
    try:
        declaration = read_declaration(content)
    except InvalidXmlError as error:
        return errors(now, str(error))
    if active := sim.scenarios.take("upload_errors", "upload", call.cui):
        return errors(now, active.text("text", _TECHNICAL))
    accepted = _accept(sim, declaration, request.path_params["cif"], call.env or "prod", now)
    fields: JsonObject = {
        "index_incarcare": accepted.index,
        "UIT": accepted.uit,
        "ref_declarant": declaration.reference or "",
        "atentie": _WARNING,
    }
    return envelope(now, 0, fields)


def _refusal(sim: Simulator, request: Request, caller: Caller) -> str | None:
    cif = request.path_params["cif"]
    if request.path_params["standard"] != "ETRANSP":
        return "Valoarea acceptata pentru parametrul standard este ETRANSP"
    if not re.fullmatch(r"[0-9]+", cif):
        return f"CIF introdus= {cif} nu este un numar"
    if request.path_params.get("versiune", "1") not in {"1", "2"}:
        # No document shows this message.
        return "Valorile acceptate pentru parametrul versiune sunt 1 sau 2"
    if not caller.cuis or sim.scenarios.take("no_rights", "upload", cif):
        return NO_RIGHTS
    if cif not in caller.cuis or sim.scenarios.take("no_rights_cui", "upload", cif):
        return no_right_for(cif)
    return None


def _accept(sim: Simulator, declaration: Declaration, cif: str, env: str, now: datetime) -> Upload:
    """Note the upload, and let its effect come when its processing is over."""
    uit = declaration.uit
    target = sim.world.find(uit, now, env) if uit else None
    upload = Upload(
        sim.uploads.next_index(),
        env,
        cif,
        declaration.declarant,
        declaration.kind,
        uit or make_uit(sim.world.random_source()),
        declaration.reference,
        now,
        now + timedelta(seconds=sim.uploads.processing_seconds),
        _errors(sim, declaration, target, cif, now),
        post_outage=declaration.post_outage,
        taken=not sim.scenarios.take("upload_xml_error", "upload", cif),
    )
    sim.uploads.add(upload)
    if upload.taken and not upload.errors:
        take_effect(sim.world, declaration, upload)
    return upload


def _errors(
    sim: Simulator,
    declaration: Declaration,
    target: Notification | None,
    cif: str,
    now: datetime,
) -> tuple[str, ...]:
    """Return the errors with which the processing ends, none when it ends well."""
    errors = problems(declaration, target, cif, now)
    if errors:
        return errors
    if active := sim.scenarios.take("upload_nok", "upload", cif):
        return (active.text("text", _REFUSED),)
    if (
        target
        and is_repeated(declaration, target)
        and sim.scenarios.take("upload_duplicate_refused", "upload", cif)
    ):
        return ("Modificarea de vehicul a fost deja declarata.",)
    return ()


def for_lista(upload: Upload) -> Upload:
    """Return the upload with its errors in the words that lista uses."""
    texts = (UNKNOWN_UIT_LISTA if text == UNKNOWN_UIT else text for text in upload.errors)
    return replace(upload, errors=tuple(texts))
