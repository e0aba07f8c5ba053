"""POST upload/{standard}/{cif}[/{versiune}]."""

from starlette.requests import Request
from starlette.responses import Response

from anaf_simulator.access import Caller
from anaf_simulator.calls import Call
from anaf_simulator.simulator import Simulator
from anaf_simulator.wire import errors


async def upload(sim: Simulator, request: Request, call: Call, caller: Caller) -> Response:
    return errors(sim.now(), "not yet")
