"""How the newest vehicle change of each UIT stands, for the rows of the list."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from caraus.filings.display import describe_change
from caraus.filings.models import VehicleChange
from caraus.filings.states import OPEN_CHANGE_STATES, ChangeState
from caraus.transports.models import Transport

_ATTACHED = "newest_filing"
# That ANAF shows it is said for so long; the row then shows the vehicle itself.
_DONE_FOR = timedelta(days=1)


def changes_for_rows(companies: Collection[int]) -> QuerySet[VehicleChange]:
    """Return the changes of these companies that a row may show: under way, refused, just done."""
    is_new = Q(state=ChangeState.DONE, state_since__gt=timezone.now() - _DONE_FOR)
    return VehicleChange.objects.filter(
        Q(state__in=[*OPEN_CHANGE_STATES, ChangeState.REFUSED]) | is_new,
        company__in=companies,
        rehearsal=False,
    ).order_by()


def attach_changes(transports: Collection[Transport], *, some: bool) -> None:
    """Attach the newest change to each UIT, for `change_pill`; `some`: False where it is known
    that there are none, which then queries nothing."""
    newest: dict[int | None, VehicleChange] = {}
    if some:
        changes = VehicleChange.objects.filter(
            transport__in=[transport.pk for transport in transports], rehearsal=False
        )
        for change in changes.exclude(state=ChangeState.DRAFT).order_by("pk"):
            newest[change.transport_id] = change
    for transport in transports:
        setattr(transport, _ATTACHED, newest.get(transport.pk))


def change_pill(transport: Transport) -> SafeString:
    """Draw how the attached change stands, with a link to it; nothing where a row has nothing to
    say of it."""
    change: VehicleChange | None = getattr(transport, _ATTACHED, None)
    if change is None or not _is_for_row(change):
        return SafeString()
    return render_to_string("filings/_row.html", {"shown": describe_change(change)})


def _is_for_row(change: VehicleChange) -> bool:
    if change.state == ChangeState.DONE:
        return change.state_since > timezone.now() - _DONE_FOR
    return change.state in OPEN_CHANGE_STATES or change.state == ChangeState.REFUSED
