"""What people are notified of in turn: which kinds, until when, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations import deadlines, notifications
from caraus.authorizations.models import Authorization
from caraus.core.formatting import today
from caraus.notifications import escalation, escalation_turns
from caraus.notifications.kinds import push_kinds
from caraus.notifications.models import (
    Escalation,
    EscalationStep,
    Notification,
    NotificationEmail,
)
from tests import factories
from tests.notifications.test_cards import alarm, uit_of_day
from tests.notifications.turns import FOUR, named, notified_until, set_list
from tests.transports.test_notifications import Anaf


def test_a_uit_that_comes_back_notifies_nobody_in_turn(
    organization: Organization, company: Company, owner: User, ana: User
) -> None:
    set_list(organization, ana)
    anaf = Anaf(company)
    first, other = anaf.record(), anaf.record(uit="4E2A21D5GGCNNG05")
    for records in ([first, other], [other], [other], [first, other]):
        anaf.store(*records)
    kinds = Escalation.objects.values_list("facts__event", flat=True)
    assert list(kinds) == ["delisted"]
    escalation_turns.escalate_due(anaf.now + timedelta(minutes=1))
    assert not EscalationStep.objects.exists()
    returned = Notification.objects.filter(user=ana, kind="uit_delisted").latest("pk")
    assert NotificationEmail.objects.filter(notification=returned).exists()  # as chosen


def test_an_authorization_that_stops_escalates_until_it_is_renewed(
    organization: Organization, owner: User, ana: User, dan: User
) -> None:
    eva = named(organization, "Eva", role="admin")
    set_list(organization, ana, dan, eva)
    old = factories.authorization(organization, authorized_by=owner, status="reauthorize")
    notifications.needs_authorization(old, now=FOUR)
    emails = NotificationEmail.objects.values_list("notification__user", flat=True)
    assert list(emails) == [owner.pk]  # Eva, who would have one, waits for her turn
    assert notified_until(0) == ["Ana"]
    own = Notification.objects.get(user=ana, kind="authorization")
    assert NotificationEmail.objects.filter(notification=own).exists()
    Authorization.objects.update(status="replaced")
    assert notified_until(15) == ["Ana"]


def test_an_end_that_only_comes_near_notifies_nobody_in_turn(
    organization: Organization, owner: User, ana: User
) -> None:
    set_list(organization, ana)
    factories.authorization(organization, authorized_by=owner)
    Authorization.objects.update(
        refresh_expires_at=FOUR + timedelta(days=6), access_expires_at=FOUR + timedelta(days=6)
    )
    deadlines.notify_of_deadlines(now=FOUR)
    assert Notification.objects.filter(kind="authorization").exists()
    assert not Escalation.objects.exists()


def test_a_viewer_has_no_turn_about_what_a_viewer_may_not_read(
    organization: Organization, owner: User, ana: User
) -> None:
    looks = named(organization, "Vio", role="viewer")
    set_list(organization, looks, ana)
    old = factories.authorization(organization, authorized_by=owner, status="reauthorize")
    notifications.needs_authorization(old, now=FOUR)
    assert notified_until(0) == ["Ana"]


def test_turns_are_written_in_the_order_in_which_everybody_is_notified(
    organization: Organization, company: Company, ana: User, dan: User
) -> None:
    other = factories.company(organization, cui=factories.OTHER_CUI)
    Membership.objects.filter(user__in=[ana, dan]).update(only_some_companies=True)
    Membership.objects.get(user=dan).companies.add(company)
    Membership.objects.get(user=ana).companies.add(other)
    set_list(organization, dan, ana)
    uit_of_day(company, today(), 1)
    uit_of_day(other, today(), 2)
    alarm(today(), 16)
    earlier, later = Escalation.objects.order_by("pk")
    assert (earlier.company, later.company) == (company, other)  # Dan's alarm, then Ana's
    notified_until(0)
    steps = EscalationStep.objects.order_by("pk").values_list("user", flat=True)
    assert list(steps) == [ana.pk, dan.pk]


def test_all_kinds_with_push_have_a_check_and_are_not_held_by_quiet_hours() -> None:
    kinds = push_kinds()
    assert {kind.code for kind in kinds} == {*escalation.alarm_checks}
    assert all(kind.urgent or kind.essential for kind in kinds)


@pytest.mark.parametrize("number", [3, 40])
def test_the_queries_do_not_grow_with_the_alarms(
    organization: Organization, company: Company, ana: User, dan: User, number: int
) -> None:
    for each in range(number):
        uit_of_day(company, today(), each)
    set_list(organization, ana, dan)
    alarm(today(), 16)
    with CaptureQueriesContext(database) as queries:
        escalation_turns.escalate_due(FOUR)
    assert EscalationStep.objects.count() == number
    assert len(queries) <= 60
