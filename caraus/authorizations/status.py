"""How an authorization stands, in one colour and one sentence; and how all of them do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext

from caraus.anaf.errors import ERRORS
from caraus.authorizations.anaf_errors.help import HelpPage
from caraus.authorizations.anaf_errors.table import explanation, help_for
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.formatting import bucharest_day, day_in_full, days_ahead, plural

Colour = Literal["green", "amber", "red", "grey"]

# Within this time of its end a person will be needed soon.
SOON = timedelta(days=30)
# Companies are polled every few minutes: silence for so long is worth a word.
SILENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Health:
    colour: Colour
    word: str
    sentence: str
    help: HelpPage | None = None
    # It is tried again by itself: a person need not authorize.
    passes: bool = False


def health(
    authorization: Authorization, *, now: datetime | None = None, spare: bool = False
) -> Health:
    """Green only when all is well; amber when a person is needed within 30 days or something
    limps; red when ANAF insists on a person; grey when it serves no company that another one does
    not serve (`spare`): whatever it is like matters to nobody."""
    now = now or timezone.now()
    if spare:
        return Health(
            "grey",
            gettext("Nefolosită"),
            gettext(
                "Nu servește nicio firmă: UIT-urile vin prin altă autorizare. O poți deconecta."
            ),
        )
    if authorization.status == Authorization.Status.REAUTHORIZE:
        return _failure_health(authorization, "red", gettext("Trebuie refăcută"))
    if authorization.expires_at <= now:
        return Health(
            "red", gettext("Expirată"), gettext("Termenul s-a împlinit. Autorizează din nou.")
        )
    if authorization.expires_at - now <= SOON:
        return _ends_soon(authorization, now)
    if authorization.last_failure_code:
        return _failure_health(authorization, "amber", gettext("Activ, cu o problemă"))
    if is_refused_for_all(authorization):
        return Health(
            "amber",
            gettext("Fără drept"),
            gettext(
                "ANAF a primit autorizarea, dar certificatul nu are drept în SPV "
                "pentru nicio firmă adăugată aici."
            ),
            help_for("no_rights_cui"),
        )
    if authorization.last_good_call_at and now - authorization.last_good_call_at > SILENT:
        return Health(
            "amber",
            gettext("Fără răspunsuri"),
            gettext(
                "De mai bine de o zi nu am primit niciun răspuns bun de la ANAF cu "
                "această autorizare. Apasă „Testează conexiunea”."
            ),
        )
    return Health("green", gettext("Activ"), gettext("Totul funcționează."))


def _ends_soon(authorization: Authorization, now: datetime) -> Health:
    end, today = (bucharest_day(moment) for moment in (authorization.expires_at, now))
    days = (end - today).days
    return Health(
        "amber",
        gettext("Expiră curând"),
        gettext(
            "Expiră {left}, {end}. Reînnoirea automată nu poate trece de acest "
            "termen: autorizează din nou înainte."
        ).format(left=days_ahead(days), end=day_in_full(end, today=today)),
    )


def overall(healths: Sequence[Health], *, refused: int = 0, unknown: int = 0) -> Health | None:
    """Return the card's own colour, over all living authorizations: `refused` and `unknown` count
    the companies that none of them covers. A spare one (grey) changes nothing. None without any."""
    healths = [health for health in healths if health.colour != "grey"]
    if not healths:
        return None
    alive = [health for health in healths if health.colour != "red"]
    if not alive:
        return healths[0]
    if len(alive) < len(healths):
        return Health(
            "amber", gettext("Una trebuie refăcută"), gettext("O autorizare cere o persoană.")
        )
    impaired = next((health for health in alive if health.colour == "amber"), None)
    if impaired is not None:
        return impaired
    if refused:
        what = plural(refused, "firmă fără drept", "firme fără drept")
        return Health(
            "amber",
            what,
            gettext("Nicio autorizare nu este valabilă pentru ele."),
            help_for("no_rights_cui"),
        )
    if unknown:
        what = plural(unknown, "firmă neverificată", "firme neverificate")
        return Health("amber", what, gettext("ANAF nu a răspuns încă despre ele."))
    return alive[0]


def is_refused_for_all(authorization: Authorization) -> bool:
    """Return whether ANAF refused every company that was tried."""
    states = [right.state for right in authorization.rights.all()]
    return bool(states) and all(state == CompanyRight.State.NO_RIGHT for state in states)


def _failure_health(authorization: Authorization, colour: Colour, word: str) -> Health:
    code = authorization.last_failure_code
    if code not in ERRORS:
        return Health(colour, word, gettext("Autorizează din nou."))
    passes = colour == "amber" and ERRORS[code].retryable
    return Health(colour, word, explanation(code), help_for(code), passes)


def unneeded_authorizations(authorizations: Sequence[Authorization]) -> set[int]:
    """Return those of an organization's living authorizations that serve no company, because the
    certificate has no right, while another one does; and the ended ones whose companies are all
    served by others. Their `rights` are prefetched."""
    serving = {authorization.pk: _covered(authorization) for authorization in authorizations}
    active = {authorization.pk for authorization in authorizations if authorization.is_active}
    spare = set()
    for authorization in authorizations:
        others = set().union(*(serving[pk] for pk in active - {authorization.pk}))
        covered = serving[authorization.pk]
        if authorization.is_active:
            useless = is_refused_for_all(authorization) and any(
                served for pk, served in serving.items() if pk != authorization.pk
            )
        else:
            useless = bool(covered) and covered <= others
        if useless:
            spare.add(authorization.pk)
    return spare


def _covered(authorization: Authorization) -> set[int]:
    return {
        right.company_id
        for right in authorization.rights.all()
        if right.state == CompanyRight.State.COVERED
    }
