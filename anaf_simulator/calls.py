"""Every call the simulator got, with its time: for tests that ask what a client did."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.requests import Request

_SECRET = frozenset({"code", "state", "client_secret", "refresh_token", "access_token", "pin"})
_LIMIT = 20_000


@dataclass(slots=True)
class Call:
    """A call. ``status`` None: not answered (yet); ``note`` says how it ended otherwise."""

    endpoint: str
    method: str
    path: str
    query: dict[str, str]
    simulated_at: datetime
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    env: str | None = None
    cui: str | None = None
    serial: str | None = None
    grant_type: str | None = None
    status: int | None = None
    duration_ms: float | None = None
    note: str | None = None

    def finish(self, status: int | None) -> None:
        """Note the status, None for a broken connection, and how long the call took."""
        self.status = status
        self.duration_ms = round((datetime.now(UTC) - self.at).total_seconds() * 1000, 3)

    def report(self) -> dict[str, object]:
        """Describe the call for the control API; times are ISO, UTC, with microseconds."""
        return {
            "time": self.at.isoformat(timespec="microseconds"),
            "simulated_time": self.simulated_at.isoformat(timespec="microseconds"),
            "endpoint": self.endpoint,
            "env": self.env,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "status": self.status,
            "cui": self.cui,
            "serial": self.serial,
            "grant_type": self.grant_type,
            "duration_ms": self.duration_ms,
            "note": self.note,
        }


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def begin(self, endpoint: str, request: Request, now: datetime) -> Call:
        """Note a call as it comes in; values that are secrets are left out."""
        query = {
            name: "…" if name in _SECRET else value for name, value in request.query_params.items()
        }
        call = Call(endpoint, request.method, request.url.path, query, now)
        call.env = request.path_params.get("env")
        call.cui = request.path_params.get("cif") or request.query_params.get("cui_op")
        self._calls.append(call)
        del self._calls[:-_LIMIT]
        return call

    def clear(self) -> None:
        """Delete all calls."""
        self._calls.clear()

    def report(self) -> list[dict[str, object]]:
        """Return all calls as JSON, the oldest first."""
        return [call.report() for call in self._calls]
