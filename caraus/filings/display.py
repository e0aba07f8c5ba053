"""A vehicle change in words: what changes, how it stands, what to do now."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext

from caraus.anaf.filings import readable
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.core.formatting import BUCHAREST, bucharest_day, day_in_full, gettext_lazy, today
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState

#: Why a change is held, or stays a draft.
REASONS = {
    "late": gettext_lazy(
        "Momentul ales a trecut înainte ca schimbarea să poată fi trimisă. Nu îl schimbăm noi: "
        "spune dacă este încă adevărat, alege altul sau anuleaz-o."
    ),
    "changed_by_others": gettext_lazy(
        "Între timp altcineva a schimbat vehiculul la ANAF. Uită-te ce arată acum UIT-ul, apoi "
        "trimite sau anulează."
    ),
    "no_authorization": gettext_lazy(
        "Nu există o autorizare SPV cu care să depunem pentru firmă. Autorizează din nou la "
        "Integrări, apoi trimite."
    ),
    "reauthorize": gettext_lazy(
        "ANAF cere o autorizare nouă. Autorizează din nou la Integrări, apoi trimite."
    ),
    "archived": gettext_lazy("Firma a fost arhivată: pentru ea nu se mai depune nimic."),
    "switched_off": gettext_lazy("Un proprietar a oprit depunerile la ANAF pentru firmă."),
    "already_open": gettext_lazy(
        "UIT-ul are deja o schimbare al cărei rezultat nu se știe încă: vezi întâi ce este cu ea."
    ),
    "by_plates": gettext_lazy(
        "ANAF arată pe UIT aceleași numere, din același minut, declarate de firmă, dar fără "
        "referința noastră: am recunoscut schimbarea după ele."
    ),
    "listed_by_plates": gettext_lazy(
        "ANAF are în listă o depunere acceptată a firmei cu aceleași numere, din același minut, "
        "dar fără referința noastră: am recunoscut schimbarea după ele. O urmărim până apare."
    ),
    "refused_again": gettext_lazy(
        "ANAF a refuzat ultima încercare. Răspunsul la cea dinainte s-a pierdut, deci aceea poate "
        "a ajuns: uită-te ce vehicul arată UIT-ul. Dacă ANAF o arată, starea se schimbă singură."
    ),
    "given_up": gettext_lazy(
        "S-a renunțat la ea și nu se mai trimite. Ce s-a trimis înainte poate a ajuns totuși: dacă "
        "ANAF o arată, starea se schimbă singură."
    ),
    "closed_processing": gettext_lazy(
        "ANAF a primit-o și nu a spus niciodată cum s-a terminat. Cineva din firmă a închis "
        "urmărirea; dacă ANAF o arată totuși, starea se schimbă singură."
    ),
    "closed_accepted": gettext_lazy(
        "ANAF a acceptat-o, dar UIT-ul nu a arătat-o cât am urmărit-o. Cineva din firmă a închis "
        "urmărirea; dacă ANAF o arată totuși, starea se schimbă singură."
    ),
    "not_built": gettext_lazy(
        "Din ce s-a scris nu se poate face documentul cerut de ANAF: renunță la ea și depune alta."
    ),
    "no_uit": gettext_lazy("UIT-ul nu mai este aici."),
    "expired": gettext_lazy("UIT-ul a expirat: vehiculul nu se mai poate schimba."),
    "delisted": gettext_lazy("UIT-ul nu mai este în lista ANAF: întreabă declarantul."),
    "not_ours": gettext_lazy("Pe acest UIT transportator este acum altcineva."),
    "moment_before_last": gettext_lazy(
        "La ANAF este o schimbare de vehicul cu un moment mai târziu decât al tău."
    ),
}

#: What ANAF's test environment says is nothing that an inspector sees.
_REHEARSED = {
    ChangeState.ACCEPTED: gettext_lazy(
        "Mediul de test al ANAF a acceptat-o, dar încă nu o arată. O urmărim până apare acolo."
    ),
    ChangeState.DONE: gettext_lazy("Mediul de test al ANAF o arată."),
    ChangeState.REFUSED: gettext_lazy("Mediul de test al ANAF a refuzat-o."),
}

_TONES = {
    ChangeState.DRAFT: "calm",
    ChangeState.QUEUED: "calm",
    ChangeState.SENDING: "calm",
    ChangeState.PROCESSING: "calm",
    ChangeState.ACCEPTED: "warn",
    ChangeState.DONE: "good",
    ChangeState.REFUSED: "bad",
    ChangeState.UNKNOWN: "bad",
    ChangeState.NOT_FOUND: "bad",
    ChangeState.HELD: "bad",
    ChangeState.CANCELLED: "off",
    ChangeState.CLOSED: "off",
}
_ICONS = {
    ChangeState.DRAFT: "pencil",
    ChangeState.QUEUED: "clock",
    ChangeState.SENDING: "send",
    ChangeState.PROCESSING: "loader",
    ChangeState.ACCEPTED: "check",
    ChangeState.DONE: "check-check",
    ChangeState.REFUSED: "circle-x",
    ChangeState.UNKNOWN: "circle-question-mark",
    ChangeState.NOT_FOUND: "search-x",
    ChangeState.HELD: "hand",
    ChangeState.CANCELLED: "ban",
    ChangeState.CLOSED: "eye-off",
}


# ANAF responds within seconds.
LONG_PROCESSING = timedelta(minutes=1)
# From then on a person may wait no longer for ANAF.
CLOSE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change for a page. `advice`: what to do now; `messages`: ANAF's words, whole."""

    change: VehicleChange
    label: str
    tone: str
    icon: str
    summary: str
    sentence: str
    advice: str
    messages: tuple[str, ...]
    may_send_again: bool
    may_cancel: bool
    may_close: bool
    is_moving: bool


def describe_change(change: VehicleChange) -> ChangeView:
    """Collect everything that a page says about a change."""
    state = ChangeState(change.state)
    return ChangeView(
        change=change,
        label=str(state.label),
        tone=_TONES[state],
        icon=_ICONS[state],
        summary=format_change(change),
        sentence=state_sentence(change),
        advice=state_advice(change),
        messages=tuple(change.message.splitlines()),
        may_send_again=state in {ChangeState.HELD, ChangeState.NOT_FOUND},
        may_cancel=state
        in {ChangeState.DRAFT, ChangeState.QUEUED, ChangeState.HELD, ChangeState.NOT_FOUND},
        may_close=has_no_end(change),
        is_moving=state
        in {
            ChangeState.QUEUED,
            ChangeState.SENDING,
            ChangeState.PROCESSING,
            ChangeState.ACCEPTED,
            ChangeState.UNKNOWN,
        },
    )


def format_plate(plate: str) -> str:
    """Format „CJ77XYZ” as it stands on the plate: „CJ 77 XYZ”; a foreign one as it is."""
    county_length = len(plate) - len(plate.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    rest = plate[county_length:]
    digits = len(rest) - len(rest.lstrip("0123456789"))
    tail = rest[digits:]
    if county_length in {1, 2} and digits in {2, 3} and len(tail) == 3 and tail.isalpha():
        return f"{plate[:county_length]} {rest[:digits]} {tail}"
    return plate


def format_vehicle(plates: tuple[str, str, str]) -> str:
    """Format „B 12 ABC + B 01 REM”, „CJ 77 XYZ, fără remorcă”."""
    plate, *trailers = plates
    named = [format_plate(trailer) for trailer in trailers if trailer]
    first = format_plate(plate) or gettext("fără număr")
    if not named:
        return gettext("{plate}, fără remorcă").format(plate=first)
    return " + ".join([first, *named])


def format_change(change: VehicleChange) -> str:
    """Format „B 12 ABC + B 01 REM → CJ 77 XYZ, fără remorcă, de la 14:05”."""
    before = format_vehicle(change.vehicle_before)
    return f"{before} → {format_vehicle(change.vehicle)}, {format_change_moment(change)}"


def format_audit_text(action: str, change: VehicleChange) -> str:
    """Format „A depus la ANAF schimbarea vehiculului (UIT …): B 12 ABC, fără remorcă → …”."""
    return mark_rehearsal(f"{gettext(action)} (UIT {change.uit}): {format_change(change)}", change)


def mark_rehearsal(text: str, change: VehicleChange) -> str:
    """Say before a text about a rehearsal that it is one."""
    return gettext("Repetiție: {text}").format(text=text) if change.rehearsal else text


def format_change_moment(change: VehicleChange) -> str:
    """Format „de la 14:05”, on another day „de la 14:05, luni, 30 noiembrie”."""
    here = change.moment.astimezone(BUCHAREST)
    clock = f"{here:%H:%M}"
    if here.date() == bucharest_day(timezone.now()):
        return gettext("de la {clock}").format(clock=clock)
    day = day_in_full(here.date(), today=today())
    return gettext("de la {clock}, {day}").format(clock=clock, day=day)


def state_sentence(change: VehicleChange) -> str:
    """Say in a sentence what is known of the change."""
    state = ChangeState(change.state)
    if change.reason in REASONS:
        return str(REASONS[change.reason])
    if change.rehearsal and state in _REHEARSED:
        return str(_REHEARSED[state])
    return {
        ChangeState.DRAFT: gettext("Nu este trimisă: confirmă întâi."),
        ChangeState.QUEUED: gettext("Se trimite la ANAF de îndată ce se poate."),
        ChangeState.SENDING: gettext("Se trimite la ANAF acum."),
        ChangeState.PROCESSING: _processing(change),
        ChangeState.ACCEPTED: gettext(
            "ANAF a acceptat-o, dar UIT-ul încă nu o arată. O urmărim până apare."
        ),
        ChangeState.DONE: gettext("ANAF arată schimbarea pe UIT."),
        ChangeState.REFUSED: gettext("ANAF a refuzat-o: pe UIT a rămas vehiculul de dinainte."),
        ChangeState.UNKNOWN: gettext(
            "Răspunsul ANAF s-a pierdut: schimbarea poate a ajuns, poate nu. O căutăm la ANAF și "
            "nu o retrimitem automat."
        ),
        ChangeState.NOT_FOUND: gettext(
            "Răspunsul ANAF s-a pierdut și schimbarea nu se vede la ANAF nici după zece minute."
        ),
        ChangeState.HELD: gettext("Schimbarea este oprită: decizi tu."),
        ChangeState.CANCELLED: gettext("S-a renunțat la ea; nu se mai trimite."),
        ChangeState.CLOSED: gettext("Urmărirea ei a fost închisă; rezultatul nu se cunoaște."),
    }[state]


def _processing(change: VehicleChange) -> str:
    if timezone.now() - change.state_since < LONG_PROCESSING:
        return gettext("ANAF a primit-o și o prelucrează; nu este încă acceptată.")
    return gettext(
        "ANAF a primit-o și o prelucrează de mai bine de un minut, deși de obicei durează câteva "
        "secunde; nu este încă acceptată."
    )


def has_no_end(change: VehicleChange) -> bool:
    """Return whether ANAF has taken the change for so long that a person may close it."""
    is_waiting = change.state in {ChangeState.PROCESSING, ChangeState.ACCEPTED}
    return is_waiting and timezone.now() - change.state_since >= CLOSE_AFTER


def state_advice(change: VehicleChange) -> str:
    """Say what to do now, "" when nothing."""
    if change.rehearsal:
        return gettext("Este o repetiție în mediul de test: pe UIT nu se schimbă nimic.")
    return {
        ChangeState.PROCESSING: gettext("Așteaptă răspunsul înainte de a pleca."),
        ChangeState.ACCEPTED: gettext("La control arată schimbarea de aici, cu indexul ANAF."),
        ChangeState.DONE: gettext("Vehiculul poate pleca; dă șoferului fișa nouă."),
        ChangeState.REFUSED: gettext(
            "Nu pleca încă: citește ce spune ANAF, corectează și depune alta, sau folosește "
            "portalul ANAF."
        ),
        ChangeState.UNKNOWN: gettext(
            "Nu pleca încă și nu o depune a doua oară: așteaptă ce găsim."
        ),
        ChangeState.NOT_FOUND: gettext(
            "Uită-te și în portalul ANAF. Dacă nu este nici acolo, trimite-o din nou."
        ),
        ChangeState.HELD: gettext("Nu pleca încă: decide mai jos."),
        ChangeState.CLOSED: gettext(
            "Înainte de a pleca uită-te în portalul ANAF ce vehicul are UIT-ul; dacă nu este cel "
            "bun, depune altă schimbare."
        ),
    }.get(ChangeState(change.state), "")


def response_error_sentence(change: VehicleChange) -> str:
    """Say why a response was of no use, "" when that is not known."""
    text = ERROR_TEXTS.get(change.reason)
    return text.sentence if text else ""


def format_messages(messages: tuple[str, ...] | list[str]) -> str:
    """Format ANAF's messages for a person: the sentence in each, then the whole where it says
    more."""
    lines = []
    for message in messages:
        text = readable(message)
        lines.append(text)
        if text != message:
            lines.append(message)
    return "\n".join(lines)


def not_taken_message() -> str:
    """Return the message for a document that ANAF refused without a word."""
    return gettext("ANAF nu a spus de ce.")
