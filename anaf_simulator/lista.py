"""GET lista/{zile}/{cif}: what a fiscal code declared, and the errors of what it uploaded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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
from anaf_simulator.world import latest, vehicle_changes


async def lista(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    """Answer swagger-lista.json; the records are not sorted, as the API text warns."""
    now, env = sim.now(), call.env or "prod"
    days, cif = request.path_params["zile"], request.path_params["cif"]
    refusal = _refusal(sim, days, cif, caller)
    if refusal is not None:
        return errors(now, refusal)
    until = now
    if active := sim.scenarios.take("lista_lags", "lista", cif):
        until -= timedelta(seconds=active.number("seconds", 900))
    window = _Window(now - timedelta(days=int(days)), until, env)
    messages = [*_valid(sim, cif, window), *_failed(sim, cif, window, now)]
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


@dataclass(frozen=True, slots=True)
class _Window:
    """What a list covers: what was created from ``since`` to ``until`` in one environment."""

    since: datetime
    until: datetime
    env: str

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment <= self.until


def _valid(sim: Simulator, cif: str, window: _Window) -> list[JsonObject]:
    """Return the valid notifications in their final state (NOT) and the vehicle changes (MVH)."""
    messages: list[JsonObject] = []
    earliest = window.since - timedelta(days=20)
    for notification in sim.world.declared_since(earliest, window.until, window.env):
        if cif not in (notification.declarant, notification.carrier):
            continue
        record = latest(notification, window.until)
        if record is None:
            continue
        if notification.declarant == cif and window.covers(notification.declared_at):
            messages.append(_notification(notification, record, window))
        messages.extend(_vehicle_changes(notification, record, cif, window))
    return messages


def _common(notification: Notification, record: JsonObject) -> JsonObject:
    """Return what a notification and the changes of its vehicle have alike."""
    compact = str(record["data_transp"]).replace("-", "").replace("T", "").replace(":", "")
    return {
        "stare": "OK",
        "uit": notification.uit,
        "data_transp": compact,
        "tr_tara": "RO",
        "tr_cod": notification.carrier,
        "tr_den": record["tr_den"],
    }


def _texts(source: Mapping[str, object], *names: str) -> JsonObject:
    """Return those of the fields that are there, as texts."""
    return {name: str(source[name]) for name in names if source.get(name) is not None}


def _notification(notification: Notification, record: JsonObject, window: _Window) -> JsonObject:
    fields: JsonObject = {
        "tip": "NOT",
        **_common(notification, record),
        "cod_decl": notification.declarant,
        "post_avarie": "N",
        "data_creare": compact_second(notification.declared_at),
        **_texts(record, "ref_decl", "nr_veh", "nr_rem1", "nr_rem2"),
        **notification.details,
    }
    if changes := vehicle_changes(notification, window.until):
        fields["modif_veh"] = [
            {**event.data, **_UNKNOWN_ORIGIN, **event.details} for event in changes
        ]
    confirmations = [
        event
        for event in notification.events
        if event.kind == "confirmation" and event.at <= window.until
    ]
    if confirmations:
        fields["confirmare"] = dict(confirmations[-1].data)
    return fields


_UNKNOWN_ORIGIN: JsonObject = {"post_avarie": "N", "sursa": "I"}
"""Of a change that nobody uploaded here: as if typed into ANAF's own application."""


def _vehicle_changes(
    notification: Notification, record: JsonObject, cif: str, window: _Window
) -> list[JsonObject]:
    """Return the changes that ``cif`` itself declared: as declarant or as organizer.

    Plates, ``ref_decl``, ``id_incarcare`` and ``post_avarie`` are those of the change (API text of
    29.07.2024, LISTA); a trailer that the change left out is not there. The totals of the goods,
    ``confirmare`` and ``modif_veh`` do not exist for tip=MVH.
    """
    return [
        {
            "tip": "MVH",
            **_common(notification, record),
            **_texts(notification.details, "tip_op", "pc_tara", "pc_cod", "pc_den"),
            "cod_decl": cif,
            "data_creare": compact_second(event.at),
            **_UNKNOWN_ORIGIN,
            **_texts(event.data, "ref_decl", "data_modif_veh", "nr_veh", "nr_rem1", "nr_rem2"),
            **event.details,
        }
        for event in vehicle_changes(notification, window.until)
        if window.covers(event.at) and str(event.data.get("cod_decl")) == cif
    ]


def _failed(sim: Simulator, cif: str, window: _Window, now: datetime) -> list[JsonObject]:
    """Return the uploads that ended with errors, of whatever kind."""
    return [
        _failure(for_lista(upload))
        for upload in sim.uploads.received(cif, window.env, window.since)
        if upload.received_at <= window.until and upload.state(now) == "nok"
    ]


def _failure(upload: Upload) -> JsonObject:
    fields: JsonObject = {
        "tip": upload.kind,
        "stare": "ERR",
        "cod_decl": upload.declarant,
        "post_avarie": "D" if upload.post_outage else "N",
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
