"""What people are told about the synchronization, once, in the transaction of the fact."""

from datetime import datetime

from django.urls import reverse

from caraus.accounts.models import Company, Organization, Role, User
from caraus.connections.models import Connection
from caraus.notifications.kinds import DISAPPEARANCE, LIMITS, OUTAGE, Kind
from caraus.notifications.notify import notify
from caraus.notifications.preferences import channels
from caraus.words import BUCHAREST, moment_in_words, plural


def _tell(
    organization: Organization,
    kind: Kind,
    *,
    key: str,
    title: str,
    text: str,
    company: Company | None = None,
) -> None:
    """Owners and administrators, or, of what is told on request only, whoever asked for it."""
    members = organization.memberships.all()
    if not kind.on_request:
        members = members.filter(role__in=[Role.OWNER, Role.ADMIN])
    people = list(User.objects.filter(memberships__in=members, is_active=True).distinct())
    if kind.on_request:
        wishes = channels(users=people, organization=organization, kind=kind)
        people = [one for one in people if wishes[one.pk].bell or wishes[one.pk].email]
    address = (
        reverse("transports:syncs", args=[company.pk]) if company else reverse("transports:list")
    )
    notify(
        organization=organization,
        users=people,
        kind=kind,
        key=key,
        title=title,
        text=text,
        address=address,
        company=company,
    )


def _everybody() -> list[Organization]:
    """The organizations for which ANAF is asked."""
    served = Organization.objects.filter(connections__status=Connection.Status.ACTIVE)
    return list(served.distinct())


def tell_of_daily_limit(
    organization: Organization, *, whom: str, limit: int | None, at: datetime
) -> None:
    how_many = f" de {plural(limit, 'interogare', 'interogări')}" if limit else ""
    _tell(
        organization,
        LIMITS,
        key=f"day:{whom}:{at.astimezone(BUCHAREST).date()}",
        title="ANAF a oprit întrebările până mâine",
        text=(
            f"ANAF a răspuns că pentru {whom} s-a atins limita zilnică{how_many}. Nu mai "
            "întrebăm până după miezul nopții, apoi întrebăm mai rar, ca să nu o mai atingem. "
            "Verifică dacă și alt program întreabă ANAF cu același certificat."
        ),
    )


def tell_of_mass_disappearance(company: Company, *, number: int, at: datetime) -> None:
    gone = plural(number, "transport", "transporturi")
    _tell(
        company.organization,
        DISAPPEARANCE,
        key=f"{company.pk}:{at.isoformat()}",
        title=f"{company.cui}: {gone} au dispărut deodată din lista ANAF",
        text=(
            f"Într-un singur răspuns al ANAF lipsesc {gone}, mai mult de jumătate. De obicei este "
            "o eroare la ANAF: nu le socotim retrase decât dacă lipsesc și din alte două "
            "răspunsuri, la cel puțin zece minute distanță."
        ),
        company=company,
    )


def tell_of_outage(*, since: datetime) -> None:
    for organization in _everybody():
        _tell(
            organization,
            OUTAGE,
            key=since.isoformat(),
            title="ANAF nu răspunde de o oră",
            text=(
                f"ANAF nu răspunde din {since.astimezone(BUCHAREST):%H:%M}. Lista transporturilor "
                "este cea de dinainte. Încercăm din nou singuri; nu trebuie să faci nimic."
            ),
        )


def tell_of_pause(*, since: datetime, until: datetime, now: datetime) -> None:
    how_long = (
        f"Următoarea întrebare: {moment_in_words(until, now=now)}; continuăm singuri."
        if until > now
        else "Am făcut pauza cerută și am continuat singuri."
    )
    for organization in _everybody():
        _tell(
            organization,
            LIMITS,
            key=f"pause:{since.isoformat()}",
            title="ANAF ne-a cerut o pauză",
            text=(
                f"ANAF a răspuns că primește prea multe întrebări pe minut. {how_long} "
                "Verifică dacă și alt program întreabă ANAF din numele aplicației."
            ),
        )
