"""A change that needs a decision notifies people in turn until somebody decides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caraus.accounts.models import Membership
from caraus.filings import changes, events
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.notifications import escalation_turns
from caraus.notifications.models import Escalation, EscalationStep
from tests import factories
from tests.filings.conftest import Desk
from tests.notifications.turns import named, set_list

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_held_change_notifies_in_turn_until_somebody_decides(desk: Desk) -> None:
    organization = Membership.objects.filter(user=desk.user).get().organization
    if not Membership.objects.filter(organization=organization, role="owner").exists():
        factories.member(organization, "owner")
    set_list(organization, named(organization, "Ana"), named(organization, "Dan"))
    change = desk.filed(desk.new_uit())
    VehicleChange.objects.update(state=ChangeState.HELD, reason="late")
    change.refresh_from_db()
    events.notify_attention(change)
    now = timezone.now()
    escalation_turns.escalate_due(now)
    assert EscalationStep.objects.get().user.name == "Ana"
    assert Escalation.objects.get().kind == "filing"
    changes.cancel(change, user=desk.user)
    escalation_turns.escalate_due(now + timedelta(minutes=16))
    assert EscalationStep.objects.count() == 1
    assert Escalation.objects.get().outcome == Escalation.Outcome.OVER
