"""What is notified of and recorded when a change comes to a state: in the state's transaction."""

from django.urls import reverse
from django.utils.translation import gettext_noop

from caraus.accounts import access, audit_log
from caraus.accounts.models import User
from caraus.filings import display
from caraus.filings.models import FilingAttempt, VehicleChange
from caraus.filings.notification_kinds import FILING_NEEDS_ATTENTION
from caraus.filings.notification_texts import change_facts, vehicle_change
from caraus.filings.permission import FILING_ROLE
from caraus.filings.states import ATTENTION_STATES, ChangeState
from caraus.notifications.failure_isolation import isolate_failures
from caraus.notifications.notify import notify

_RECORDED = {
    ChangeState.PROCESSING: gettext_noop("ANAF a primit schimbarea vehiculului"),
    ChangeState.DONE: gettext_noop("ANAF arată schimbarea vehiculului"),
    ChangeState.REFUSED: gettext_noop("ANAF a refuzat schimbarea vehiculului"),
}


def record_in_audit_log(change: VehicleChange, attempt: FilingAttempt | None) -> None:
    """Record in the audit log what ANAF said, with index and hash."""
    what = _RECORDED[ChangeState(change.state)]
    audit_log.record_action(
        "filing",
        lambda: display.format_audit_text(what, change),
        organization=change.company.organization_id,
        cui=change.company.cui,
        uit=change.uit,
        change=change.pk,
        index=attempt.index if attempt else "",
        sha256=attempt.sha256 if attempt else "",
        reference=attempt.reference if attempt else "",
    )


@isolate_failures
def notify_attention(change: VehicleChange) -> None:
    """Notify who filed and the company's dispatchers at once, with ANAF's words whole."""
    organization = change.company.organization
    users = User.objects.filter(
        memberships__organization=organization,
        memberships__role__in=access.roles_at_least(FILING_ROLE),
    ).distinct()

    notify(
        organization=organization,
        users=users,
        kind=FILING_NEEDS_ATTENTION,
        key=key_of_state(change),
        message=vehicle_change,
        facts=change_facts(change),
        address=reverse("filings:change", args=[change.pk]),
        company=change.company,
        alarm_about=change.pk if change.state in ATTENTION_STATES else None,
    )


def key_of_state(change: VehicleChange) -> str:
    """Return what names the state that a change has come to."""
    return f"{change.pk}:{change.state}:{change.state_since.isoformat()}"
