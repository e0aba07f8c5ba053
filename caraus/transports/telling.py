"""Facts of the synchronization that people should hear of, each once. Whoever tells them listens.

The signal is sent inside the transaction of the fact; `key` names the fact, so that a listener
can tell it once although several companies or workers meet it.
"""

from datetime import datetime

import structlog
from django.dispatch import Signal

from caraus.accounts.models import Company, Organization
from caraus.words import BUCHAREST, moment_in_words, plural

#: Arguments: organization (None: every one), kind, key, title, text, company.
happened = Signal()
log = structlog.get_logger(__name__)


def tell(
    organization: Organization | None,
    *,
    kind: str,
    key: str,
    title: str,
    text: str,
    company: Company | None = None,
) -> None:
    log.warning("people_told", kind=kind, key=key)
    happened.send(
        sender=tell,
        organization=organization,
        kind=kind,
        key=key,
        title=title,
        text=text,
        company=company,
    )


def tell_of_daily_limit(
    organization: Organization, *, whom: str, limit: int | None, at: datetime
) -> None:
    how_many = f" de {plural(limit, 'interogare', 'interogări')}" if limit else ""
    tell(
        organization,
        kind="daily_limit",
        key=f"{whom}:{at.astimezone(BUCHAREST).date()}",
        title="ANAF a oprit întrebările până mâine",
        text=(
            f"ANAF a răspuns că pentru {whom} s-a atins limita zilnică{how_many}. Nu mai "
            "întrebăm până după miezul nopții, apoi întrebăm mai rar, ca să nu o mai atingem. "
            "Verifică dacă și alt program întreabă ANAF cu același certificat."
        ),
    )


def tell_of_mass_disappearance(company: Company, *, number: int, at: datetime) -> None:
    gone = plural(number, "transport", "transporturi")
    tell(
        company.organization,
        kind="mass_disappearance",
        key=f"{company.pk}:{at.isoformat()}",
        title=f"{company.cui}: {gone} au dispărut deodată din lista ANAF",
        text=(
            f"Într-un singur răspuns al ANAF lipsesc {gone}, mai mult de jumătate. De obicei este "
            "o eroare la ANAF: nu le socotim retrase decât dacă lipsesc și din alte două "
            "răspunsuri, la cel puțin zece minute distanță."
        ),
        company=company,
    )


def tell_of_outage(*, since: datetime, now: datetime) -> None:
    tell(
        None,
        kind="outage",
        key=since.isoformat(),
        title="ANAF nu răspunde de o oră",
        text=(
            f"ANAF nu răspunde de {moment_in_words(since, now=now)}. Lista transporturilor este "
            "cea de dinainte. Încercăm din nou singuri; nu trebuie să faci nimic."
        ),
    )


def tell_of_pause(*, since: datetime, until: datetime, now: datetime) -> None:
    tell(
        None,
        kind="pause",
        key=since.isoformat(),
        title="ANAF ne-a cerut o pauză",
        text=(
            "ANAF a răspuns că primește prea multe întrebări pe minut. Nu mai întrebăm până "
            f"{moment_in_words(until, now=now)}, apoi continuăm singuri."
        ),
    )
