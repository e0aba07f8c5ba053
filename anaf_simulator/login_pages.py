"""The HTML of the authorization: a certificate chooser, a PIN prompt, an error page."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from anaf_simulator.certificates import Certificate
from anaf_simulator.clock import local

_STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#e8ebf0;color:#1c2430;font:16px/1.5 system-ui,sans-serif;min-height:100vh}
.banner{background:#5b3a00;color:#fff;padding:.6rem 1rem;text-align:center;font-size:.9rem}
.dialog{background:#fff;max-width:34rem;margin:2rem auto;border-radius:.6rem;padding:1.5rem;
 box-shadow:0 .5rem 2rem rgba(20,30,50,.22)}
h1{font-size:1.25rem;margin:0 0 .25rem}
p{margin:.25rem 0 1rem}
.site{color:#4a5568;word-break:break-word}
ul{list-style:none;margin:0 0 1.25rem;padding:0;border:1px solid #c9d0da;border-radius:.4rem;
 overflow:hidden}
li+li{border-top:1px solid #e2e6ec}
label.choice{display:flex;gap:.75rem;padding:.75rem 1rem;cursor:pointer}
label.choice:hover{background:#f2f5fa}
label.choice:has(input:checked){background:#dde8fb}
.choice input{margin-top:.3rem;flex:none}
.choice small{display:block;color:#4a5568;word-break:break-word}
.holder{font-weight:600}
.field{display:block;width:100%;margin:.35rem 0 1rem;padding:.6rem .75rem;font:inherit;
 border:1px solid #8b95a5;border-radius:.35rem}
.buttons{display:flex;flex-wrap:wrap;justify-content:flex-end;gap:.75rem;position:sticky;bottom:0;
 background:#fff;padding:.75rem 0}
button{font:inherit;min-height:2.75rem;padding:.4rem 1.4rem;border-radius:.35rem;cursor:pointer;
 border:1px solid #8b95a5;background:#fff;color:inherit}
button.main{background:#1a56b0;border-color:#1a56b0;color:#fff}
button:focus-visible,input:focus-visible{outline:3px solid #f0a500;outline-offset:2px}
.problem{background:#fdecea;border-left:4px solid #b3261e;padding:.6rem .9rem;margin:0 0 1rem}
@media (max-width:36rem){.dialog{margin:0;border-radius:0;min-height:85vh;box-shadow:none}
 .buttons button{flex:1}}
"""


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="ro">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><link rel="icon" href="data:,"><style>{_STYLE}</style></head>
<body>
<div class="banner" id="simulator-banner" role="note">Simulator ANAF — nu este site-ul ANAF. \
Certificatele și persoanele sunt fictive.</div>
<main class="dialog">{body}</main>
</body></html>"""


def _problem(text: str | None) -> str:
    return f'<p class="problem" id="problem" role="alert">{escape(text)}</p>' if text else ""


def _buttons() -> str:
    """Draw the buttons; „Continuă” stands first in the source, so that Enter presses it."""
    return """<div class="buttons">
<button class="main" type="submit" id="continue" name="action" value="continue">Continuă</button>
<button type="submit" id="cancel" name="action" value="cancel" formnovalidate>Anulează</button>
</div>"""


def certificate_page(
    flow: str, certificates: Sequence[Certificate], now: datetime, problem: str | None = None
) -> str:
    """Draw the chooser; each choice carries ``data-certificate``."""
    items = "".join(
        _choice(certificate, now, first=index == 0)
        for index, certificate in enumerate(certificates)
    )
    return _page(
        "Selectați un certificat",
        f"""<h1>Selectați un certificat</h1>
<p class="site">Selectați certificatul cu care vă autentificați la
<strong>logincert.anaf.ro:443</strong>
(simulat)</p>
{_problem(problem)}
<form method="post" action="/anaf-oauth2/v1/authorize/certificate" id="certificate-form">
<input type="hidden" name="flow" value="{escape(flow)}">
<ul>{items}</ul>{_buttons()}</form>""",
    )


def _choice(certificate: Certificate, now: datetime, *, first: bool) -> str:
    until = (
        f"{local(certificate.valid_until):%d.%m.%Y}"
        if certificate.valid_until
        else f"{local(now).day:02d}.{local(now).month:02d}.{local(now).year + 1}"
    )
    identity = escape(certificate.id)
    return f"""<li><label class="choice" data-certificate="{identity}" for="certificate-{identity}">
<input type="radio" name="certificate" value="{identity}" id="certificate-{identity}"\
{" checked" if first else ""}>
<span><span class="holder">{escape(certificate.holder)}</span>
<small>{escape(certificate.issuer)} · valabil până la {until}</small>
<small>Serie: {escape(certificate.serial)}</small>
<small>Simulator: {escape(certificate.note)}</small></span></label></li>"""


def pin_page(flow: str, certificate: Certificate, attempts_left: int | None = None) -> str:
    """Draw the PIN prompt of the token's own software."""
    problem = None
    if attempts_left is not None:
        rest = "o încercare" if attempts_left == 1 else f"{attempts_left} încercări"
        problem = f"PIN greșit. Mai aveți {rest}."
    return _page(
        "Introduceți codul PIN",
        f"""<h1>Introduceți codul PIN</h1>
<p class="site">Certificatul lui <strong>{escape(certificate.holder)}</strong>,
{escape(certificate.issuer)}</p>
{_problem(problem)}
<form method="post" action="/anaf-oauth2/v1/authorize/pin" id="pin-form" \
data-certificate="{escape(certificate.id)}">
<input type="hidden" name="flow" value="{escape(flow)}">
<label for="pin">Cod PIN</label>
<input class="field" type="password" name="pin" id="pin" inputmode="numeric" autocomplete="off" \
autofocus required>
{_buttons()}</form>""",
    )


def error_page(text: str) -> str:
    """Draw a page for a visitor with nobody to go back to."""
    return _page(
        "Cerere de autorizare greșită",
        f"""<h1>Cererea de autorizare nu poate fi prelucrată</h1>{_problem(text)}
<p>Închideți fereastra și reluați autorizarea din aplicația din care ați venit.</p>""",
    )
