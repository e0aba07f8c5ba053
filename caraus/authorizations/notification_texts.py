"""What is said of an authorization."""

from datetime import date, datetime

from django.utils.translation import gettext

from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import Responsibility
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.formatting import (
    BUCHAREST,
    bucharest_day,
    day_in_full,
    day_of_month,
    gettext_lazy,
    plural,
)
from caraus.notifications.messages import Facts, Message, message_kind

_MOST_NAMED = 5

AT_HAND = gettext_lazy(
    "Ai nevoie de certificatul digital instalat pe calculator (același cu "
    "care intri pe portalul ANAF), de token-ul USB introdus și de codul "
    "PIN. Durează cam un minut: deschide Integrări și apasă „Autorizare cu "
    "ANAF SPV”. Dacă certificatul este la altcineva, trimite-i de acolo un "
    "link de autorizare."
)


def authorization_facts(authorization: Authorization, now: datetime) -> Facts:
    """Return who authorized last, when, with which certificate, and for whom."""
    covered = [
        str(right.company)
        for right in authorization.rights.filter(state=CompanyRight.State.COVERED).select_related(
            "company"
        )
    ]
    return {
        "today": bucharest_day(now).isoformat(),
        "person": authorization.person_name,
        "authorized_at": authorization.authorized_at.isoformat(),
        "serial": authorization.short_serial,
        "covered": covered[:_MOST_NAMED],
        "covered_more": max(len(covered) - _MOST_NAMED, 0),
    }


@message_kind("authorization_refused")
def authorization_refused(facts: Facts) -> Message:
    """Say that ANAF refuses the authorization for good."""
    error = ERROR_TEXTS.get(facts["error"])
    why = error.sentence if error else gettext("ANAF nu mai acceptă autorizarea.")
    lost = gettext(
        "Până la o autorizare nouă, UIT-urile noi nu mai vin prin ea; cele de acum rămân."
    )
    return _message(
        gettext("Autorizarea SPV trebuie refăcută acum"),
        [f"{why} {lost}", last_authorized_by(facts), str(AT_HAND)],
    )


@message_kind("refresh_fails")
def refresh_fails(facts: Facts) -> Message:
    """Say that the token refresh fails, and until when the access token serves."""
    error = ERROR_TEXTS.get(facts["error"])
    failed = error.sentence if error else gettext("ANAF nu răspunde.")
    end = datetime.fromisoformat(facts["end"]).astimezone(BUCHAREST)
    until = (
        gettext("Cheia de acces a expirat, așa că UIT-urile noi nu vin până la prima reușită.")
        if facts["over"]
        else gettext("Autorizarea de acum ține până {day}, ora {clock}.").format(
            day=_day(end.date(), facts), clock=f"{end:%H:%M}"
        )
    )
    again = gettext("Încercăm din nou la fiecare oră; dacă reușim, nu ai nimic de făcut.")
    sure = gettext("Dacă vrei să fii sigur, autorizează din nou de pe acum.")
    ours = error is not None and error.responsibility == Responsibility.US
    advice = error.advice if error and ours else f"{sure} {AT_HAND}"
    return _message(
        gettext("Autorizarea SPV nu mai merge: reînnoirea automată nu reușește")
        if facts["over"]
        else gettext("Reînnoirea automată a autorizării SPV nu reușește"),
        [f"{failed} {until} {again}", last_authorized_by(facts), advice],
    )


@message_kind("authorization_ends")
def authorization_ends(facts: Facts) -> Message:
    """Say when ANAF will insist on a person."""
    end = date.fromisoformat(facts["end"])
    title = (
        gettext("Autorizarea SPV a expirat {day}").format(day=_day(end, facts))
        if facts["over"]
        else gettext("Autorizarea SPV expiră {when}").format(when=_day(end, facts))
    )
    return _message(title, [f"{last_authorized_by(facts)} {_until(facts, end)}", str(AT_HAND)])


def _until(facts: Facts, end: date) -> str:
    guess = gettext(" (estimat)") if facts["estimated"] else ""
    reason = (
        gettext("ANAF cere o autorizare nouă cam o dată la 2 ani")
        if facts["by_rule"]
        else gettext("este termenul dat de ANAF")
    )
    sentence = (
        gettext(
            "Ea a ținut până {end}: {reason}, iar reînnoirea automată nu poate trece de el. După "
            "aceea UIT-urile noi nu mai vin."
        )
        if facts["over"]
        else gettext(
            "Ea ține până {end}: {reason}, iar reînnoirea automată nu poate trece de el. După "
            "aceea UIT-urile noi nu mai vin."
        )
    )
    return sentence.format(end=f"{_day(end, facts)}{guess}", reason=reason)


@message_kind("link_used")
def link_used(facts: Facts) -> Message:
    """Say that a link for the holder of a certificate worked."""
    return Message(
        gettext("{person_name} a dat autorizarea SPV").format(person_name=facts["person"]),
        gettext(
            "{person_name} a folosit linkul trimis de tine și a autorizat "
            "aplicația la ANAF. Transporturile firmelor pentru care certificatul are drept apar "
            "singure. La Integrări vezi ce firme sunt autorizate."
        ).format(person_name=facts["person"]),
        gettext("Vezi la Integrări"),
    )


@message_kind("link_no_right")
def link_no_right(facts: Facts) -> Message:
    """Say for which companies the certificate of a link's holder has no right."""
    companies = named_and_more(facts["companies"], facts["more"])
    until = datetime.fromisoformat(facts["until"]).astimezone(BUCHAREST)
    certificate = (
        gettext("Certificatul folosit (seria {serial})").format(serial=facts["serial"])
        if facts["serial"]
        else gettext("Certificatul folosit")
    )
    return Message(
        gettext("{person_name} a autorizat, dar fără drept pentru {companies}").format(
            person_name=facts["person"], companies=companies
        ),
        gettext(
            "{certificate} nu are drept în SPV pentru {companies}, așa că transporturile nu vin. "
            "Același link merge în continuare până {day}, ora {clock}: cere-i să aleagă alt "
            "certificat, sau cere firmei să dea dreptul în SPV."
        ).format(
            certificate=certificate,
            companies=companies,
            day=_day(until.date(), facts),
            clock=f"{until:%H:%M}",
        ),
        gettext("Vezi la Integrări"),
    )


def named_and_more(shown: str, more: int) -> str:
    """Return „A, B și încă 3 firme”."""
    if not more:
        return shown
    return gettext("{shown} și încă {more}").format(
        shown=shown, more=plural(more, "firmă", "firme")
    )


@message_kind("authorization_taken_back")
def taken_back(facts: Facts) -> Message:
    """Say who authorized without wanting to, and by whose link."""
    sentence = gettext(
        "{person_name} a apăsat „Nu am vrut asta” imediat după autorizare. Cheile primite de "
        "la ANAF au fost șterse, iar autorizarea nu mai aduce UIT-uri."
    ).format(person_name=facts["person"])
    by_link = gettext(
        "A autorizat prin linkul trimis de {sender_name}. Vorbește cu el înainte de a trimite "
        "alt link."
    )
    paragraphs = [sentence]
    if facts["sender"]:
        paragraphs.append(by_link.format(sender_name=facts["sender"]))
    return _message(gettext("O autorizare SPV a fost luată înapoi"), paragraphs)


def last_authorized_by(facts: Facts) -> str:
    """Say who authorized last, when, with which certificate, and for whom."""
    day = datetime.fromisoformat(facts["authorized_at"]).astimezone(BUCHAREST)
    serial = (
        gettext(", certificat {serial}").format(serial=facts["serial"]) if facts["serial"] else ""
    )
    covered = named_and_more(", ".join(facts["covered"]), facts["covered_more"])
    served = gettext(" Servește: {covered}.").format(covered=covered) if covered else ""
    return gettext("Ultima autorizare a dat-o {person_name}, pe {date}{serial}.{served}").format(
        person_name=facts["person"],
        date=day_of_month(day.date()),
        serial=serial,
        served=served,
    )


def _day(day: date, facts: Facts) -> str:
    """Name a day, with its year when it is not that of the notification."""
    return day_in_full(day, today=date.fromisoformat(facts["today"]))


def _message(title: str, paragraphs: list[str]) -> Message:
    return Message(title, "\n\n".join(paragraphs), gettext("Autorizează din nou"))
