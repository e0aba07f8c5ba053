"""What people are notified of about an authorization, and in which sentences.

Each function is called in the transaction of the event, and notifies of it once.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext

from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import Responsibility
from caraus.authorizations.models import Authorization, CompanyRight, ExternalLink
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED, EXTERNAL_LINK_USED
from caraus.authorizations.recipients import recipients_of
from caraus.core.formatting import BUCHAREST, day_in_full, day_of_month, gettext_lazy, plural
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.notify import notify

# A refresh that fails for passing reasons is notified of when so little is left.
NOTIFY_BEFORE_END = timedelta(days=3)
SHORT_LIFE_OVER = timedelta(hours=1)

AT_HAND = gettext_lazy(
    "Ai nevoie de certificatul digital instalat pe calculator (același cu "
    "care intri pe portalul ANAF), de token-ul USB introdus și de codul "
    "PIN. Durează cam un minut: deschide Integrări și apasă „Autorizare cu "
    "ANAF SPV”. Dacă certificatul este la altcineva, trimite-i de acolo un "
    "link de autorizare."
)


@isolate_failures
def needs_authorization(authorization: Authorization, *, now: datetime) -> None:
    """Notify at once that ANAF refuses the authorization for good."""
    error = ERROR_TEXTS.get(authorization.last_failure_code)

    def paragraphs() -> list[str]:
        why = error.sentence if error else gettext("ANAF nu mai acceptă autorizarea.")
        lost = gettext(
            "Până la o autorizare nouă, UIT-urile noi nu mai vin prin ea; cele de acum rămân."
        )
        return [f"{why} {lost}", last_authorized_by(authorization), str(AT_HAND)]

    _notify(
        authorization,
        key=f"refused:{authorization.pk}",
        title=lambda: gettext("Autorizarea SPV trebuie refăcută acum"),
        paragraphs=paragraphs,
        now=now,
    )


@isolate_failures
def token_refresh_fails(authorization: Authorization, *, now: datetime) -> None:
    """Notify once that the token refresh fails for reasons that may pass, when the access token's
    end is near, and once when it is over. Where the fault is this server's, nobody is sent for the
    certificate."""
    left = authorization.access_expires_at - now
    # A token that ANAF gives for hours is always near its end: notified of when it is over for an
    # hour.
    if left > (
        NOTIFY_BEFORE_END if authorization.access_life > 2 * NOTIFY_BEFORE_END else -SHORT_LIFE_OVER
    ):
        return
    error = ERROR_TEXTS.get(authorization.last_failure_code)
    end = authorization.access_expires_at.astimezone(BUCHAREST)
    over = left <= timedelta()

    def paragraphs() -> list[str]:
        failed = error.sentence if error else gettext("ANAF nu răspunde.")
        until = gettext("Autorizarea de acum ține până {day}, ora {clock}.").format(
            day=_day(end.date(), now), clock=f"{end:%H:%M}"
        )
        if over:
            until = gettext(
                "Cheia de acces a expirat, așa că UIT-urile noi nu vin până la prima reușită."
            )
        again = gettext("Încercăm din nou la fiecare oră; dacă reușim, nu ai nimic de făcut.")
        sure = gettext("Dacă vrei să fii sigur, autorizează din nou de pe acum.")
        ours = error is not None and error.responsibility == Responsibility.US
        advice = error.advice if error and ours else f"{sure} {AT_HAND}"
        return [f"{failed} {until} {again}", last_authorized_by(authorization), advice]

    _notify(
        authorization,
        key=f"failing:{authorization.pk}:{end.date()}{':over' if over else ''}",
        title=lambda: (
            gettext("Autorizarea SPV nu mai merge: reînnoirea automată nu reușește")
            if over
            else gettext("Reînnoirea automată a autorizării SPV nu reușește")
        ),
        paragraphs=paragraphs,
        now=now,
    )


@isolate_failures
def end_is_near(authorization: Authorization, *, days: int, now: datetime) -> None:
    """Notify that a person will be needed: `days` is the notice's stage (30, 14, 7, 3, 1, 0)."""
    end = authorization.expires_at.astimezone(BUCHAREST).date()
    left = (end - now.astimezone(BUCHAREST).date()).days
    _notify(
        authorization,
        key=f"end:{authorization.pk}:{end}:{days}",
        title=lambda: _title(left, end, now),
        paragraphs=lambda: [
            f"{last_authorized_by(authorization)} {_until(authorization, end, left, now)}",
            str(AT_HAND),
        ],
        now=now,
    )


def _title(left: int, end: date, now: datetime) -> str:
    if left < 0:
        return gettext("Autorizarea SPV a expirat {day}").format(day=_day(end, now))
    return gettext("Autorizarea SPV expiră {when}").format(when=_day(end, now))


def _until(authorization: Authorization, end: date, left: int, now: datetime) -> str:
    guess = gettext(" (estimat)") if authorization.expiry_estimated else ""
    reason = (
        gettext("ANAF cere o autorizare nouă cam o dată la 2 ani")
        if authorization.ends_by_rule
        else gettext("este termenul dat de ANAF")
    )
    sentence = (
        gettext(
            "Ea a ținut până {end}: {reason}, iar reînnoirea automată nu poate trece de el. După "
            "aceea UIT-urile noi nu mai vin."
        )
        if left < 0
        else gettext(
            "Ea ține până {end}: {reason}, iar reînnoirea automată nu poate trece de el. După "
            "aceea UIT-urile noi nu mai vin."
        )
    )
    return sentence.format(end=f"{_day(end, now)}{guess}", reason=reason)


@isolate_failures
def link_was_used(link: ExternalLink, authorization: Authorization, *, now: datetime) -> None:
    """Notify the sender of the link that it worked."""
    if link.created_by is None:
        return
    notify(
        organization=link.organization,
        users=[link.created_by],
        kind=EXTERNAL_LINK_USED,
        key=f"used:{link.pk}",
        title=lambda: gettext("{person_name} a dat autorizarea SPV").format(
            person_name=authorization.person_name
        ),
        text=lambda: gettext(
            "{person_name} a folosit linkul trimis de tine și a autorizat "
            "aplicația la ANAF. Transporturile apar în câteva secunde. La "
            "Integrări vezi ce firme sunt autorizate."
        ).format(person_name=authorization.person_name),
        address=reverse("authorizations:integrations"),
        action=lambda: gettext("Vezi la Integrări"),
        now=now,
    )


@isolate_failures
def was_taken_back(authorization: Authorization, *, now: datetime) -> None:
    """Whoever authorized did not want to: those who can act hear of it."""

    def paragraphs() -> list[str]:
        sentence = gettext(
            "{person_name} a apăsat „Nu am vrut asta” imediat după autorizare. Cheile primite de "
            "la ANAF au fost șterse, iar autorizarea nu mai aduce UIT-uri."
        ).format(person_name=authorization.person_name)
        by_link = gettext(
            "A autorizat prin linkul trimis de {sender_name}. Vorbește cu el înainte de a trimite "
            "alt link."
        )
        link = authorization.link
        return [sentence, by_link.format(sender_name=link.sender_name)] if link else [sentence]

    _notify(
        authorization,
        key=f"taken_back:{authorization.pk}",
        title=lambda: gettext("O autorizare SPV a fost luată înapoi"),
        paragraphs=paragraphs,
        now=now,
    )


def last_authorized_by(authorization: Authorization) -> str:
    """Say who authorized last, when, with which certificate, and for whom."""
    day = authorization.authorized_at.astimezone(BUCHAREST)
    serial = (
        gettext(", certificat {serial}").format(serial=authorization.short_serial)
        if authorization.short_serial
        else ""
    )
    covered = [
        str(right.company)
        for right in authorization.rights.filter(state=CompanyRight.State.COVERED).select_related(
            "company"
        )
    ]
    served = gettext(" Servește: {covered}.").format(covered=_some(covered)) if covered else ""
    return gettext("Ultima autorizare a dat-o {person_name}, pe {date}{serial}.{served}").format(
        person_name=authorization.person_name,
        date=day_of_month(day.date()),
        serial=serial,
        served=served,
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    more = len(names) - 5
    return (
        gettext("{shown} și încă {more}").format(shown=shown, more=plural(more, "firmă", "firme"))
        if more > 0
        else shown
    )


def _day(day: date, now: datetime) -> str:
    return day_in_full(day, today=now.astimezone(BUCHAREST).date())


def _notify(
    authorization: Authorization,
    *,
    key: str,
    title: Callable[[], str],
    paragraphs: Callable[[], list[str]],
    now: datetime,
) -> None:
    notify(
        organization=authorization.organization,
        users=recipients_of(authorization),
        kind=AUTHORIZATION_NEEDED,
        key=key,
        title=title,
        text=lambda: "\n\n".join(paragraphs()),
        address=f"{reverse('authorizations:integrations')}#autorizeaza",
        action=lambda: gettext("Autorizează din nou"),
        now=now,
    )
