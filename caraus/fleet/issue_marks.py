"""What a person says of an issue: in order, mine, or over with the first of the two trips."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from caraus.accounts.models import User
from caraus.fleet.issues import IssueCode
from caraus.fleet.models import Issue
from caraus.transports.marks import mark_transports
from caraus.transports.models import Mark, Transport, TransportEvent


@transaction.atomic
def mark_issue(issue: Issue, kind: str, by: User) -> None:
    """Mark an issue ("": take its mark back), with an event in the history of the UIT."""
    before = issue.mark
    if before == kind and issue.marked_by_id == by.pk:
        return
    issue.mark = kind
    issue.marked_by, issue.marked_at = (by, timezone.now()) if kind else (None, None)
    issue.save(update_fields=["mark", "marked_by", "marked_at"])
    TransportEvent.objects.create(
        transport_id=issue.transport_id,
        at=timezone.now(),
        kind=TransportEvent.Kind.MARKED if kind else TransportEvent.Kind.UNMARKED,
        by=by,
        changes={"issue_mark": [_described(issue, before), _described(issue, kind)]},
    )


def _described(issue: Issue, kind: str) -> dict[str, str] | None:
    return {"plate": issue.plate, "kind": kind} if kind else None


def first_of_two(issue: Issue) -> Transport | None:
    """Return the UIT of the trip that began first, of an issue of two directions."""
    if issue.code != IssueCode.TWO_DIRECTIONS or issue.other is None:
        return None
    return min(
        issue.transport,
        issue.other,
        key=lambda transport: (transport.transport_date or date.min, transport.pk),
    )


def end_first_trip(issue: Issue, by: User) -> Transport | None:
    """Mark the UIT of the first trip as unloaded: the two no longer clash; return it."""
    first = first_of_two(issue)
    if first is not None:
        mark_transports([first], Mark.Kind.UNLOADED, by)
    return first
