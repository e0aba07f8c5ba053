"""The authorization page: choose a certificate, give its PIN, go back with a code."""

import secrets
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from anaf_simulator.calls import Call
from anaf_simulator.certificates import Certificate
from anaf_simulator.connections import presented_serial
from anaf_simulator.login_pages import certificate_page, error_page, pin_page
from anaf_simulator.simulator import Flow, Grant, Simulator

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ALLOWED_WRONG_PINS = 3
_MAX_FLOWS = 1000


def acceptable_redirect(sim: Simulator, uri: str) -> bool:
    """Accept exactly a registered address; with none registered, any on the loopback interface.

    ANAF refuses http addresses when an application is registered [LIVE 2026-07-02]; here plain
    http is accepted, for demonstrations on one machine, unless ``strict_redirect`` is on.
    """
    registered = uri in sim.settings.redirect_uris
    if sim.scenarios.is_on("strict_redirect"):
        return registered and uri.startswith("https://")
    if sim.settings.redirect_uris:
        return registered
    parts = urlsplit(uri)
    return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK


async def authorize(sim: Simulator, request: Request, call: Call) -> Response:
    """Answer GET /anaf-oauth2/v1/authorize (OAuth text p. 23-26)."""
    query = request.query_params
    redirect_uri = query.get("redirect_uri", "")
    problem = _problem(sim, query.get("client_id", ""), redirect_uri, query.get("response_type"))
    if problem is None and query.get("token_content_type") != "jwt":
        # Sent "pe Query" by every client of the text (p. 24-25); what ANAF does without is unknown.
        problem = "Lipsește parametrul token_content_type=jwt."
    if problem is not None:
        call.note = problem
        return HTMLResponse(error_page(problem), status_code=400)
    flow = Flow(redirect_uri, query.get("state"))
    if sim.scenarios.take("login_denied", "authorize"):
        return _denied(flow, "The user is not allowed")
    if request.url.scheme == "https":
        return _by_handshake(sim, request, call, flow)
    return HTMLResponse(certificate_page(_remember(sim, flow), sim.certificates.all(), sim.now()))


def _by_handshake(sim: Simulator, request: Request, call: Call, flow: Flow) -> Response:
    """Grant at once: over mutual TLS the browser requested certificate and PIN before."""
    serial = presented_serial(request)
    certificate = sim.certificates.by_number(serial) if serial is not None else None
    if certificate is None:
        call.note = "no client certificate was presented"
        return HTMLResponse(error_page("Nu ați prezentat niciun certificat digital."), 403)
    call.serial = certificate.serial
    refusal = _refused(sim, certificate)
    if refusal is not None:
        call.note = refusal
        return _denied(flow, refusal)
    return _granted(sim, _remember(sim, flow), flow, certificate)


def _problem(
    sim: Simulator, client_id: str, redirect_uri: str, response_type: str | None
) -> str | None:
    """Say why there is nobody to redirect to: on a page, for a redirect would help an attacker."""
    if client_id != sim.settings.client_id:
        return "Aplicația nu este înregistrată: client_id necunoscut."
    if not acceptable_redirect(sim, redirect_uri):
        return "Adresa de întoarcere (redirect_uri) nu este cea înregistrată pentru aplicație."
    if response_type != "code":
        return "Parametrul response_type trebuie să fie code."
    return None


def _remember(sim: Simulator, flow: Flow) -> str:
    identity = secrets.token_urlsafe(12)
    sim.flows[identity] = flow
    while len(sim.flows) > _MAX_FLOWS:
        del sim.flows[next(iter(sim.flows))]
    return identity


async def choose(sim: Simulator, request: Request, call: Call) -> Response:
    """Take the chosen certificate: on to its PIN."""
    form = await request.form()
    identity = str(form.get("flow", ""))
    flow = sim.flows.get(identity)
    if flow is None:
        return HTMLResponse(error_page("Sesiunea de autorizare s-a încheiat."), status_code=400)
    if form.get("action") == "cancel":
        return _end(sim, identity, flow, call, "The user cancelled the authentication")
    certificate = sim.certificates.get(str(form.get("certificate", "")))
    if certificate is None:
        page = certificate_page(
            identity, sim.certificates.all(), sim.now(), problem="Alegeți un certificat."
        )
        return HTMLResponse(page)
    flow.certificate = certificate.id
    return HTMLResponse(pin_page(identity, certificate))


async def enter_pin(sim: Simulator, request: Request, call: Call) -> Response:
    """Take the PIN: back to the application with a code, or with ``access_denied``."""
    form = await request.form()
    identity = str(form.get("flow", ""))
    flow = sim.flows.get(identity)
    certificate = sim.certificates.get(flow.certificate or "") if flow else None
    if flow is None or certificate is None:
        return HTMLResponse(error_page("Sesiunea de autorizare s-a încheiat."), status_code=400)
    if form.get("action") == "cancel":
        return _end(sim, identity, flow, call, "The user cancelled the authentication")
    if str(form.get("pin", "")) != certificate.pin:
        flow.wrong_pins += 1
        left = _ALLOWED_WRONG_PINS - flow.wrong_pins
        if left > 0:
            return HTMLResponse(pin_page(identity, certificate, attempts_left=left))
        return _end(sim, identity, flow, call, "The certificate is blocked: wrong PIN")
    call.serial = certificate.serial
    refusal = _refused(sim, certificate)
    if refusal is not None:
        return _end(sim, identity, flow, call, refusal)
    return _granted(sim, identity, flow, certificate)


def _refused(sim: Simulator, certificate: Certificate) -> str | None:
    """Refuse a certificate. No verbatim description is known; the causes are from
    notes 5a [VENDOR]: most often a renewed certificate that was not enrolled again."""
    if certificate.expired(sim.now()):
        return "The certificate has expired"
    if not certificate.enrolled or sim.scenarios.take("renewed", "authorize"):
        return "The certificate is not enrolled in SPV"
    return None


def _granted(sim: Simulator, identity: str, flow: Flow, certificate: Certificate) -> Response:
    """Grant a code; a certificate without rights gets its token too (OAuth text p. 2, point 1)."""
    del sim.flows[identity]
    code = secrets.token_hex(32)
    sim.note_issued(code)
    sim.grants[code] = Grant(sim.settings.client_id, flow.redirect_uri, certificate, sim.now())
    return _back(flow, {"code": code})


def _end(sim: Simulator, identity: str, flow: Flow, call: Call, why: str) -> Response:
    del sim.flows[identity]
    call.note = why
    return _denied(flow, why)


def _denied(flow: Flow, why: str) -> Response:
    """Redirect with ``?error=access_denied&error_description=…`` (notes 5a [CODE])."""
    return _back(flow, {"error": "access_denied", "error_description": why})


def _back(flow: Flow, parameters: dict[str, str]) -> Response:
    """Redirect; ``state`` is echoed when it was sent (notes 5a [CODE])."""
    if flow.state is not None:
        parameters = {**parameters, "state": flow.state}
    joiner = "&" if urlsplit(flow.redirect_uri).query else "?"
    address = f"{flow.redirect_uri}{joiner}{urlencode(parameters)}"
    return RedirectResponse(address, status_code=302, headers={"Cache-Control": "no-store"})


async def revoke(_: Simulator, __: Request, ___: Call) -> Response:
    """Send a server that calls it to the login wall, as for any unknown path of that host
    [LIVE 2026-07-05]: nothing is revoked."""
    return RedirectResponse("/my.policy", status_code=302)
