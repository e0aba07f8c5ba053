"""Who calls the API, and may they: the Bearer token and the SPV rights behind it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from anaf_simulator.calls import Call
from anaf_simulator.certificates import Certificate
from anaf_simulator.simulator import Simulator
from anaf_simulator.tokens import TokenRefusedError
from anaf_simulator.wire import JsonAnswer

NO_RIGHTS = "Nu exista niciun CIF petru care sa aveti drept in SPV"
"""Verbatim, "petru" included (swaggers info, lista, upload)."""


def no_right_for(cui: str) -> str:
    """Return the sentence of swaggers info and upload."""
    return f"Nu aveti drept in SPV pentru CIF={cui}"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a good access token."""

    serial: str
    certificate: Certificate | None
    authorization: str

    @property
    def cuis(self) -> tuple[str, ...]:
        """The fiscal codes about which the certificate may ask."""
        return self.certificate.cuis if self.certificate else ()


def unauthorized() -> Response:
    """Answer HTTP 401, invalid_token (notes 5a [WEAK]); no document shows a body."""
    return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def forbidden() -> JsonAnswer:
    """Answer HTTP 403: not authorized for this address (OAuth text p. 33); body unknown."""
    return JsonAnswer({"status": 403, "error": "Forbidden"}, status=403)


def too_many(retry_after: int | None = None) -> Response:
    """Answer HTTP 429 (OAuth text p. 33); no document shows a body or a header."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(status_code=429, headers=headers)


def identify(sim: Simulator, request: Request, call: Call) -> Caller | Response:
    """Return the caller, or the response in place of the service."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return unauthorized()
    try:
        claims = sim.tokens.check(token.strip(), "access", sim.now())
    except TokenRefusedError as error:
        call.note = str(error)
        return unauthorized()
    call.serial = claims.serial
    caller = Caller(
        claims.serial, sim.certificates.by_serial(claims.serial), request.headers["authorization"]
    )
    return _standing(sim, call, caller) or caller


def _standing(sim: Simulator, call: Call, caller: Caller) -> Response | None:
    if sim.limits.minute_exceeded(caller.serial, sim.now()):
        return too_many(60 if sim.scenarios.take("retry_after", call.endpoint) else None)
    if sim.scenarios.take("not_enrolled_app", call.endpoint, call.cui):
        return forbidden()
    if not caller.cuis and sim.scenarios.take("no_rights_403", call.endpoint, call.cui):
        return forbidden()
    return None
