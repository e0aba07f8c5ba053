"""The services a token opens: info, stareMesaj and TestOauth (lista and upload stand apart)."""

import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from anaf_simulator.access import NO_RIGHTS, Caller, no_right_for
from anaf_simulator.calls import Call
from anaf_simulator.documents import as_list, as_string
from anaf_simulator.malformed import with_malformed_record, with_odd_fields
from anaf_simulator.simulator import Simulator
from anaf_simulator.uploads import NOT_TAKEN, PROCESSING, Upload
from anaf_simulator.wire import JsonAnswer, envelope, error_object, errors, missing_parameter

NOTHING = "Nu exista informatii pentru aceasta solicitare"
_DAILY_INFO = "S-au facut deja 1000 interogari de informatii de catre utilizator in cursul zilei"
"""No document knows a daily limit for info: the words follow those of lista."""


async def info(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    """Answer with the active notifications in which ``cui_op`` is the carrier
    (swagger-info.json)."""
    now = sim.now()
    cui = request.query_params.get("cui_op", "")
    if not cui:
        return missing_parameter(now, "cui_op")
    refusal = _info_refusal(sim, request, cui, caller)
    if refusal is not None:
        return error_object(now, refusal)
    lag = timedelta()
    if active := sim.scenarios.take("info_lags", "info", cui):
        lag = timedelta(seconds=active.number("seconds", 900))
    records = _filtered(request, sim.world.active(cui, now, call.env or "prod", lag))
    if sim.scenarios.take("empty_once", "info", cui) or sim.scenarios.take("empty", "info", cui):
        records = []
    if not records:
        if sim.scenarios.take("empty_array", "info", cui):
            return JsonAnswer([])
        return error_object(now, NOTHING)
    return JsonAnswer(_shaped(sim, cui, records))


def _info_refusal(sim: Simulator, request: Request, cui: str, caller: Caller) -> str | None:
    """Return the ``error`` text in place of records, in the order of the checks; None when all is
    well."""
    for name in ("cui_op", "cui_decl"):
        value = request.query_params.get(name)
        if value and not re.fullmatch(r"[0-9]+", value):
            return f"{name} introdus= {value} nu este un numar"
    if sim.scenarios.take("technical_error", "info", cui):
        return "A aparut o eroare tehnica. Cod: SIM-500"
    if not caller.cuis or sim.scenarios.take("no_rights", "info", cui):
        return NO_RIGHTS
    if cui not in caller.cuis or sim.scenarios.take("no_rights_cui", "info", cui):
        return no_right_for(cui)
    if sim.scenarios.take("daily_limit", "info", cui):
        return _DAILY_INFO
    limit = sim.limits.limits.info_per_day
    if sim.limits.day_exceeded("info", caller.serial, limit, sim.now()):
        return _DAILY_INFO.replace("1000", str(limit))
    return None


def _filtered(request: Request, records: list[dict[str, object]]) -> list[dict[str, object]]:
    """Apply the optional parameters (API text of 29.07.2024, INFO TRANSPORTATORI)."""
    wanted = {
        field: request.query_params[name]
        for name, field in (("cui_decl", "cod_decl"), ("uit", "uit"), ("ref_decl", "ref_decl"))
        if request.query_params.get(name)
    }
    return [
        record
        for record in records
        if all(str(record.get(field)) == value for field, value in wanted.items())
    ]


def _shaped(sim: Simulator, cui: str, records: list[dict[str, object]]) -> list[object]:
    """Return the records in the shape a scenario asks for."""
    shaped: list[object] = list(records)
    for name, change in (("documents_as_string", as_string), ("documents_as_list", as_list)):
        if sim.scenarios.take(name, "info", cui):
            shaped = [
                {**record, "documente": change(record.get("documente"))} for record in records
            ]
    if active := sim.scenarios.take("malformed_record", "info", cui):
        shaped = with_malformed_record(shaped, str(active.options.get("kind", "string")))
    if active := sim.scenarios.take("odd_field", "info", cui):
        shaped = with_odd_fields(shaped, active)
    return shaped


async def stare(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    """Answer how far an upload is (swagger-stare.json)."""
    now = sim.now()
    text = request.path_params["id_incarcare"]
    if not re.fullmatch(r"[0-9]+", text):
        return errors(now, f"Id_incarcare introdus= {text} nu este un numar intreg")
    if not caller.cuis:
        return errors(now, "Nu exista niciun CIF petru care sa aveti drept")
    if sim.scenarios.take("daily_limit", "stareMesaj") or sim.limits.day_exceeded(
        "stareMesaj", text, sim.limits.limits.stare_per_day, now
    ):
        limit = sim.limits.limits.stare_per_day
        return errors(
            now,
            f"S-au facut deja {limit} de verificari, pentru id-incarcare solicitat, "
            "in cursul zilei",
        )
    unknown = f"Nu exista declaratia de transport cu id_incarcare= {text}"
    if active := sim.scenarios.take("stare_fails", "stareMesaj"):
        return errors(now, active.text("text", unknown))
    upload = sim.uploads.get(int(text), call.env or "prod")
    if upload is None:
        return errors(now, unknown)
    if upload.cif not in caller.cuis:
        # "inteorgare" is ANAF's own spelling.
        return errors(now, f"Nu aveti dreptul de inteorgare pentru id_incarcare= {text}")
    return _state(sim, upload, now)


def _state(sim: Simulator, upload: Upload, now: datetime) -> Response:
    state = upload.state(now)
    if sim.scenarios.take("upload_xml_error", "stareMesaj"):
        state = NOT_TAKEN
    elif sim.scenarios.take("upload_stuck", "stareMesaj"):
        state = PROCESSING
    if state == "nok":
        return errors(now, *upload.errors, stare="nok")
    # ExecutionStatus is 0 for a file that was not taken, too (swagger-stare.json).
    return envelope(now, 0, {"stare": state})


async def hello(_sim: Simulator, request: Request, _call: Call, caller: Caller) -> Response:
    """Answer as TestOauth: any token opens it; it echoes the headers (OAuth text p. 3, 31-32)."""
    lines = [f"Hello, {request.query_params.get('name', '')}!", "headers="]
    headers = {
        **{name.title(): value for name, value in request.headers.items()},
        "Authorization": "Bearer …",
        "issuer": "Anaf",
        "serial_certificate": caller.serial,
    }
    lines[-1] += "\n".join(f"key={name}\nval=[{value}]" for name, value in headers.items())
    return PlainTextResponse("\n".join(lines))
