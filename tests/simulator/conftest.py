"""One simulator for all tests of this folder, as new for each of them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.simulator_process import SimulatorProcess

BUSY, MEDIUM, SMALL, SINGLE = "900010100", "900020201", "900030302", "900040403"
"""The carriers' fiscal codes, as the simulator's README promises them."""

type Info = Callable[..., Any]


@pytest.fixture(scope="session")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as process:
        yield process


@pytest.fixture(scope="session")
def session_tokens(running: SimulatorProcess) -> dict[str, dict[str, Any]]:
    """Tokens of each certificate that gets any; they outlive a reset."""
    return {name: running.tokens(name) for name in ("three", "single", "norights")}


@pytest.fixture
def simulator(
    running: SimulatorProcess, session_tokens: dict[str, dict[str, Any]]
) -> SimulatorProcess:
    running.reset()
    return running


@pytest.fixture
def token(session_tokens: dict[str, dict[str, Any]]) -> str:
    """Return the access token of the certificate with three fiscal codes."""
    return str(session_tokens["three"]["access_token"])


@pytest.fixture
def info(simulator: SimulatorProcess, token: str) -> Info:
    """Ask ``info`` about a carrier and give the JSON of the answer."""

    def poll(cui: str = BUSY, **query: str) -> Any:
        return simulator.api("info", token, cui_op=cui, **query).json()

    return poll
