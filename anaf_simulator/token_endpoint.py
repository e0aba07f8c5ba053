"""POST /anaf-oauth2/v1/token: codes and refresh tokens against new tokens."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from anaf_simulator.calls import Call
from anaf_simulator.connections import reset_connection
from anaf_simulator.faults import NoAnswer
from anaf_simulator.simulator import Grant, Simulator
from anaf_simulator.tokens import ACCESS_LIFE, ROLES, Claims, Pair, TokenRefusedError
from anaf_simulator.wire import JsonAnswer

CODE_LIFE = timedelta(seconds=60)
"""OAuth text p. 33: "60 de secunde interval de obținere a unui token valid"."""


class RefusedError(Exception):
    """The exchange is refused: an OAuth error and what is wrong, for the log and the answer."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class LateCodeError(Exception):
    """The code is older than 60 s."""


async def token(sim: Simulator, request: Request, call: Call) -> Response:
    """Issue tokens. Errors are HTTP 400: ``invalid_client`` [LIVE 2026-06-28], ``invalid_request``
    for a bad grant [LIVE 2026-07-05] — or ``invalid_grant``, the standard's word, by scenario."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    call.grant_type = form.get("grant_type")
    try:
        _check_client(sim, request)
        pair = _exchange(sim, call, form)
        sim.note_issued(pair.access, pair.refresh)
    except LateCodeError:
        return _late(sim, request, call)
    except RefusedError as refusal:
        call.note = str(refusal)
        return _refusal(refusal.error, str(refusal))
    return JsonAnswer(
        {
            "access_token": pair.access,
            "expires_in": pair.expires_in,
            "token_type": "Bearer",
            "refresh_token": pair.refresh,
        },
        headers={"Cache-Control": "no-store"},
    )


def _refusal(error: str, description: str) -> JsonAnswer:
    body = {"error": error, "error_description": description}
    return JsonAnswer(body, status=400, headers={"Cache-Control": "no-store"})


def _late(sim: Simulator, request: Request, call: Call) -> Response:
    """Answer a late code: "se resetează conexiunea" (p. 33) may mean just that."""
    call.note = "the code came after 60 s"
    if sim.scenarios.take("late_code_reset", "token"):
        reset_connection(request)
        return NoAnswer()
    return _refusal(_bad_grant(sim), "The authorization code has expired")


def _check_client(sim: Simulator, request: Request) -> None:
    """Accept HTTP Basic and nothing else: "Send as Basic Auth header" (OAuth text p. 23, 29)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode() if scheme else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    expected = f"{sim.settings.client_id}:{sim.settings.client_secret}"
    same = hmac.compare_digest(decoded.encode(), expected.encode())
    if scheme.lower() != "basic" or not same:
        raise RefusedError("invalid_client", "Client authentication failed")


def _bad_grant(sim: Simulator) -> str:
    return "invalid_grant" if sim.scenarios.take("invalid_grant", "token") else "invalid_request"


def _exchange(sim: Simulator, call: Call, form: Mapping[str, str]) -> Pair:
    match form.get("grant_type"):
        case "authorization_code":
            return _from_code(sim, call, form)
        case "refresh_token":
            return _from_refresh(sim, call, form)
        case _:
            raise RefusedError("unsupported_grant_type", "grant_type is missing or unknown")


def _from_code(sim: Simulator, call: Call, form: Mapping[str, str]) -> Pair:
    if form.get("token_content_type") != "jwt":
        # Required in the body of this request too (OAuth text p. 24-25).
        raise RefusedError("invalid_request", "token_content_type must be jwt")
    grant: Grant | None = sim.grants.pop(form.get("code", ""), None)
    if grant is None:
        raise RefusedError(_bad_grant(sim), "The authorization code is unknown or was used")
    call.serial = grant.certificate.serial
    now = sim.now()
    if now - grant.issued_at > CODE_LIFE:
        raise LateCodeError
    if form.get("redirect_uri") != grant.redirect_uri:
        raise RefusedError(_bad_grant(sim), "redirect_uri is not the one of the authorization")
    return sim.tokens.issue(
        client_id=grant.client_id,
        serial=grant.certificate.serial,
        now=now,
        opaque_refresh=sim.scenarios.take("refresh_opaque", "token") is not None,
        access_life=_access_life(sim),
        roles=_roles(sim),
    )


def _from_refresh(sim: Simulator, call: Call, form: Mapping[str, str]) -> Pair:
    """Issue new values for both tokens, "trebuiesc salvate" (OAuth text p. 29)."""
    if sim.scenarios.take("refresh_rejected", "token"):
        raise RefusedError(_bad_grant(sim), "The refresh token is not accepted")
    now = sim.now()
    try:
        claims = sim.tokens.check(form.get("refresh_token", ""), "refresh", now)
    except TokenRefusedError as error:
        raise RefusedError(
            _bad_grant(sim), f"The refresh token is not accepted: {error}"
        ) from error
    call.serial = claims.serial
    if claims.client_id != sim.settings.client_id:
        raise RefusedError(_bad_grant(sim), "The refresh token belongs to another client")
    return _renewed(sim, claims)


def _access_life(sim: Simulator) -> timedelta:
    short = sim.scenarios.take("short_tokens", "token")
    return ACCESS_LIFE if short is None else timedelta(seconds=short.number("seconds", 3600))


def _renewed(sim: Simulator, claims: Claims) -> Pair:
    """Decide whether the old token stays usable (p. 3 "ambele pot fi reutilizate") and whether the
    365 days start anew is not established: scenarios play the other answer."""
    if sim.scenarios.take("refresh_kills_old", "token"):
        sim.tokens.use_up(claims)
    keeps_end = sim.scenarios.take("refresh_keeps_end", "token") is not None
    return sim.tokens.issue(
        client_id=claims.client_id,
        serial=claims.serial,
        now=sim.now(),
        first_authorized_at=claims.first_authorized_at,
        refresh_end=claims.expires_at if keeps_end else None,
        opaque_refresh=sim.scenarios.take("refresh_opaque", "token") is not None,
        access_life=_access_life(sim),
        roles=_roles(sim),
    )


def _roles(sim: Simulator) -> dict[str, object] | None:
    """Return the access token's claims about its services, as a scenario wants them; None: as
    usual."""
    active = sim.scenarios.take("roles", "token")
    if active is None:
        return None
    given = active.options.get("names")
    names = [str(name) for name in given] if isinstance(given, list) else list(ROLES)
    claim = str(active.options.get("claim", "role"))
    forms: dict[object, dict[str, object]] = {
        "list": {claim: names},
        "text": {claim: ",".join(names)},
        "absent": {},
    }
    return forms.get(active.options.get("form", "list"), forms["list"])
