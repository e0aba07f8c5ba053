"""What an accepted declaration does to the world when its processing ends."""

from datetime import datetime

from anaf_simulator.clock import iso_second, local
from anaf_simulator.declaration import Declaration
from anaf_simulator.declared import notification_of, record_of
from anaf_simulator.generator import Event
from anaf_simulator.uploads import Upload
from anaf_simulator.wire import JsonObject
from anaf_simulator.world import World


def take_effect(world: World, declaration: Declaration, upload: Upload) -> None:
    """Let the declaration happen at the end of its processing."""
    if declaration.kind == "NOT":
        world.add(notification_of(declaration, upload), upload.env)
    else:
        world.add_event(upload.uit or "", _event(declaration, upload), upload.env)


def _event(declaration: Declaration, upload: Upload) -> Event:
    match declaration.kind:
        case "COR":
            return Event(upload.ready_at, "correction", record_of(declaration))
        case "DEL":
            return Event(upload.ready_at, "deletion")
        case "CON":
            return Event(upload.ready_at, "confirmation", _confirmation(declaration, upload))
        case _:
            return Event(
                upload.ready_at,
                "vehicle",
                _vehicle_change(declaration, upload),
                _origin(declaration, upload),
            )


def _origin(declaration: Declaration, upload: Upload) -> JsonObject:
    """Return how it was declared: fields of ``lista`` that ``info`` does not show (API text)."""
    return {
        "post_avarie": "D" if declaration.post_outage else "N",
        "sursa": "A",
        "id_incarcare": str(upload.index),
    }


def _confirmation(declaration: Declaration, upload: Upload) -> JsonObject:
    """Return ``confirmare`` of lista (API text of 29.07.2024)."""
    confirmation: JsonObject = {
        "tip_conf": declaration.body.need("tipConfirmare"),
        **_origin(declaration, upload),
        "data_decl": iso_second(upload.ready_at),
    }
    if note := declaration.body.get("observatii"):
        confirmation["obs"] = note
    return confirmation


def _vehicle_change(declaration: Declaration, upload: Upload) -> JsonObject:
    """Make an item of ``modif_veh`` (API text of 29.07.2024, INFO).

    The plates are those „in urma modificarii vehiculului”: a trailer that the declaration leaves
    out is not on the road any more.
    """
    body = declaration.body
    change: JsonObject = {
        "data_modif_veh": _since(body.need("dataModificare")).strftime("%Y-%m-%dT%H:%M:%S"),
        "nr_veh": body.need("nrVehicul"),
        "nr_rem1": body.get("nrRemorca1"),
        "nr_rem2": body.get("nrRemorca2"),
        "obs": body.get("observatii"),
        "cod_decl": declaration.declarant,
        "ref_decl": declaration.reference,
        "data_decl": iso_second(upload.received_at),
    }
    return {name: value for name, value in change.items() if value is not None}


def _since(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return local(moment) if moment.tzinfo is not None else moment
