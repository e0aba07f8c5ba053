"""POST upload/{standard}/{cif}[/{versiune}]: declarations, and what they do to the world."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from anaf_simulator.access import NO_RIGHTS, Caller, no_right_for
from anaf_simulator.calls import Call
from anaf_simulator.clock import iso_second, local
from anaf_simulator.codes import make_uit
from anaf_simulator.declaration import Declaration, InvalidXmlError, read_declaration
from anaf_simulator.declared import notification_of, record_of
from anaf_simulator.generator import Event
from anaf_simulator.rules import UNKNOWN_UIT, UNKNOWN_UIT_LISTA, problems
from anaf_simulator.simulator import Simulator
from anaf_simulator.uploads import Upload
from anaf_simulator.wire import JsonObject, envelope, errors

_MAX_BYTES = 5 * 1024 * 1024
_WARNING = (
    "Verificati starea XML-ului transmis. Codul UIT este valabil din momentul in care apare ca "
    "valid dupa apelul de stare"
)


async def upload(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    """Swagger-upload.json. The answer comes at once; it counts only after stareMesaj says ok."""
    now = sim.now()
    refusal = _refusal(sim, request, caller)
    if refusal is not None:
        return errors(now, refusal)
    content = await request.body()
    if len(content) > _MAX_BYTES:
        return errors(now, "Marime fisier transmis mai mare de 5 MB")
    if request.path_params.get("versiune", "1") != "2":
        # Without a version the schema v1 counts, of which the simulator has no copy.
        return errors(now, "Fisierul transmis nu este valid. Simulatorul cunoaste doar versiunea 2")
    try:
        declaration = read_declaration(content)
    except InvalidXmlError as error:
        return errors(now, str(error))
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
    wrong = problems(declaration, target, now)
    ready_at = now + timedelta(seconds=sim.uploads.processing_seconds)
    made = Upload(
        sim.uploads.next_index(),
        env,
        cif,
        declaration.declarant,
        declaration.kind,
        uit or make_uit(sim.world.random_source()),
        declaration.reference,
        now,
        ready_at,
        wrong,
    )
    sim.uploads.add(made)
    if not wrong:
        _take_effect(sim, declaration, made)
    return made


def _take_effect(sim: Simulator, declaration: Declaration, made: Upload) -> None:
    uit, at = made.uit or "", made.ready_at
    match declaration.kind:
        case "NOT":
            sim.world.add(notification_of(declaration, made), made.env)
        case "COR":
            event = Event(at, "correction", record_of(declaration))
            sim.world.happen(uit, event, made.env)
        case "DEL":
            sim.world.happen(uit, Event(at, "deletion"), made.env)
        case "CON":
            sim.world.happen(
                uit, Event(at, "confirmation", _confirmation(declaration, made)), made.env
            )
        case _:
            sim.world.happen(uit, Event(at, "vehicle", _vehicle(declaration, made)), made.env)


def _confirmation(declaration: Declaration, made: Upload) -> JsonObject:
    """``confirmare`` of lista (API text of 29.07.2024)."""
    found: JsonObject = {
        "tip_conf": declaration.body.need("tipConfirmare"),
        "post_avarie": "D" if declaration.post_outage else "N",
        "sursa": "A",
        "data_decl": iso_second(made.ready_at),
        "id_incarcare": str(made.index),
    }
    if note := declaration.body.get("observatii"):
        found["obs"] = note
    return found


def _vehicle(declaration: Declaration, made: Upload) -> JsonObject:
    """One item of ``modif_veh`` (API text of 29.07.2024, INFO)."""
    body = declaration.body
    since = datetime.fromisoformat(body.need("dataModificare"))
    if since.tzinfo is not None:
        since = local(since)
    found: JsonObject = {
        "data_modif_veh": since.strftime("%Y-%m-%dT%H:%M:%S"),
        "nr_veh": body.need("nrVehicul"),
        "nr_rem1": body.get("nrRemorca1"),
        "nr_rem2": body.get("nrRemorca2"),
        "obs": body.get("observatii"),
        "cod_decl": declaration.declarant,
        "ref_decl": declaration.reference,
        "data_decl": iso_second(made.received_at),
    }
    return {name: value for name, value in found.items() if value is not None}


def for_lista(made: Upload) -> Upload:
    """The upload with its errors in the words that lista uses."""
    words = (UNKNOWN_UIT_LISTA if text == UNKNOWN_UIT else text for text in made.errors)
    return replace(made, errors=tuple(words))
