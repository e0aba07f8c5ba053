"""How far ANAF has responded about the companies of an authorization: „3 da, 162 nu, …”."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.authorizations import rights
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.core.formatting import grouped, plural

# A page goes on looking for the responses so long after the authorization.
RECENT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RightsProgress:
    """Of the companies that the authorization may serve: those that ANAF has accepted, refused, and
    without a response yet."""

    covered: int
    refused: int
    left: int
    # Young enough that a page should look again.
    is_watched: bool

    @property
    def is_done(self) -> bool:
        return self.left == 0

    @property
    def is_running(self) -> bool:
        return self.left > 0 and self.is_watched

    @property
    def is_refused(self) -> bool:
        """ANAF has refused every company: the certificate has no right at all."""
        return self.is_done and self.refused > 0 and self.covered == 0

    @property
    def sentence(self) -> str:
        """„Verificăm drepturile: 3 da, 162 nu, încă 40 de firme.”"""
        checked = gettext("{covered} da, {refused} nu").format(
            covered=grouped(self.covered), refused=grouped(self.refused)
        )
        if self.left:
            return gettext("Verificăm drepturile: {answered}, încă {companies}.").format(
                answered=checked, companies=plural(self.left, "firmă", "firme")
            )
        return gettext("Am verificat drepturile: {answered}.").format(answered=checked)


def rights_progress(
    authorization: Authorization, *, among: QuerySet[Company] | None = None
) -> RightsProgress:
    """Count the rights of some authorizations with two queries for any number of companies;
    `among`: only what a member may see."""
    companies = rights.served_companies(authorization)
    if among is not None:
        companies = companies.filter(pk__in=among.values("pk"))
    known = CompanyRight.objects.filter(
        authorization=authorization, company__in=companies.values("pk")
    )
    numbers = dict(known.order_by().values_list("state").annotate(number=Count("pk")))
    return _progress(authorization, companies.count(), numbers)


def count_progress(authorization: Authorization, states: Sequence[str]) -> RightsProgress:
    """Count rights whose states are known already, one for each company."""
    return _progress(authorization, len(states), Counter(states))


def _progress(
    authorization: Authorization, companies: int, numbers: Mapping[str, int]
) -> RightsProgress:
    covered = numbers.get(CompanyRight.State.COVERED.value, 0)
    refused = numbers.get(CompanyRight.State.NO_RIGHT.value, 0)
    young = timezone.now() - authorization.authorized_at < RECENT
    return RightsProgress(
        covered=covered,
        refused=refused,
        left=max(companies - covered - refused, 0),
        is_watched=young and authorization.is_active,
    )
