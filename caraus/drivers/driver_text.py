"""What the driver gets: the UIT and what a check on the road requires, as plain text."""

from datetime import date

from django.utils.translation import gettext

from caraus.core.formatting import day_with_year
from caraus.fleet.display import short_label
from caraus.fleet.queries import pending_issues_of
from caraus.transports.display import (
    CARRIER_CHANGED,
    DELISTED,
    EXPIRED,
    MISSING,
    grouped_uit,
    has_not_begun,
    has_wrong_code,
    place_lines,
    place_title,
    status,
    unreadable_sentence,
)
from caraus.transports.models import Transport


def format_driver_text(transport: Transport, *, today: date) -> str:
    """Return the lines of a message; every day is written in full, so that it is true whenever
    it is read."""
    plate, *trailers = transport.current_vehicle
    towed = [trailer for trailer in trailers if trailer]
    lines = [
        warning(transport, today=today),
        *cautions(transport, today=today),
        f"UIT: {grouped_uit(transport.uit)}",
        gettext("Vehicul: %(plate)s") % {"plate": plate or "—"},
        gettext("Remorcă: %(plates)s") % {"plates": " + ".join(towed)} if towed else "",
        gettext("De la: %(place)s") % {"place": _place(transport.start)},
        gettext("La: %(place)s") % {"place": _place(transport.end)},
        gettext("Data transportului: %(day)s") % {"day": day_with_year(transport.transport_date)},
        _valid_until(transport),
        unreadable_sentence(transport),
    ]
    return "\n".join(line for line in lines if line)


def _valid_until(transport: Transport) -> str:
    if transport.last_valid_day is None:
        return gettext("Valabil până: necunoscut (ANAF nu a dat o dată care să poată fi citită)")
    until = {"day": day_with_year(transport.last_valid_day)}
    computed = gettext(" (termen calculat: ANAF nu l-a dat)") if transport.expiry_computed else ""
    return gettext("Valabil până: %(day)s, ora 24:00") % until + computed


def warning(transport: Transport, *, today: date) -> str:
    """Return what stands first in the text when the UIT may not be used; else ""."""
    state = status(transport, today=today)
    if state is DELISTED:
        return gettext(
            "ATENȚIE: acest UIT nu mai este în lista ANAF. Nu pleca la drum cu el până nu confirmă "
            "declarantul că este valabil."
        )
    if state is MISSING:
        return gettext(
            "ATENȚIE: la ultima verificare ANAF nu a mai arătat acest UIT. Înainte de plecare, "
            "întreabă dispecerul sau declarantul dacă este valabil."
        )
    if state is EXPIRED:
        return gettext("ATENȚIE: acest UIT a expirat. Nu pleca la drum cu el.")
    if state is CARRIER_CHANGED:
        return gettext(
            "ATENȚIE: pe acest UIT este trecut alt transportator. Nu pleca la drum cu el."
        )
    return ""


def cautions(transport: Transport, *, today: date) -> list[str]:
    """Return what else the page of the UIT warns of, a sentence each."""
    sentences = []
    if has_wrong_code(transport, today=today):
        sentences.append(
            gettext(
                "ATENȚIE: codul nu are forma sau cifrele de control ale unui UIT. Înainte de "
                "plecare, compară-l cu cel din notificarea declarantului."
            )
        )
    if has_not_begun(transport, today=today):
        sentences.append(
            gettext("ATENȚIE: UIT-ul este valabil abia din {day}: nu porni mai devreme.").format(
                day=day_with_year(transport.transport_date)
            )
        )
    if issues := issue_words(transport):
        sentences.append(
            gettext("ATENȚIE: de verificat înainte de plecare: {issues}.").format(issues=issues)
        )
    return sentences


def issue_words(transport: Transport) -> str:
    """Return „B12ABC nu e în flotă; CT10WPT remorca nu e în flotă”, of what nobody dealt with."""
    issues = pending_issues_of(transport)
    words = [f"{issue.plate} {short_label(issue)}" for issue in issues]
    return "; ".join(dict.fromkeys(words))


def _place(place: dict[str, str]) -> str:
    return ", ".join([place_title(place), *place_lines(place)])
