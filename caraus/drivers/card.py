"""The driver's card: what stands on it, and the program that draws it (`card_pdf`).

It is read on Romania's roads by those who check there: always in Romanian.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from threading import BoundedSemaphore

import structlog
from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext

from caraus.core import bounded_process
from caraus.core.formatting import day_with_year
from caraus.drivers import driver_text
from caraus.transports.display import (
    CARRIER_CHANGED,
    DELISTED,
    EXPIRED,
    MISSING,
    grouped_uit,
    has_not_begun,
    has_wrong_code,
    place_title,
    status,
    unreadable_sentence,
)
from caraus.transports.models import Transport

log = structlog.get_logger()

# The drawing takes about a second; a machine under load is given time, but no request waits longer.
SECONDS = 20.0
PROGRAM = "caraus.drivers.card_pdf"
# Two at once in this process; another waits so long for its turn, then it must come again.
_DRAWING, PATIENCE = BoundedSemaphore(2), 0.5
# The facts are the key, the day among them: the same card is not drawn twice on a day.
KEEP_SECONDS = 24 * 3600
DISCLAIMER = "Document informativ făcut de Cărăuș din datele ANAF; nu este emis de ANAF."


class CardError(Exception):
    """The card could not be made; the sentence says whose fault it is and what to do."""


class CardBusyError(CardError):
    """Others' cards are being made; nobody waits for them."""


def render(transports: Sequence[Transport], *, today: date) -> bytes:
    """Return the PDF with a page for each UIT, made by a process of its own, or the one that was
    made of the same facts within the day. Raises CardError."""
    with translation.override("ro"):
        cards = json.dumps([content(transport, today=today) for transport in transports]).encode()
    key = f"card:{hashlib.sha256(cards).hexdigest()}"
    cached: bytes | None = cache.get(key)
    if cached is not None:
        return cached
    pdf = _draw(cards, [transport.uit for transport in transports])
    cache.set(key, pdf, KEEP_SECONDS)
    return pdf


def _draw(cards: bytes, uits: list[str]) -> bytes:
    try:
        return bounded_process.run_bounded(
            PROGRAM, cards, seconds=SECONDS, slots=_DRAWING, patience=PATIENCE
        )
    except bounded_process.BusyError:
        raise CardBusyError(
            gettext(
                "Se fac chiar acum alte fișe. Încearcă din nou peste câteva secunde; până atunci, "
                "trimite șoferului textul de la „Pentru șofer”."
            )
        ) from None
    except bounded_process.ChildError as error:
        if error.timed_out:
            log.warning("card_too_slow", uits=uits)
            raise CardError(
                gettext(
                    "Fișa nu a fost gata la timp: serverul Cărăuș este foarte ocupat. Nu este vina "
                    "ta și nici a ANAF. Încearcă din nou peste un minut; până atunci, trimite "
                    "șoferului textul de la „Pentru șofer”."
                )
            ) from None
        log.warning("card_failed", uits=uits, why=str(error))
        raise CardError(
            gettext(
                "Fișa nu a putut fi făcută, din vina noastră. Datele UIT-ului sunt întregi: "
                "trimite șoferului textul de la „Pentru șofer” și spune administratorului "
                "aplicației."
            )
        ) from None


def content(transport: Transport, *, today: date) -> dict[str, object]:
    """Return the fields of `card_pdf.Card`."""
    plate, trailer1, trailer2 = transport.current_vehicle
    trailers = [trailer for trailer in (trailer1, trailer2) if trailer]
    vehicle = [["VEHICUL", plate or "—"]]
    if len(trailers) == 1:
        vehicle.append(["REMORCĂ", trailers[0]])
    rows = [vehicle]
    if len(trailers) > 1:
        rows.append([[f"REMORCA {number}", trailer] for number, trailer in enumerate(trailers, 1)])
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
        rows.append(
            [["DOCUMENTE", "; ".join(document.get("text", "") for document in transport.documents)]]
        )
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
    """Return all that the page of the UIT warns of, a line each."""
    lines = [_state_warning(transport, today=today)]
    if has_wrong_code(transport, today=today):
        lines.append("COD GREȘIT – compară-l cu notificarea declarantului")
    if has_not_begun(transport, today=today):
        lines.append(f"VALABIL ABIA DIN {_day(transport.transport_date)} – nu porni mai devreme")
    if issues := driver_text.issue_words(transport):
        lines.append(f"DE VERIFICAT – {issues}")
    return "\n".join(line for line in lines if line)


def _state_warning(transport: Transport, *, today: date) -> str:
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
