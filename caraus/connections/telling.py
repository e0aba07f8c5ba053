"""What people are told about an authorization, and in which words.

Each function is called in the transaction of the fact, and tells it once.
"""

from datetime import date, datetime, timedelta

from django.urls import reverse

from caraus.anaf.errors import PROBLEMS, Whose
from caraus.connections.models import CompanyRight, Connection, ExternalLink
from caraus.connections.people import who_can_act
from caraus.notifications.kinds import AUTHORIZATION, EXTERNAL_LINK
from caraus.notifications.notify import notify
from caraus.words import BUCHAREST, day_in_full, day_of_month, plural

# A renewal that fails for passing reasons is told when so little is left.
NEAR_END = timedelta(days=3)

AT_HAND = (
    "Ai nevoie de certificatul digital instalat pe calculator (același cu care intri pe portalul "
    "ANAF), de token-ul USB introdus și de codul PIN. Durează cam un minut: deschide Integrări și "
    "apasă „Autorizare cu ANAF SPV”. Dacă certificatul este la altcineva, trimite-i de acolo un "
    "link de autorizare."
)


def needs_a_person(connection: Connection, *, now: datetime) -> None:
    """ANAF refuses it for good: at once."""
    problem = PROBLEMS.get(connection.last_failure_code)
    why = problem.sentence if problem else "ANAF nu mai acceptă autorizarea."
    lost = "Până la o autorizare nouă, UIT-urile noi nu mai vin prin ea; cele de acum rămân."
    _tell(
        connection,
        key=f"refused:{connection.pk}",
        title="Autorizarea SPV trebuie refăcută acum",
        paragraphs=[
            f"{why} {lost}",
            who(connection),
            AT_HAND,
        ],
        now=now,
    )


def renewal_fails(connection: Connection, *, now: datetime) -> None:
    """The silent renewal fails for reasons that may pass, and the access token's end is near, or
    over: told once each. Where the fault is this server's, nobody is sent for the certificate."""
    left = connection.access_expires_at - now
    if left > NEAR_END:
        return
    problem = PROBLEMS.get(connection.last_failure_code)
    failed = problem.sentence if problem else "ANAF nu răspunde."
    end = connection.access_expires_at.astimezone(BUCHAREST)
    until = f"Autorizarea de acum ține până {_day(end.date(), now)}, ora {end:%H:%M}."
    over = left <= timedelta()
    if over:
        until = "Cheia de acces a expirat, așa că UIT-urile noi nu vin până la prima reușită."
    _tell(
        connection,
        key=f"failing:{connection.pk}:{end.date()}{':over' if over else ''}",
        title=(
            "Autorizarea SPV nu mai merge: reînnoirea automată nu reușește"
            if over
            else "Reînnoirea automată a autorizării SPV nu reușește"
        ),
        paragraphs=[
            f"{failed} {until} Încercăm din nou la fiecare oră; dacă reușim, nu ai nimic de făcut.",
            who(connection),
            problem.advice
            if problem and problem.whose == Whose.US
            else f"Dacă vrei să fii sigur, autorizează din nou de pe acum. {AT_HAND}",
        ],
        now=now,
    )


def end_is_near(connection: Connection, *, days: int, now: datetime) -> None:
    """A person will be needed: `days` is the notice's stage (30, 14, 7, 3, 1, 0)."""
    end = connection.expires_at.astimezone(BUCHAREST).date()
    left = (end - now.astimezone(BUCHAREST).date()).days
    _tell(
        connection,
        key=f"end:{connection.pk}:{end}:{days}",
        title=_title(left, end, now),
        paragraphs=[f"{who(connection)} {_until(connection, end, left, now)}", AT_HAND],
        now=now,
    )


def _title(left: int, end: date, now: datetime) -> str:
    if left < 0:
        return f"Autorizarea SPV a expirat {_day(end, now)}"
    near = {0: "azi", 1: "mâine"}.get(left)
    return f"Autorizarea SPV expiră {near or f'peste {plural(left, "zi", "zile")}'}"


def _until(connection: Connection, end: date, left: int, now: datetime) -> str:
    guess = " (estimat)" if connection.expiry_estimated else ""
    reason = (
        "ANAF cere o autorizare nouă cam o dată la 2 ani"
        if connection.ends_by_rule
        else "este termenul dat de ANAF"
    )
    verb = "a ținut" if left < 0 else "ține"
    return (
        f"Ea {verb} până {_day(end, now)}{guess}: {reason}, iar reînnoirea automată nu poate trece "
        "de el. După aceea UIT-urile noi nu mai vin."
    )


def link_was_used(link: ExternalLink, connection: Connection, *, now: datetime) -> None:
    """The one who sent the link hears that it worked."""
    if link.created_by is None:
        return
    notify(
        organization=link.organization,
        users=[link.created_by],
        kind=EXTERNAL_LINK,
        key=f"used:{link.pk}",
        title=f"{connection.person_name} a dat autorizarea SPV",
        text=(
            f"{connection.person_name} a folosit linkul trimis de tine și a autorizat aplicația la "
            "ANAF. Transporturile apar în câteva secunde. La Integrări vezi ce firme sunt "
            "acoperite."
        ),
        address=reverse("connections:integrations"),
        action="Vezi la Integrări",
        now=now,
    )


def who(connection: Connection) -> str:
    """Who authorized last, when, with which certificate, and for whom."""
    day = connection.authorized_at.astimezone(BUCHAREST)
    serial = f", certificat {connection.short_serial}" if connection.short_serial else ""
    covered = [
        str(right.company)
        for right in connection.rights.filter(state=CompanyRight.State.COVERED).select_related(
            "company"
        )
    ]
    served = f" Servește: {_some(covered)}." if covered else ""
    return (
        f"Ultima autorizare a dat-o {connection.person_name}, pe "
        f"{day_of_month(day.date())}{serial}.{served}"
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    more = len(names) - 5
    return f"{shown} și încă {plural(more, 'firmă', 'firme')}" if more > 0 else shown


def _day(day: date, now: datetime) -> str:
    return day_in_full(day, today=now.astimezone(BUCHAREST).date())


def _tell(
    connection: Connection, *, key: str, title: str, paragraphs: list[str], now: datetime
) -> None:
    notify(
        organization=connection.organization,
        users=who_can_act(connection),
        kind=AUTHORIZATION,
        key=key,
        title=title,
        text="\n\n".join(paragraphs),
        address=f"{reverse('connections:integrations')}#autorizeaza",
        action="Autorizează din nou",
        now=now,
    )
