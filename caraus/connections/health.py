"""How an authorization stands, in one colour and one sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils import timezone

from caraus.anaf.errors import PROBLEMS
from caraus.connections.models import CompanyRight, Connection
from caraus.words import BUCHAREST, day_in_full, plural

Colour = Literal["green", "amber", "red"]

# Within this time of its end a person will be needed soon.
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Health:
    colour: Colour
    word: str
    sentence: str


def health(connection: Connection, *, now: datetime | None = None) -> Health:
    """Green only when all is well; amber when a person is needed within 30 days or something
    limps; red when ANAF insists on a person."""
    now = now or timezone.now()
    if connection.status == Connection.Status.REAUTHORIZE:
        return Health("red", "Trebuie refăcută", _failure(connection))
    if connection.expires_at <= now:
        return Health("red", "Expirată", "Termenul dat de ANAF s-a împlinit. Autorizează din nou.")
    left = connection.expires_at - now
    if left <= SOON:
        day = day_in_full(connection.expires_at.astimezone(BUCHAREST).date(), today=now.date())
        return Health(
            "amber",
            "Expiră curând",
            f"Expiră {day}, peste {plural(left.days, 'zi', 'zile')}. Autorizează din nou "
            "înainte de această dată.",
        )
    if connection.last_failure_code:
        return Health("amber", "Activ, cu o problemă", _failure(connection))
    if _refused_for_all(connection):
        return Health(
            "amber",
            "Fără drept",
            "ANAF a primit autorizarea, dar certificatul nu are drept în SPV pentru nicio firmă "
            "adăugată aici.",
        )
    return Health("green", "Activ", "Totul funcționează.")


def _refused_for_all(connection: Connection) -> bool:
    states = [right.state for right in connection.rights.all()]
    return bool(states) and all(state == CompanyRight.State.NO_RIGHT for state in states)


def _failure(connection: Connection) -> str:
    problem = PROBLEMS.get(connection.last_failure_code)
    return f"{problem.sentence} {problem.advice}" if problem else "Autorizează din nou."
