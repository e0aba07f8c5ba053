"""What people are notified of about new issues of UITs, when ANAF's list raised them.

What a person's change of the fleet raises, the page shows to that person at once.
"""

from collections.abc import Sequence

from caraus.accounts.models import Company
from caraus.fleet.issue_store import Cause, appeared
from caraus.fleet.models import Issue
from caraus.fleet.notification_kinds import FLEET_ISSUE
from caraus.fleet.notification_texts import fleet_issue
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.uit_notifications import UitNotice, notify_about_uits
from caraus.transports.models import Transport
from caraus.transports.notification_texts import transport_facts
from caraus.transports.notifications import card_of_uit, notification_subject


def connect_signals() -> None:
    """Notify of issues that have just appeared."""
    appeared.connect(_on_appeared, dispatch_uid="fleet.notifications")


@isolate_failures
def _on_appeared(
    sender: object, *, company_id: int, issues: Sequence[Issue], because: Cause, **_: object
) -> None:
    if because != "uit":
        return
    company = Company.objects.select_related("organization").get(pk=company_id)
    rows = Transport.objects.in_bulk([issue.transport_id for issue in issues])
    notices = [_build_notice(company, rows[issue.transport_id], issue) for issue in issues]
    notify_about_uits(FLEET_ISSUE, notices, organization=company.organization)


def _build_notice(company: Company, row: Transport, issue: Issue) -> UitNotice:
    return UitNotice(
        key=str(issue.pk),
        subject=notification_subject(company, row),
        message=fleet_issue,
        facts={
            "transport": transport_facts(company, row),
            "issue": {
                "code": issue.code,
                "plate_field": issue.plate_field,
                "plate": issue.plate,
            },
            "other": transport_facts(company, issue.other) if issue.other else None,
        },
        address=row.get_absolute_url(),
        card=card_of_uit(row),
    )
