"""The control API: JSON under /_control/, for tests and demonstrations. ANAF has no such thing."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from anaf_simulator.added import carrier_for, new_notification, record_changes
from anaf_simulator.clock import iso_second, local
from anaf_simulator.codes import is_cui
from anaf_simulator.generator import Event, Notification, vehicle_change
from anaf_simulator.people import Carrier, Company
from anaf_simulator.scenarios import CATALOGUE, ENDPOINTS
from anaf_simulator.simulator import Simulator
from anaf_simulator.wire import JsonAnswer, JsonObject
from anaf_simulator.world import ENVIRONMENTS, record_at

type Handler = Callable[[Simulator, Request], Awaitable[object]]


class WrongRequestError(Exception):
    """The control call makes no sense; answered with HTTP 400 and this sentence."""


async def _body(request: Request) -> JsonObject:
    raw = await request.body()
    try:
        parsed = json.loads(raw) if raw else {}
    except ValueError as error:
        raise WrongRequestError("the body is no JSON") from error
    if not isinstance(parsed, dict):
        raise WrongRequestError("the body must be a JSON object")
    return cast("JsonObject", parsed)


def _text(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        raise WrongRequestError(f"{name} is missing")
    return str(value)


def _count(body: JsonObject, name: str) -> int | None:
    value = body.get(name)
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise WrongRequestError(f"{name} must be a whole number above 0")


def _env(value: object) -> str | None:
    if value is None or value in ENVIRONMENTS:
        return value
    raise WrongRequestError("env must be prod or test")


async def state(sim: Simulator, _: Request) -> JsonObject:
    """GET /_control/: what is on, what time it is, what could be on."""
    return {
        "seed": sim.settings.seed,
        "now": sim.now().isoformat(),
        "offset_seconds": sim.clock.offset.total_seconds(),
        "scenarios": sim.scenarios.report(),
        "limits": {
            **vars(sim.limits.limits),
            "processing_seconds": sim.uploads.processing_seconds,
        },
        "catalogue": {
            one.name: {
                "summary": one.summary,
                "endpoints": sorted(one.endpoints),
                "times": one.times,
                "source": one.source,
            }
            for one in CATALOGUE.values()
        },
    }


async def world(sim: Simulator, _: Request) -> JsonObject:
    """GET /_control/world: carriers and certificates, so that a test needs no import."""
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
                "id": one.id,
                "holder": one.holder,
                "issuer": one.issuer,
                "serial": one.serial,
                "pin": one.pin,
                "cuis": list(one.cuis),
                "enrolled": one.enrolled,
                "expired": one.expired(now),
            }
            for one in sim.certificates.all()
        ],
    }


async def scenario(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/scenario {name, on, times?, cui?, endpoint?, …options}."""
    body = await _body(request)
    name, on = _text(body, "name"), body.get("on", True)
    if name not in CATALOGUE:
        raise WrongRequestError(f"no scenario is called {name}")
    if not on:
        sim.scenarios.turn_off(name)
    else:
        options = {
            key: value
            for key, value in body.items()
            if key not in {"name", "on", "times", "cui", "endpoint"}
        }
        sim.scenarios.turn_on(
            name,
            times=_count(body, "times"),
            cui=_text(body, "cui") if body.get("cui") else None,
            endpoints=_endpoints(body.get("endpoint")),
            options=options,
        )
    await _sync_listening(sim, request)
    return {"scenarios": sim.scenarios.report()}


def _endpoints(value: object) -> list[str]:
    if value is None:
        return []
    names = [str(one) for one in value] if isinstance(value, list) else [str(value)]
    if wrong := set(names) - ENDPOINTS:
        raise WrongRequestError(f"no endpoint is called {', '.join(sorted(wrong))}")
    return names


_background: set[asyncio.Task[None]] = set()


async def _sync_listening(sim: Simulator, request: Request) -> None:
    """Open or close the main port as ``down_refused`` says; a call that came through the port
    itself gets its answer before the port closes."""
    if sim.set_listening is None:
        return
    change = sim.set_listening(not sim.scenarios.is_on("down_refused"))
    if request.scope.get("extensions", {}).get("simulator.control") is not None:
        await change
        return
    task = asyncio.ensure_future(change)
    _background.add(task)
    task.add_done_callback(_background.discard)


async def reset(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/reset: scenarios, clock, additions, calls, limits, rights, revocations."""
    sim.reset()
    await _sync_listening(sim, request)
    return await state(sim, request)


async def clock(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/clock {"advance_seconds": N} or {"set": iso} or {"reset": true}."""
    body = await _body(request)
    advance, moment = body.get("advance_seconds"), body.get("set")
    if isinstance(advance, int | float) and not isinstance(advance, bool):
        sim.clock.advance(advance)
    elif isinstance(moment, str):
        sim.clock.set(_moment(moment))
    elif body.get("reset"):
        sim.clock.reset()
    elif body:
        raise WrongRequestError("give advance_seconds, set or reset")
    return {"now": sim.now().isoformat(), "local": local(sim.now()).isoformat()}


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise WrongRequestError(f"{text} is no ISO date and time") from error


async def calls(sim: Simulator, request: Request) -> JsonObject:
    """GET and DELETE /_control/calls: what was asked, when, and how it ended."""
    if request.method == "DELETE":
        sim.calls.clear()
    return {"calls": sim.calls.report()}


async def add_uit(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/uit {cui, …fields of the record}: declared now."""
    body = await _body(request)
    env = _env(body.get("env"))
    try:
        made = new_notification(sim.world, _text(body, "cui"), sim.now(), body)
    except ValueError as error:
        raise WrongRequestError(str(error)) from error
    sim.world.add(made, env)
    return _told(sim, made)


def _told(sim: Simulator, one: Notification) -> JsonObject:
    now = sim.now()
    return {
        "uit": one.uit,
        "cui": one.carrier,
        "operation": one.operation,
        "declared_at": one.declared_at.isoformat(),
        "record": record_at(one, now),
        "events": [
            {"at": event.at.isoformat(), "kind": event.kind, "data": dict(event.data)}
            for event in one.events
        ],
    }


def _found(sim: Simulator, request: Request, env: str | None) -> Notification:
    uit = request.path_params["uit"]
    one = sim.world.find(uit, sim.now(), env or "prod")
    if one is None:
        raise WrongRequestError(f"no UIT {uit} was declared")
    return one


async def one_uit(sim: Simulator, request: Request) -> JsonObject:
    """GET tells all of a UIT, its future too; POST corrects it; DELETE withdraws it."""
    body = await _body(request)
    env = _env(body.get("env") or request.query_params.get("env"))
    one = _found(sim, request, env)
    if request.method == "DELETE":
        sim.world.happen(one.uit, Event(sim.now(), "deletion"), env)
    elif request.method == "POST":
        try:
            changes = record_changes(body, one.operation)
        except ValueError as error:
            raise WrongRequestError(str(error)) from error
        sim.world.happen(one.uit, Event(sim.now(), "correction", changes), env)
    return _told(sim, _found(sim, request, env))


async def change_vehicle(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/vehicle-change/{uit} {nr_veh?, nr_rem1?, nr_rem2?, obs?, cod_decl?, …}."""
    body = await _body(request)
    env = _env(body.pop("env", None))
    one, now = _found(sim, request, env), sim.now()
    carrier = carrier_for(sim.world, one.carrier)
    rng = sim.world.random_source()
    item = vehicle_change(rng, sim.world.seed, carrier, one.declarant, now)
    item["data_modif_veh"] = iso_second(now)
    kept = {name: value for name, value in {**item, **body}.items() if value is not None}
    sim.world.happen(one.uit, Event(now, "vehicle", kept), env)
    return _told(sim, _found(sim, request, env))


async def active(sim: Simulator, request: Request) -> JsonObject:
    """GET /_control/active/{cui}: what info should show now, whatever scenarios are on."""
    env = _env(request.query_params.get("env")) or "prod"
    records = sim.world.active(request.path_params["cui"], sim.now(), env)
    return {"cui": request.path_params["cui"], "count": len(records), "records": records}


async def rights(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/rights {certificate, cuis?, enrolled?}."""
    body = await _body(request)
    cuis, enrolled = body.get("cuis"), body.get("enrolled")
    try:
        changed = sim.certificates.change(
            _text(body, "certificate"),
            cuis=tuple(str(one) for one in cuis) if isinstance(cuis, list) else None,
            enrolled=enrolled if isinstance(enrolled, bool) else None,
        )
    except KeyError as error:
        raise WrongRequestError("no such certificate") from error
    return {"certificate": changed.id, "cuis": list(changed.cuis), "enrolled": changed.enrolled}


async def revoke(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/revoke {certificate}: as „Renunțare OAuth” on ANAF's portal."""
    body = await _body(request)
    certificate = sim.certificates.get(_text(body, "certificate"))
    if certificate is None:
        raise WrongRequestError("no such certificate")
    sim.tokens.revoke_all(certificate.serial, sim.now())
    return {"revoked": certificate.id}


async def limits(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/limits {per_minute?, lista_per_day?, stare_per_day?, info_per_day?,
    processing_seconds?}."""
    body = await _body(request)
    seconds = body.pop("processing_seconds", None)
    if isinstance(seconds, int | float) and seconds >= 0:
        sim.uploads.processing_seconds = float(seconds)
    try:
        sim.limits.change({name: _count(body, name) for name in body})
    except ValueError as error:
        raise WrongRequestError(str(error)) from error
    return {**vars(sim.limits.limits), "processing_seconds": sim.uploads.processing_seconds}


async def carrier(sim: Simulator, request: Request) -> JsonObject:
    """POST /_control/carrier {cui, name?, per_day?}: one more carrier with a life of its own."""
    body = await _body(request)
    cui, per_day = _text(body, "cui"), body.get("per_day", 1.0)
    if not is_cui(cui):
        raise WrongRequestError(f"{cui} is no fiscal code: its check digit is wrong")
    if not isinstance(per_day, int | float):
        raise WrongRequestError("per_day must be a number")
    name = str(body.get("name", f"TRANSPORTATOR {cui} SRL"))
    sim.world.carriers[cui] = Carrier(Company(cui, name), float(per_day), 10)
    return {"cui": cui, "name": name, "active": len(sim.world.active(cui, sim.now()))}


def control_routes(sim: Simulator) -> list[Route]:
    """The routes, for both ports."""

    def route(path: str, handler: Handler, *methods: str) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return JsonAnswer(await handler(sim, request))
            except WrongRequestError as error:
                return JsonAnswer({"error": str(error)}, status=400)

        return Route(f"/_control/{path}", endpoint, methods=list(methods), name=handler.__name__)

    return [
        route("", state, "GET"),
        route("world", world, "GET"),
        route("scenario", scenario, "POST"),
        route("reset", reset, "POST"),
        route("clock", clock, "GET", "POST"),
        route("calls", calls, "GET", "DELETE"),
        route("uit", add_uit, "POST"),
        route("uit/{uit}", one_uit, "GET", "POST", "DELETE"),
        route("vehicle-change/{uit}", change_vehicle, "POST"),
        route("active/{cui}", active, "GET"),
        route("rights", rights, "POST"),
        route("revoke", revoke, "POST"),
        route("limits", limits, "POST"),
        route("carrier", carrier, "POST"),
    ]
