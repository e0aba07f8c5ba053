"""The driver's card: what stands on it, and the program that draws it (`card_pdf`).

It is read on Romania's roads by those who check there: always in Romanian.
"""

import json
import subprocess
import sys
from datetime import date

import structlog
from django.utils import translation
from django.utils.translation import gettext as _

from caraus.transports.models import Transport
from caraus.transports.present import (
    CARRIER_CHANGED,
    DELISTED,
    EXPIRED,
    MISSING,
    grouped_uit,
    place_title,
    status,
    unreadable_sentence,
)
from caraus.words import day_with_year

log = structlog.get_logger()

# The drawing takes about a second; a machine under load is given time, but no request waits longer.
SECONDS = 20.0
PROGRAM = ("caraus.transports.card_pdf",)
DISCLAIMER = "Document informativ făcut de Cărăuș din datele ANAF; nu este emis de ANAF."


class CardError(Exception):
    """The card could not be made; the sentence says whose fault it is and what to do."""


def render(transport: Transport, *, today: date) -> bytes:
    """The PDF, made by a process of its own. Raises CardError."""
    with translation.override("ro"):
        card = json.dumps(content(transport, today=today))
    try:
        done = subprocess.run(
            [sys.executable, "-m", *PROGRAM],
            input=card.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        log.warning("card_too_slow", uit=transport.uit)
        raise CardError(
            _(
                "Fișa nu a fost gata la timp: serverul Cărăuș este foarte ocupat. Nu este vina ta "
                "și nici a ANAF. Încearcă din nou peste un minut; până atunci, trimite șoferului "
                "textul de la „Pentru șofer”."
            )
        ) from None
    except (subprocess.CalledProcessError, OSError) as error:
        log.warning("card_failed", uit=transport.uit, why=_why(error))
        raise CardError(
            _(
                "Fișa nu a putut fi făcută, din vina noastră. Datele UIT-ului sunt întregi: "
                "trimite șoferului textul de la „Pentru șofer” și spune administratorului "
                "aplicației."
            )
        ) from None
    return done.stdout


def _why(error: Exception) -> str:
    stderr = getattr(error, "stderr", None) or b""
    return str(stderr.decode(errors="replace")[-500:] or error)


def content(transport: Transport, *, today: date) -> dict[str, object]:
    """The fields of `card_pdf.Card`."""
    plate, trailer1, trailer2 = transport.current_vehicle
    trailers = [one for one in (trailer1, trailer2) if one]
    vehicle = [["VEHICUL", plate or "—"]]
    if len(trailers) == 1:
        vehicle.append(["REMORCĂ", trailers[0]])
    rows = [vehicle]
    if len(trailers) > 1:
        rows.append([[f"REMORCA {number}", one] for number, one in enumerate(trailers, 1)])
    rows += [
        [
            ["DATA TRANSPORTULUI", _day(transport.transport_date)],
            ["VALABIL PÂNĂ LA, ORA 24:00", _day(transport.last_valid_day)],
        ],
        [["PLEACĂ DIN", place_title(transport.start)], ["AJUNGE LA", place_title(transport.end)]],
        [["DECLARANT", _party(transport.declarant_name, transport.declarant_cui)]],
        [["TRANSPORTATOR", _party(transport.carrier_name, transport.carrier_cui)]],
    ]
    if transport.documents:
        rows.append([["DOCUMENTE", "; ".join(one.get("text", "") for one in transport.documents)]])
    computed = "Termen calculat de Cărăuș (5 zile): ANAF nu l-a dat."
    unread = unreadable_sentence(transport)
    return {
        "uit": transport.uit,
        "grouped": grouped_uit(transport.uit),
        "warning": _warning(transport, today=today),
        "rows": rows,
        "footer": [
            *([computed] if transport.expiry_computed else []),
            *([unread] if unread else []),
            f"Făcută {day_with_year(today)}. Verifică în aplicație dacă s-a schimbat ceva.",
            DISCLAIMER,
        ],
    }


def _warning(transport: Transport, *, today: date) -> str:
    return {
        DELISTED: "NU MAI ESTE ÎN LISTA ANAF – nu pleca până nu confirmă declarantul",
        MISSING: "LIPSĂ LA ANAF – întreabă declarantul înainte de plecare",
        EXPIRED: "EXPIRAT – nu pleca la drum cu acest UIT",
        CARRIER_CHANGED: "ALT TRANSPORTATOR – nu pleca la drum cu acest UIT",
    }.get(status(transport, today=today), "")


def _day(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day else "necunoscut"


def _party(name: str, cui: str) -> str:
    return ", CUI ".join(filter(None, [name or "—", cui]))
