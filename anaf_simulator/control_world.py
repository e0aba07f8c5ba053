"""Control calls about the world: its carriers and their notifications."""

from datetime import datetime

from starlette.requests import Request

from anaf_simulator.added import carrier_for, new_notification, record_changes
from anaf_simulator.clock import iso_second
from anaf_simulator.codes import is_cui
from anaf_simulator.control_body import WrongRequestError, env_of, read_body, text_of
from anaf_simulator.generator import Event, Notification, vehicle_change
from anaf_simulator.loads import random_line
from anaf_simulator.people import Carrier, Company
from anaf_simulator.simulator import Simulator
from anaf_simulator.wire import JsonObject
from anaf_simulator.world import record_at


async def world(sim: Simulator, _: Request) -> JsonObject:
    """Answer GET /_control/world: carriers and certificates, so that a test needs no import."""
    now = sim.now()
    return {
        "client_id": sim.settings.client_id,
        "carriers": [
            {
                "cui": cui,
                "name": carrier.company.name,
                "per_day": carrier.per_day,
                "active": len(sim.world.active(cui, now)),
            }
            for cui, carrier in sim.world.carriers.items()
        ],
        "certificates": [
            {
                "id": certificate.id,
                "holder": certificate.holder,
                "issuer": certificate.issuer,
                "serial": certificate.serial,
                "pin": certificate.pin,
                "cuis": list(certificate.cuis),
                "enrolled": certificate.enrolled,
                "expired": certificate.expired(now),
            }
            for certificate in sim.certificates.all()
        ],
    }


async def add_uit(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/uit {cui, …fields of the record}: declared now."""
    body = await read_body(request)
    env = env_of(body.get("env"))
    try:
        notification = new_notification(sim.world, text_of(body, "cui"), sim.now(), body)
    except ValueError as error:
        raise WrongRequestError(str(error)) from error
    sim.world.add(notification, env)
    return _described(sim, notification)


def _described(sim: Simulator, notification: Notification) -> JsonObject:
    now = sim.now()
    return {
        "uit": notification.uit,
        "cui": notification.carrier,
        "operation": notification.operation,
        "declared_at": notification.declared_at.isoformat(),
        "record": record_at(notification, now),
        "events": [
            {
                "at": event.at.isoformat(),
                "kind": event.kind,
                "data": dict(event.data),
                "details": dict(event.details),
            }
            for event in notification.events
        ],
    }


def _declared(sim: Simulator, request: Request, env: str | None) -> Notification:
    uit = request.path_params["uit"]
    notification = sim.world.find(uit, sim.now(), env or "prod")
    if notification is None:
        raise WrongRequestError(f"no UIT {uit} was declared")
    return notification


async def uit(sim: Simulator, request: Request) -> JsonObject:
    """Answer GET with all of a UIT, its future too; correct it by POST, withdraw it by DELETE."""
    body = await read_body(request)
    env = env_of(body.get("env") or request.query_params.get("env"))
    notification = _declared(sim, request, env)
    if request.method == "DELETE":
        sim.world.add_event(notification.uit, Event(sim.now(), "deletion"), env)
    elif request.method == "POST":
        try:
            changes = record_changes(body, notification.operation)
        except ValueError as error:
            raise WrongRequestError(str(error)) from error
        sim.world.add_event(notification.uit, Event(sim.now(), "correction", changes), env)
    return _described(sim, _declared(sim, request, env))


async def change_vehicle(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/vehicle-change/{uit} {nr_veh?, nr_rem1?, nr_rem2?, obs?, cod_decl?,
    …}."""
    body = await read_body(request)
    env = env_of(body.pop("env", None))
    notification, now = _declared(sim, request, env), sim.now()
    carrier = carrier_for(sim.world, notification.carrier)
    rng = sim.world.random_source()
    line = random_line(rng, sim.world.seed, carrier, notification.operation)
    item = vehicle_change(rng, carrier, notification.declarant, now, line)
    item["data_modif_veh"] = iso_second(now)
    change = {name: value for name, value in {**item, **body}.items() if value is not None}
    sim.world.add_event(notification.uit, Event(now, "vehicle", change), env)
    return _described(sim, _declared(sim, request, env))


async def active(sim: Simulator, request: Request) -> JsonObject:
    """Answer GET /_control/active/{cui}: what info should show now, whatever scenarios are on."""
    env = env_of(request.query_params.get("env")) or "prod"
    records = sim.world.active(request.path_params["cui"], sim.now(), env)
    return {"cui": request.path_params["cui"], "count": len(records), "records": records}


async def past(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/past {cui, moments, env?}: what info showed at each of the moments, as
    the world was generated and with what calls changed since."""
    body = await read_body(request)
    env, moments = env_of(body.get("env")) or "prod", body.get("moments")
    if not isinstance(moments, list):
        raise WrongRequestError("moments must be a list of dates and times")
    try:
        whens = [datetime.fromisoformat(str(moment)) for moment in moments]
    except ValueError as error:
        raise WrongRequestError(str(error)) from error
    if any(when.tzinfo is None for when in whens):
        raise WrongRequestError("each moment must have a zone")
    cui = text_of(body, "cui")
    return {"cui": cui, "lists": [sim.world.active(cui, when, env) for when in whens]}


async def carrier(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/carrier {cui, name?, per_day?}: one more carrier with a life of its
    own."""
    body = await read_body(request)
    cui, per_day = text_of(body, "cui"), body.get("per_day", 1.0)
    if not is_cui(cui):
        raise WrongRequestError(f"{cui} is no fiscal code: its check digit is wrong")
    if not isinstance(per_day, int | float):
        raise WrongRequestError("per_day must be a number")
    name = str(body.get("name", f"TRANSPORTATOR {cui} SRL"))
    sim.world.carriers[cui] = Carrier(Company(cui, name), float(per_day), 10)
    return {"cui": cui, "name": name, "active": len(sim.world.active(cui, sim.now()))}
