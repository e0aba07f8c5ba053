"""Faults that strike a call before or after its service works on it."""

import asyncio
import json
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from anaf_simulator.access import forbidden, too_many, unauthorized
from anaf_simulator.calls import Call
from anaf_simulator.connections import reset_connection
from anaf_simulator.scenarios import Active
from anaf_simulator.simulator import Simulator

_REJECTED = """<html><head><title>Request Rejected</title></head><body>\
The requested URL was rejected. Please consult with your administrator.<br><br>\
Your support ID is: 6512783340189907355<br><br>\
<a href='javascript:history.back();'>[Go Back]</a></body></html>"""
"""The F5 firewall page, HTTP 200 (notes 5c [LIVE 2024-01-15, 2025-08-22, 2026-07-30])."""

_GATEWAY = (
    """<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"""
)


_HELD_CHECK = 0.02


class NoAnswer(Response):
    """Nothing is sent: the client went away, or its connection was cut."""


async def wait_for_client_to_leave(request: Request) -> None:
    """Return when the client has closed its side (or the server stops)."""
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return


async def before(sim: Simulator, request: Request, call: Call) -> Response | None:
    """Return a response in place of the service, or None to go on."""
    if active := sim.scenarios.take("slow", call.endpoint, call.cui):
        await asyncio.sleep(active.number("seconds", 3))
    if sim.scenarios.take("held", call.endpoint, call.cui):
        call.note = "held"
        while sim.scenarios.is_on("held"):
            await asyncio.sleep(_HELD_CHECK)
    for name in ("timeout", "token_timeout"):
        if sim.scenarios.take(name, call.endpoint, call.cui):
            return await _silence(request, call)
    if sim.scenarios.take("upload_lost_before", call.endpoint, call.cui):
        await request.body()
        return _reset(request, call)
    for name, respond in _RESPONDERS.items():
        if active := sim.scenarios.take(name, call.endpoint, call.cui):
            call.note = f"scenario {name}"
            return respond(active)
    return None


def _as_given(active: Active) -> Response:
    """Return the status, the body and the type that the scenario was turned on with."""
    body = active.options.get("body")
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    return Response(
        text * int(active.number("repeat", 1)),
        status_code=int(active.number("status", 200)),
        media_type=str(active.options.get("content_type", "application/json")) or None,
    )


async def after(sim: Simulator, request: Request, call: Call, response: Response) -> Response:
    """Return the response as a fault leaves it; the service has done its work."""
    if active := sim.scenarios.take("upload_lost_after", call.endpoint, call.cui):
        silent = active.text("how", "reset") == "silence"
        return await _silence(request, call) if silent else _reset(request, call)
    for name, respond in _LATER_RESPONDERS.items():
        if active := sim.scenarios.take(name, call.endpoint, call.cui):
            call.note = f"scenario {name}"
            return respond(active)
    if response.status_code != 200:
        return response
    if sim.scenarios.take("cut_json", call.endpoint, call.cui):
        call.note = "scenario cut_json"
        body = bytes(response.body)
        return Response(body[: len(body) // 2], media_type="application/json")
    if sim.scenarios.take("text_json", call.endpoint, call.cui):
        return Response(response.body, media_type="text/plain")
    return response


async def _silence(request: Request, call: Call) -> Response:
    await wait_for_client_to_leave(request)
    call.note = "no answer given"
    return NoAnswer()


def _reset(request: Request, call: Call) -> Response:
    reset_connection(request)
    call.note = "connection reset"
    return NoAnswer()


def _gateway(status: int, phrase: str) -> Callable[[Active], Response]:
    page = _GATEWAY.format(f"{status} {phrase}")
    return lambda _active: HTMLResponse(page, status_code=status)


def _rejected(_active: Active) -> Response:
    return HTMLResponse(_REJECTED)


_RESPONDERS: dict[str, Callable[[Active], Response]] = {
    "down_502": _gateway(502, "Bad Gateway"),
    "down_503": _gateway(503, "Service Unavailable"),
    "token_endpoint_down": _gateway(503, "Service Unavailable"),
    "html_rejected": _rejected,
    "token_html": _rejected,
    "my_policy": lambda _active: RedirectResponse("/my.policy", status_code=302),
    "empty_body": lambda _active: Response(media_type="application/json"),
    "raw_answer": _as_given,
    "rate_limited": lambda active: too_many(int(active.number("seconds", 30))),
    "rate_limited_bare": lambda _active: too_many(),
    "token_refused": lambda _active: unauthorized(),
    "forbidden": lambda _active: forbidden(),
}
"""What responds in place of the service; the first that is on wins."""

_LATER_RESPONDERS: dict[str, Callable[[Active], Response]] = {
    "upload_502_after": _gateway(502, "Bad Gateway"),
    "upload_html_after": _rejected,
}
"""What responds in place of the service after the service has done its work."""
