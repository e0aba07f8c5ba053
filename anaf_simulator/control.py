"""The control API: JSON under /_control/, for tests and demonstrations. ANAF has no such thing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from anaf_simulator.clock import local
from anaf_simulator.control_body import WrongRequestError, count_of, read_body, text_of
from anaf_simulator.control_world import (
    active,
    add_uit,
    carrier,
    change_vehicle,
    past,
    uit,
    world,
)
from anaf_simulator.scenarios import CATALOGUE, ENDPOINTS
from anaf_simulator.simulator import Simulator
from anaf_simulator.wire import JsonAnswer, JsonObject

type Handler = Callable[[Simulator, Request], Awaitable[object]]


async def state(sim: Simulator, _: Request) -> JsonObject:
    """Answer GET /_control/: what is on, what time it is, what could be on."""
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
            scenario.name: {
                "summary": scenario.summary,
                "endpoints": sorted(scenario.endpoints),
                "times": scenario.times,
                "source": scenario.source,
            }
            for scenario in CATALOGUE.values()
        },
    }


async def scenario(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/scenario {name, on, times?, cui?, endpoint?, …options}."""
    body = await read_body(request)
    name, on = text_of(body, "name"), body.get("on", True)
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
            times=count_of(body, "times"),
            cui=text_of(body, "cui") if body.get("cui") else None,
            endpoints=_endpoints(body.get("endpoint")),
            options=options,
        )
    await _sync_listening(sim, request)
    return {"scenarios": sim.scenarios.report()}


def _endpoints(value: object) -> list[str]:
    if value is None:
        return []
    names = [str(name) for name in value] if isinstance(value, list) else [str(value)]
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
    """Answer POST /_control/reset: scenarios, clock, additions, calls, limits, rights,
    revocations."""
    sim.reset()
    await _sync_listening(sim, request)
    return await state(sim, request)


async def clock(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/clock {"advance_seconds": N} or {"set": iso} or {"reset": true}."""
    body = await read_body(request)
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
    """Answer GET and DELETE /_control/calls: what was requested, when, and how it ended."""
    if request.method == "DELETE":
        sim.calls.clear()
    return {"calls": sim.calls.report()}


async def uploads(sim: Simulator, _: Request) -> JsonObject:
    """Answer GET /_control/uploads: the files that were taken for processing, and how far each
    is."""
    now = sim.now()
    return {"uploads": [upload.report(now) for upload in sim.uploads.all()]}


async def rights(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/rights {certificate, cuis?, enrolled?}."""
    body = await read_body(request)
    cuis, enrolled = body.get("cuis"), body.get("enrolled")
    try:
        changed = sim.certificates.change(
            text_of(body, "certificate"),
            cuis=tuple(str(cui) for cui in cuis) if isinstance(cuis, list) else None,
            enrolled=enrolled if isinstance(enrolled, bool) else None,
        )
    except KeyError as error:
        raise WrongRequestError("no such certificate") from error
    return {"certificate": changed.id, "cuis": list(changed.cuis), "enrolled": changed.enrolled}


async def revoke(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/revoke {certificate}: as „Renunțare OAuth” on ANAF's portal."""
    body = await read_body(request)
    certificate = sim.certificates.get(text_of(body, "certificate"))
    if certificate is None:
        raise WrongRequestError("no such certificate")
    sim.tokens.revoke_all(certificate.serial, sim.now())
    return {"revoked": certificate.id}


async def limits(sim: Simulator, request: Request) -> JsonObject:
    """Answer POST /_control/limits {per_minute?, lista_per_day?, stare_per_day?, info_per_day?,
    processing_seconds?}."""
    body = await read_body(request)
    seconds = body.pop("processing_seconds", None)
    if isinstance(seconds, int | float) and seconds >= 0:
        sim.uploads.processing_seconds = float(seconds)
    try:
        sim.limits.change({name: count_of(body, name) for name in body})
    except ValueError as error:
        raise WrongRequestError(str(error)) from error
    return {**vars(sim.limits.limits), "processing_seconds": sim.uploads.processing_seconds}


def control_routes(sim: Simulator) -> list[Route]:
    """List the routes, for both ports."""

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
        route("uploads", uploads, "GET"),
        route("uit", add_uit, "POST"),
        route("uit/{uit}", uit, "GET", "POST", "DELETE"),
        route("vehicle-change/{uit}", change_vehicle, "POST"),
        route("active/{cui}", active, "GET"),
        route("past", past, "POST"),
        route("rights", rights, "POST"),
        route("revoke", revoke, "POST"),
        route("limits", limits, "POST"),
        route("carrier", carrier, "POST"),
    ]
