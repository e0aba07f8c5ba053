"""What people are notified of about the synchronization, once, in the transaction of the fact.

The words may be read a day later: they name days, never „azi” or „mâine”.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Company, Organization, Role, User
from caraus.authorizations.models import Authorization
from caraus.core.fields import truncate_for_column
from caraus.core.formatting import BUCHAREST, day_in_full, plural
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.models import Notification
from caraus.notifications.notify import notify
from caraus.notifications.preferences import channels_of
from caraus.sync.notification_kinds import ANAF_LIMITS, ANAF_OUTAGE, MASS_DISAPPEARANCE


def _notify(
    organization: Organization,
    kind: NotificationKind,
    *,
    key: str,
    title: Callable[[], str],
    text: Callable[[], str],
    company: Company | None = None,
) -> None:
    """Notify owners and administrators, or, of a kind on request only, whoever switched it on. Who
    is in two organizations has chosen in each, and hears in each."""
    members = organization.memberships.all()
    if not kind.on_request:
        members = members.filter(role__in=access.roles_at_least(Role.ADMIN))
    people = list(User.objects.filter(memberships__in=members, is_active=True).distinct())
    if kind.on_request:
        channels_by_user = channels_of(users=people, organization=organization, kind=kind)
        people = [person for person in people if channels_by_user[person.pk]]
    address = (
        reverse("sync:company_syncs", args=[company.pk])
        if company
        else resolve_url(settings.TRANSPORT_LIST_URL)
    )
    notify(
        organization=organization,
        users=people,
        kind=kind,
        key=notification_key(organization, key),
        title=title,
        text=text,
        address=address,
        company=company,
    )


def notification_key(organization: Organization, key: str) -> str:
    """Return the key as the column of the notification keeps it."""
    return truncate_for_column(Notification, "key", f"{organization.pk}:{key}")


def _moment(moment: datetime) -> str:
    """Format „joi, 28 noiembrie, ora 10:42”, in Bucharest."""
    here = moment.astimezone(BUCHAREST)
    return gettext("{day}, ora {clock}").format(
        day=day_in_full(here.date(), today=here.date()), clock=f"{here:%H:%M}"
    )


def _polled_organizations() -> list[Organization]:
    """Return the organizations whose companies are synced."""
    served = Organization.objects.filter(authorizations__status=Authorization.Status.ACTIVE)
    return list(served.distinct())


def daily_limit_key(name: str, day: date) -> str:
    """Return the key by which a used up daily limit is notified of once a day."""
    return f"day:{name}:{day}"


def notified_daily_limits(now: datetime) -> set[str]:
    """Return the keys of today's daily limits of which somebody was notified."""
    since = now - timedelta(days=2)
    notifications = Notification.objects.filter(kind=ANAF_LIMITS.code, created_at__gt=since)
    return set(notifications.values_list("key", flat=True))


@isolate_failures
def notify_daily_limit(
    organization: Organization, *, whom: tuple[str, str], limit: int | None, at: datetime
) -> None:
    """Once for each company or authorization and day, however often it is called."""
    day = at.astimezone(BUCHAREST).date()
    _notify(
        organization,
        ANAF_LIMITS,
        key=daily_limit_key(whom[1], day),
        title=lambda: gettext("ANAF a limitat interogările până {day}").format(
            day=day_in_full(day + timedelta(days=1), today=day)
        ),
        text=lambda: (
            gettext(
                "ANAF a răspuns că pentru {whom} s-a atins limita zilnică de {queries}. Nu mai "
                "sincronizăm până după miezul nopții, apoi mai rar, ca să nu o mai "
                "atingem. Verifică dacă și alt program interoghează ANAF cu același certificat."
            )
            if limit
            else gettext(
                "ANAF a răspuns că pentru {whom} s-a atins limita zilnică. Nu mai sincronizăm "
                "până după miezul nopții, apoi mai rar, ca să nu o mai atingem. "
                "Verifică dacă și alt program interoghează ANAF cu același certificat."
            )
        ).format(
            whom=whom[0].format(name=whom[1]),
            queries=plural(limit or 0, "interogare", "interogări"),
        ),
    )


@isolate_failures
def notify_mass_disappearance(company: Company, *, number: int, at: datetime) -> None:
    """Notify that one response has left out more than half of a company's UITs."""
    _notify(
        company.organization,
        MASS_DISAPPEARANCE,
        key=f"{company.pk}:{at.isoformat()}",
        title=lambda: gettext("{company}: {gone} au dispărut deodată din lista ANAF").format(
            company=company, gone=plural(number, "transport", "transporturi")
        ),
        text=lambda: gettext(
            "Într-un singur răspuns al ANAF lipsesc {gone}, mai mult de jumătate. "
            "De obicei este o eroare la ANAF: nu le socotim ieșite din listă decât dacă "
            "lipsesc și din alte două răspunsuri, la cel puțin zece minute "
            "distanță."
        ).format(gone=plural(number, "transport", "transporturi")),
        company=company,
    )


@isolate_failures
def notify_all_vanished(company: Company, *, number: int, at: datetime) -> None:
    """Notify that ANAF shows none of a company's UITs any more: once a day at most, however often
    its list empties."""
    hours = settings.DELIST_ALL_AFTER_HOURS

    def text() -> str:
        happened = gettext(
            "Din {moment} lista ANAF a firmei nu mai arată niciunul dintre UIT-urile ei "
            "({how_many}). De obicei este o problemă la ANAF și trece singură."
        ).format(moment=_moment(at), how_many=plural(number, "UIT valabil", "UIT-uri valabile"))
        wait = gettext(
            "Rămân „lipsă la ANAF” și abia după {hours} le socotim ieșite din lista ANAF. Dacă se "
            "întorc până atunci, nu anunțăm pe nimeni."
        ).format(hours=plural(hours, "oră", "ore"))
        advice = gettext(
            "Dacă un camion pleacă la drum între timp, întreabă declarantul dacă UIT-ul mai este "
            "valabil: putea să îl confirme, să îl șteargă sau să îl dea altui transportator."
        )
        return "\n\n".join([f"{happened} {wait}", advice])

    _notify(
        company.organization,
        MASS_DISAPPEARANCE,
        key=f"all:{company.pk}:{at.astimezone(BUCHAREST).date()}",
        title=lambda: gettext("{company}: ANAF nu mai arată niciun UIT").format(company=company),
        text=text,
        company=company,
    )


def notify_outage(*, since: datetime) -> bool:
    """Return whether every organization was notified."""
    notified = [_notify_of_outage(organization, since) for organization in _polled_organizations()]
    return all(notified)


@isolate_failures
def _notify_of_outage(organization: Organization, since: datetime) -> None:
    _notify(
        organization,
        ANAF_OUTAGE,
        key=since.isoformat(),
        title=lambda: gettext("ANAF nu răspunde de o oră"),
        text=lambda: gettext(
            "ANAF nu răspunde de {moment}. Lista transporturilor este cea de "
            "dinainte. Încercăm din nou singuri; nu trebuie să faci nimic."
        ).format(moment=_moment(since)),
    )


def notify_pause(*, since: datetime, until: datetime, now: datetime) -> bool:
    """Return whether every organization was notified."""
    notified = [
        _notify_of_pause(organization, since, until, now)
        for organization in _polled_organizations()
    ]
    return all(notified)


@isolate_failures
def _notify_of_pause(
    organization: Organization, since: datetime, until: datetime, now: datetime
) -> None:
    def text() -> str:
        how_long = (
            gettext("Următoarea sincronizare: {until}; continuăm automat.").format(
                until=_moment(until)
            )
            if until > now
            else gettext("Am făcut pauza cerută și am continuat singuri.")
        )
        return gettext(
            "ANAF a răspuns că primește prea multe interogări pe minut. {how_long} "
            "Verifică dacă și alt program interoghează ANAF din numele aplicației."
        ).format(how_long=how_long)

    _notify(
        organization,
        ANAF_LIMITS,
        key=f"pause:{since.isoformat()}",
        title=lambda: gettext("ANAF ne-a cerut o pauză"),
        text=text,
    )
