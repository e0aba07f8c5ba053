"""GET lista/{zile}/{cif}: what a fiscal code declared, and the errors of what it uploaded."""

import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from anaf_simulator.access import NO_RIGHTS, Caller, no_right_for
from anaf_simulator.calls import Call
from anaf_simulator.clock import compact_second
from anaf_simulator.generator import Notification
from anaf_simulator.simulator import Simulator
from anaf_simulator.upload import for_lista
from anaf_simulator.uploads import Upload
from anaf_simulator.wire import JsonObject, envelope, errors
from anaf_simulator.world import latest


async def lista(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    """Swagger-lista.json; the records are not sorted, as the API text warns."""
    now, env = sim.now(), call.env or "prod"
    days, cif = request.path_params["zile"], request.path_params["cif"]
    refusal = _refusal(sim, days, cif, caller)
    if refusal is not None:
        return errors(now, refusal)
    since = now - timedelta(days=int(days))
    messages = [*_valid(sim, cif, since, now, env), *_failed(sim, cif, since, now, env)]
    if not messages:
        # ExecutionStatus is 1 here too, though nothing is wrong [LIVE].
        return errors(now, f"Nu exista mesaje in ultimele {days} zile")
    title = f"Lista Mesaje disponibile din ultimele {days} zile"
    fields = {"mesaje": messages, "serial": caller.serial, "cui": cif, "titlu": title}
    return envelope(now, 0, fields)


def _refusal(sim: Simulator, days: str, cif: str, caller: Caller) -> str | None:
    if not re.fullmatch(r"-?[0-9]+", days):
        return f"Numarul de zile introdus= {days} nu este un numar intreg"
    if not 1 <= int(days) <= 60:
        return "Numarul de zile trebuie sa fie intre 1 si 60"
    if not re.fullmatch(r"[0-9]+", cif):
        return f"CIF introdus= {cif} nu este un numar"
    if not caller.cuis or sim.scenarios.take("no_rights", "lista", cif):
        return NO_RIGHTS
    if cif not in caller.cuis:
        return no_right_for(cif)
    limit = sim.limits.limits.lista_per_day
    if sim.scenarios.take("daily_limit", "lista", cif) or sim.limits.day_exceeded(
        "lista", caller.serial, limit, sim.now()
    ):
        return (
            f"S-au facut deja {limit} interogari de lista mesaje de catre utilizator "
            "in cursul zilei"
        )
    return None


def _valid(sim: Simulator, cif: str, since: datetime, now: datetime, env: str) -> list[JsonObject]:
    """Valid notifications in their final state (NOT) and valid vehicle changes (MVH)."""
    found: list[JsonObject] = []
    for one in sim.world.declared_since(since - timedelta(days=20), now, env):
        if one.declarant != cif and one.carrier != cif:
            continue
        record = latest(one, now)
        if record is None:
            continue
        if one.declarant == cif and one.declared_at >= since:
            found.append(_notification(one, record))
        found.extend(_vehicle_changes(one, record, cif, since, now))
    return found


def _common(one: Notification, record: JsonObject) -> JsonObject:
    compact = str(record["data_transp"]).replace("-", "").replace("T", "").replace(":", "")
    fields: JsonObject = {
        "stare": "OK",
        "uit": one.uit,
        "cod_decl": one.declarant,
        "post_avarie": "N",
        "data_creare": compact_second(one.declared_at),
        "data_transp": compact,
        "tr_tara": "RO",
        "tr_cod": one.carrier,
        "tr_den": record["tr_den"],
    }
    for name in ("ref_decl", "nr_veh", "nr_rem1", "nr_rem2"):
        if name in record:
            fields[name] = str(record[name])
    return fields


def _notification(one: Notification, record: JsonObject) -> JsonObject:
    fields: JsonObject = {"tip": "NOT", **_common(one, record), **one.details}
    if "modif_veh" in record:
        fields["modif_veh"] = record["modif_veh"]
    confirmations = [event for event in one.events if event.kind == "confirmation"]
    if confirmations:
        fields["confirmare"] = dict(confirmations[-1].data)
    return fields


def _vehicle_changes(
    one: Notification, record: JsonObject, cif: str, since: datetime, now: datetime
) -> list[JsonObject]:
    """The changes that ``cif`` itself declared: as declarant or as organizer of the transport."""
    return [
        {
            **_common(one, record),
            **{name: value for name, value in event.data.items() if name.startswith("nr_")},
            "tip": "MVH",
            "cod_decl": cif,
            "sursa": "A",
            "data_creare": compact_second(event.at),
            "data_modif_veh": event.data.get("data_modif_veh"),
        }
        for event in one.events
        if event.kind == "vehicle"
        and since <= event.at <= now
        and str(event.data.get("cod_decl")) == cif
    ]


def _failed(sim: Simulator, cif: str, since: datetime, now: datetime, env: str) -> list[JsonObject]:
    """Uploads that ended with errors, of whatever kind."""
    return [
        _failure(for_lista(upload))
        for upload in sim.uploads.of(cif, env, since)
        if upload.errors and upload.ready_at <= now
    ]


def _failure(upload: Upload) -> JsonObject:
    fields: JsonObject = {
        "tip": upload.kind,
        "stare": "ERR",
        "cod_decl": upload.declarant,
        "sursa": "A",
        "id_incarcare": str(upload.index),
        "data_creare": compact_second(upload.received_at),
        "mesaje": [{"tip": "ERR", "mesaj": text} for text in upload.errors],
    }
    if upload.uit:
        fields["uit"] = upload.uit
    if upload.reference:
        fields["ref_decl"] = upload.reference
    return fields
