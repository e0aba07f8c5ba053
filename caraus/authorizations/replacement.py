"""A new authorization takes the place of an old one: its companies and its history.

The old one's tokens are deleted only when nothing is lost by it: a renewed certificate that ANAF
has not enrolled yet gets a token too, and would cut off what still works.
"""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from caraus.authorizations.models import Authorization, CompanyRight

NOT_ENDED = (Authorization.Status.ACTIVE, Authorization.Status.REAUTHORIZE)


def replace_predecessors(new: Authorization, *, chosen: Authorization | None = None) -> None:
    """End the authorizations that `new` takes over from. Call it in the transaction that makes
    `new`.

    At once: the same certificate authorized again, for all the companies that the old one was for
    (a link for one company leaves what serves others); a dead authorization of the same person,
    or the one that the person chose. `chosen`, while it lives, goes when `new` covers its
    companies. Others of the organization stay: ANAF's tokens of one certificate are independent
    of each other (OAuth procedure p. 3).
    """
    living = Authorization.objects.filter(organization=new.organization, status__in=NOT_ENDED)
    living = living.exclude(pk=new.pk)
    of_the_same = Q(pk__in=[])
    if new.certificate_serial:
        of_the_same |= Q(certificate_serial=new.certificate_serial)
    if new.authorized_by_id:
        of_the_same |= Q(
            status=Authorization.Status.REAUTHORIZE, authorized_by_id=new.authorized_by_id
        )
    if chosen is not None:
        living.filter(pk=chosen.pk).update(replaced_by=new)
        of_the_same |= Q(pk=chosen.pk, status=Authorization.Status.REAUTHORIZE)
    scope = _scope(new)
    for old in living.filter(of_the_same).select_related("link"):
        old_scope = _scope(old)
        if scope is None or (old_scope is not None and old_scope <= scope) or old == chosen:
            end_authorization(old, Authorization.Status.REPLACED, replaced_by=new)
    end_covered_predecessors(new)


@transaction.atomic
def end_covered_predecessors(new: Authorization) -> None:
    """End the predecessors of `new` that still live and whose companies it covers, all of them.

    It is part of keeping ANAF's responses and waits for nobody: a predecessor whose row another
    writes to now is left to `end_all_covered_predecessors`.
    """
    waiting = Authorization.objects.filter(replaced_by=new, status__in=NOT_ENDED)
    for old in waiting.select_for_update(no_key=True, skip_locked=True):
        if not _companies(old) - _companies(new):
            end_authorization(old, Authorization.Status.REPLACED, replaced_by=new)


def end_all_covered_predecessors() -> None:
    """Whatever predecessor was left: the timer's part."""
    waiting = Authorization.objects.filter(predecessors__status__in=NOT_ENDED)
    for new in waiting.filter(status=Authorization.Status.ACTIVE).distinct():
        end_covered_predecessors(new)


def _scope(authorization: Authorization) -> set[int] | None:
    """Return the keys of the companies that the link was for; None for all of the organization."""
    link = authorization.link
    return (
        None if link is None or link.for_all else set(link.companies.values_list("pk", flat=True))
    )


def _companies(authorization: Authorization) -> set[int]:
    covered = authorization.rights.filter(
        state=CompanyRight.State.COVERED, company__archived_at=None
    )
    return set(covered.values_list("company_id", flat=True))


def end_authorization(
    authorization: Authorization,
    status: Authorization.Status,
    *,
    replaced_by: Authorization | None = None,
) -> None:
    """Delete its tokens; who gave it, when, and with which certificate stays on record."""
    authorization.status = status
    authorization.access_token_sealed = authorization.refresh_token_sealed = ""
    authorization.ended_at = timezone.now()
    authorization.replaced_by = replaced_by
    authorization.save()


def disconnect_authorization(authorization: Authorization) -> None:
    """End it without a successor; whatever waited to be replaced by it goes on."""
    Authorization.objects.filter(replaced_by=authorization, status__in=NOT_ENDED).update(
        replaced_by=None
    )
    end_authorization(authorization, Authorization.Status.DISCONNECTED)
