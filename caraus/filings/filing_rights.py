"""Whether ANAF lets a certificate file for a company: known only from a filing that was tried."""

from collections.abc import Collection, Mapping

from django.db.models import Q

from caraus.anaf.filings import UploadOutcome
from caraus.authorizations.other_rights import KnownRight
from caraus.core.formatting import gettext_lazy
from caraus.filings.models import FilingAttempt

_REFUSED = ("no_rights_any", "no_rights_cui")

_LABEL = gettext_lazy("depunere")
_MAY = KnownRight(_LABEL, gettext_lazy("primită de ANAF"), "good", "shield-check")
_MAY_NOT = KnownRight(_LABEL, gettext_lazy("fără drept în SPV"), "bad", "shield-x")
_UNTRIED = KnownRight(_LABEL, gettext_lazy("neîncercată încă"), "off", "circle-dashed")


def filing_rights(
    authorizations: Collection[int],
) -> tuple[Mapping[tuple[int, int], KnownRight], KnownRight]:
    """Return what the newest telling filing says of each authorization and company."""
    conclusive = Q(outcome=UploadOutcome.ACCEPTED) | Q(
        outcome=UploadOutcome.REFUSED, change__reason__in=_REFUSED
    )
    attempts = FilingAttempt.objects.filter(
        conclusive, authorization__in=authorizations, change__rehearsal=False
    )
    newest = attempts.order_by("authorization", "change__company", "-pk").distinct(
        "authorization", "change__company"
    )
    rights = {
        (authorization, company): _MAY if outcome == UploadOutcome.ACCEPTED else _MAY_NOT
        for authorization, company, outcome in newest.values_list(
            "authorization", "change__company", "outcome"
        )
    }
    return rights, _UNTRIED
