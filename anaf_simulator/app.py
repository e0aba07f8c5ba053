"""The routes of the simulator, each call logged and open to faults."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from anaf_simulator import faults
from anaf_simulator.access import Caller, identify
from anaf_simulator.api import hello, info, stare
from anaf_simulator.calls import Call
from anaf_simulator.control import control_routes
from anaf_simulator.lista import lista
from anaf_simulator.login import authorize, choose, enter_pin, revoke
from anaf_simulator.simulator import Simulator
from anaf_simulator.token_endpoint import token
from anaf_simulator.upload import upload
from anaf_simulator.wire import not_found
from anaf_simulator.world import ENVIRONMENTS

type Open = Callable[[Simulator, Request, Call], Awaitable[Response]]
type Protected = Callable[[Simulator, Request, Call, Caller], Awaitable[Response]]
type Endpoint = Callable[[Request], Awaitable[Response]]


def _logged(sim: Simulator, name: str, handler: Open) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        call = sim.calls.begin(name, request, sim.now())
        response: Response | None = None
        try:
            response = await faults.before(sim, request, call)
            if response is None:
                served = await handler(sim, request, call)
                response = await faults.after(sim, request, call, served)
            return response
        finally:
            silent = response is None or isinstance(response, faults.NoAnswer)
            call.finish(None if silent or response is None else response.status_code)

    return endpoint


def _protected(sim: Simulator, name: str, handler: Protected) -> Endpoint:
    async def identified(sim: Simulator, request: Request, call: Call) -> Response:
        caller = identify(sim, request, call)
        return caller if isinstance(caller, Response) else await handler(sim, request, call, caller)

    return _logged(sim, name, identified)


def _anaf_routes(sim: Simulator) -> list[BaseRoute]:
    """List the addresses of the OAuth text (p. 3, 30-31), the API text and the swaggers."""
    hello_route = Route("/TestOauth/jaxrs/hello", _protected(sim, "hello", hello))
    services = [route for env in ENVIRONMENTS for route in _service_routes(sim, env)]
    return [*_oauth_routes(sim), hello_route, *services]


def _oauth_routes(sim: Simulator) -> list[BaseRoute]:
    oauth = "/anaf-oauth2/v1"
    return [
        Route(f"{oauth}/authorize", _logged(sim, "authorize", authorize)),
        Route(
            f"{oauth}/authorize/certificate", _logged(sim, "authorize", choose), methods=["POST"]
        ),
        Route(f"{oauth}/authorize/pin", _logged(sim, "authorize", enter_pin), methods=["POST"]),
        Route(f"{oauth}/token", _logged(sim, "token", token), methods=["POST"]),
        Route(f"{oauth}/revoke", _logged(sim, "revoke", revoke), methods=["GET", "POST"]),
        Route("/my.policy", _login_wall),
    ]


def _service_routes(sim: Simulator, env: str) -> list[BaseRoute]:
    base = f"/{env}/ETRANSPORT/ws/v1"
    up = _within(env, _protected(sim, "upload", upload))
    return [
        Route(f"{base}/info", _within(env, _protected(sim, "info", info))),
        Route(f"{base}/lista/{{zile}}/{{cif}}", _within(env, _protected(sim, "lista", lista))),
        Route(
            f"{base}/stareMesaj/{{id_incarcare}}",
            _within(env, _protected(sim, "stareMesaj", stare)),
        ),
        Route(f"{base}/upload/{{standard}}/{{cif}}", up, methods=["POST"]),
        Route(
            f"{base}/upload/{{standard}}/{{cif}}/{{versiune}}",
            up,
            methods=["POST"],
        ),
    ]


def _within(env: str, endpoint: Endpoint) -> Endpoint:
    """Let an endpoint know whether it stands under /prod/ or /test/."""

    async def inside(request: Request) -> Response:
        request.path_params["env"] = env
        return await endpoint(request)

    return inside


async def _login_wall(_: Request) -> Response:
    """Answer where F5 sends a caller without a session (notes 5c [LIVE])."""
    return PlainTextResponse("Access policy", status_code=200)


def _not_found(sim: Simulator) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def respond(sim: Simulator, request: Request, _: Call) -> Response:
        """Answer HTTP 404 as JSON (swaggers lista, stare, upload)."""
        return not_found(sim.now(), request.url.path)

    endpoint = _logged(sim, "other", respond)

    async def handler(request: Request, _: Exception) -> Response:
        return await endpoint(request)

    return handler


def main_app(sim: Simulator) -> Starlette:
    """Build what listens on the main port: ANAF's services, and the control API too."""
    routes: list[BaseRoute] = [*_anaf_routes(sim), *control_routes(sim)]
    return Starlette(routes=routes, exception_handlers={404: _not_found(sim)})


def control_app(sim: Simulator) -> ASGIApp:
    """Build what listens on the control port: the control API alone, whatever the main port
    does."""
    app = Starlette(routes=control_routes(sim))

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["extensions"] = {**scope.get("extensions", {}), "simulator.control": {}}
        await app(scope, receive, send)

    return marked
