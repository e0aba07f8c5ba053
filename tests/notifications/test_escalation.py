"""Alarms of which the people of the list are notified in turn, until somebody answers."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.members import remove_member
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.formatting import today
from caraus.notifications import escalation_turns
from caraus.notifications.models import (
    DeliverySettings,
    Escalation,
    EscalationStep,
    Notification,
    NotificationEmail,
    NotificationFailure,
    NotificationPush,
    PushSubscription,
)
from caraus.notifications.preferences import Channels, save_channels
from caraus.notifications.push_keys import save_subscription
from caraus.transports.marks import mark_transports
from caraus.transports.models import Transport
from caraus.transports.notification_kinds import LAST_HOURS_OF_UIT
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer
from tests.notifications.push_service import PushService, Subscriber
from tests.notifications.test_cards import alarm, uit_of_day
from tests.notifications.turns import FOUR, after, named, notified_until, send_all, set_list
from tests.notifications.uit_notices import at, text_of
from tests.transports.test_notifications import Anaf
from tests.worker import Worker


def test_an_alarm_notifies_one_after_the_other_each_once_and_then_the_owner_knows(
    smtp: MailServer, service: PushService, organization: Organization, uit: Transport,
    owner: User, ana: User, dan: User,
) -> None:  # fmt: skip
    phones = {user.name: Subscriber(service, user.name) for user in (ana, dan)}
    save_subscription(ana, phones["Ana"].browser)
    save_subscription(dan, phones["Dan"].browser)
    set_list(organization, ana, dan)
    alarm(today(), 16)
    assert notified_until(0) == ["Ana"]
    send_all(0)
    assert len(phones["Ana"].messages()) == 1
    assert phones["Dan"].messages() == []
    mails = [mail["To"] for mail in smtp.messages]
    assert sorted(mails) == sorted([owner.email, ana.email])  # the owner as always
    assert "până la 16:15" in text_of(next(m for m in smtp.messages if m["To"] == ana.email))
    assert "rândul tău" not in text_of(next(m for m in smtp.messages if m["To"] == owner.email))

    assert notified_until(14) == ["Ana"]
    assert notified_until(15) == ["Ana", "Dan"]
    send_all(15)
    (pushed,) = phones["Dan"].messages()
    assert pushed["title"].startswith("KLM001 · expiră ")
    assert pushed["body"].startswith("Nimeni nu a răspuns de la 16:00. E rândul tău")
    assert len(phones["Ana"].messages()) == 1
    last = smtp.messages[-1]
    assert last["To"] == dan.email
    assert "Nimeni nu a răspuns de la 16:00." in text_of(last)

    assert notified_until(29) == ["Ana", "Dan"]
    assert not Notification.objects.filter(kind="unanswered").exists()
    assert notified_until(30) == notified_until(45) == notified_until(600) == ["Ana", "Dan"]
    (silence,) = Notification.objects.filter(kind="unanswered")
    assert silence.user == owner
    assert silence.title == "Nimeni nu a răspuns: 1 alarmă"
    assert "Ana (16:00), Dan (16:15)" in silence.text
    assert "KLM001 · expiră" in silence.text
    assert Escalation.objects.get().outcome == Escalation.Outcome.UNANSWERED


def test_with_an_empty_list_nothing_escalates_and_nothing_is_held_back(
    organization: Organization, uit: Transport, owner: User, ana: User
) -> None:
    alarm(today(), 16)
    assert notified_until(0) == notified_until(20) == []
    assert not Escalation.objects.exists()
    people = NotificationEmail.objects.values_list("notification__user__name", flat=True)
    assert sorted(people) == sorted([owner.name, "Ana"])


def test_until_the_turn_comes_the_alarm_stands_in_the_bell_alone(
    service: PushService, organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    save_subscription(dan, Subscriber(service).browser)
    set_list(organization, ana, dan)
    alarm(today(), 16)
    own = Notification.objects.get(user=dan)
    assert own.read_at is None
    assert not NotificationEmail.objects.filter(notification=own).exists()
    assert not NotificationPush.objects.filter(notification=own).exists()


@pytest.mark.parametrize("opens", ["row", "all", "stay"])
def test_whoever_opens_the_notice_ends_it(
    client: Client, organization: Organization, uit: Transport, owner: User, ana: User, dan: User,
    opens: str,
) -> None:  # fmt: skip
    """The owner is not on the list."""
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    client.force_login(owner)
    own = Notification.objects.get(user=owner)
    if opens == "row":
        client.get(f"/notificari/{own.pk}/")
    elif opens == "stay":
        client.post(f"/notificari/{own.pk}/", {"ramai": "1"})
    else:
        client.post("/notificari/citite/")
    assert notified_until(15) == notified_until(30) == ["Ana"]
    (ended,) = Escalation.objects.all()
    assert (ended.outcome, ended.answered_by) == (Escalation.Outcome.ANSWERED, owner)
    assert not Notification.objects.filter(kind="unanswered").exists()


def test_another_notice_that_is_opened_ends_nothing(
    client: Client, organization: Organization, company: Company, owner: User, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    anaf = Anaf(company)
    anaf.store()
    anaf.store(anaf.record())
    uit_of_day(company, today(), 1)
    alarm(today(), 16)
    notified_until(0)
    client.force_login(owner)
    client.get(f"/notificari/{Notification.objects.get(user=owner, kind='uit_new').pk}/")
    assert notified_until(15) == ["Ana", "Dan"]


@pytest.mark.parametrize("kind", ["unloaded", "fine", "taken"])
def test_a_mark_by_anybody_ends_it(
    organization: Organization, uit: Transport, owner: User, ana: User, dan: User, kind: str
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    mark_transports([uit], kind, owner, at=after(3))
    assert notified_until(15) == notified_until(30) == ["Ana"]
    assert Escalation.objects.get().outcome == Escalation.Outcome.OVER


def test_that_somebody_saw_to_it_before_the_alarm_ends_nothing(
    organization: Organization, uit: Transport, owner: User, ana: User, dan: User
) -> None:
    mark_transports([uit], "taken", owner, at=after(-120))
    set_list(organization, ana, dan)
    alarm(today(), 16)
    assert notified_until(0) == ["Ana"]
    assert notified_until(15) == ["Ana", "Dan"]


@pytest.mark.parametrize(
    "change",
    [
        {"state": Transport.State.DELISTED},
        {"first_expired_day": today() + timedelta(days=3)},
        {"carrier_cui": factories.OTHER_CUI},
    ],
    ids=["closed", "longer", "of another"],
)
def test_what_is_no_longer_true_notifies_nobody_more(
    organization: Organization, uit: Transport, ana: User, dan: User, change: dict[str, object]
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    Transport.objects.update(**change)
    assert notified_until(15) == ["Ana"]


def test_a_uit_in_its_last_hours_notifies_nobody_after_midnight(
    organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    assert notified_until(8 * 60) == ["Ana"]


def test_a_member_of_some_companies_and_who_left_are_passed_over(
    organization: Organization, company: Company, uit: Transport, owner: User, ana: User, dan: User
) -> None:
    ion, eva, off = (named(organization, name) for name in ("Ion", "Eva", "Off"))
    set_list(organization, ana, dan, off, ion, eva)
    other = factories.company(organization, cui=factories.OTHER_CUI)
    restricted = Membership.objects.get(user=ana)
    Membership.objects.filter(pk=restricted.pk).update(only_some_companies=True)
    restricted.companies.add(other)
    User.objects.filter(pk=off.pk).update(is_active=False)
    alarm(today(), 16)
    assert not Notification.objects.filter(user=ana).exists()
    assert notified_until(0) == ["Dan"]
    membership = {row.user: row for row in Membership.objects.filter(organization=organization)}
    remove_member(membership[owner], membership[ion])
    assert notified_until(15) == ["Dan", "Eva"]
    assert notified_until(30) == ["Dan", "Eva"]
    restricted.companies.add(company)
    assert Escalation.objects.get().outcome == Escalation.Outcome.UNANSWERED


def test_when_nobody_of_the_list_may_see_the_company_the_owner_knows(
    organization: Organization, company: Company, uit: Transport, owner: User, ana: User
) -> None:
    set_list(organization, ana)
    Membership.objects.filter(user=ana).update(only_some_companies=True)
    alarm(today(), 16)
    assert notified_until(0) == []
    assert "Nimeni de pe lista" in Notification.objects.get(kind="unanswered").text


def test_who_lacks_the_second_factor_that_is_demanded_is_passed_over(
    organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    Organization.objects.update(require_two_factors=True)
    Authenticator.objects.create(user=dan, type="totp", data={})
    alarm(today(), 16)
    assert notified_until(0) == ["Dan"]


def test_the_switches_of_a_person_do_not_stop_the_turn(
    smtp: MailServer, service: PushService, organization: Organization, uit: Transport, ana: User
) -> None:
    """Neither e-mail, push, bell nor filters, nor quiet hours."""
    phone = Subscriber(service)
    save_subscription(ana, phone.browser)
    off = Channels(bell=False, email=False)
    save_channels(user=ana, organization=organization, kind=LAST_HOURS_OF_UIT, channels=off)
    DeliverySettings.objects.create(
        user=ana, organization=organization, vehicles=["ZZ99ZZZ"],
        quiet_from=at("2026-01-01 15:00").time(), quiet_until=at("2026-01-01 20:00").time(),
    )  # fmt: skip
    set_list(organization, ana)
    alarm(today(), 16)
    assert not Notification.objects.filter(user=ana).exists()
    assert notified_until(0) == ["Ana"]
    send_all(0)
    assert len(phone.messages()) == 1
    assert [mail["To"] for mail in smtp.messages].count(ana.email) == 1


def test_whose_bell_is_off_is_notified_by_push_too(
    service: PushService, organization: Organization, uit: Transport, ana: User
) -> None:
    phone = Subscriber(service)
    save_subscription(ana, phone.browser)
    chosen = Channels(bell=False)
    save_channels(user=ana, organization=organization, kind=LAST_HOURS_OF_UIT, channels=chosen)
    set_list(organization, ana)
    alarm(today(), 16)
    assert Notification.objects.get(user=ana).read_at is not None
    notified_until(0)
    send_all(0)
    assert len(phone.messages()) == 1


def test_a_person_without_push_is_notified_by_e_mail(
    smtp: MailServer, organization: Organization, uit: Transport, ana: User
) -> None:
    assert not PushSubscription.objects.exists()
    set_list(organization, ana)
    alarm(today(), 16)
    notified_until(0)
    send_all(0)
    assert [mail["To"] for mail in smtp.messages].count(ana.email) == 1
    own = Notification.objects.get(user=ana)
    (mail,) = [mail for mail in smtp.messages if mail["To"] == ana.email]
    assert f"/notificari/{own.pk}/" in text_of(mail)


def test_who_joins_the_list_later_is_notified_again_in_a_new_e_mail(
    smtp: MailServer, organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana)
    alarm(today(), 16)
    notified_until(0)
    send_all(0)
    set_list(organization, ana, dan)
    assert notified_until(15) == ["Ana", "Dan"]
    send_all(15)
    first, second = (mail for mail in smtp.messages if mail["To"] == dan.email)
    assert first["Message-ID"] != second["Message-ID"]
    assert "E rândul tău" in text_of(second)


def test_a_list_that_is_emptied_stops_what_goes_on(
    organization: Organization, uit: Transport, owner: User, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    set_list(organization)
    assert notified_until(15) == ["Ana"]
    assert not Notification.objects.filter(kind="unanswered").exists()


def test_the_time_that_each_has_is_the_organizations(
    organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan, minutes=5)
    alarm(today(), 16)
    assert notified_until(0) == notified_until(4) == ["Ana"]
    assert notified_until(5) == ["Ana", "Dan"]


def test_after_a_time_without_a_worker_nobody_is_passed_over(
    organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)
    assert notified_until(120) == ["Ana"]
    assert notified_until(134) == ["Ana"]
    assert notified_until(135) == ["Ana", "Dan"]


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_notify_a_person_once(
    organization: Organization, company: Company, ana: User, dan: User
) -> None:
    for number in range(3):
        uit_of_day(company, today(), number)
    set_list(organization, ana, dan)
    alarm(today(), 16)
    assert at_once(*[lambda: escalation_turns.escalate_due(FOUR)] * 3) == [None] * 3
    assert EscalationStep.objects.count() == 3
    assert set(EscalationStep.objects.values_list("user", flat=True)) == {ana.pk}
    assert NotificationEmail.objects.filter(notification__user=ana).count() == 3
    assert at_once(*[lambda: escalation_turns.escalate_due(after(15))] * 3) == [None] * 3
    assert EscalationStep.objects.filter(user=dan).count() == 3
    assert not NotificationFailure.objects.exists()  # none failed on what another had done


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_meanwhile_loses_nothing(
    organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)

    def work_and_die() -> None:
        with transaction.atomic():
            escalation_turns.escalate_due(FOUR)
            assert EscalationStep.objects.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_and_die()
    assert not EscalationStep.objects.exists()
    assert not NotificationEmail.objects.filter(notification__user=ana).exists()
    assert notified_until(1) == ["Ana"]


@pytest.mark.django_db(transaction=True)
def test_the_first_is_notified_at_once_by_a_job_that_a_rollback_takes_with_it(
    worker: Worker, organization: Organization, company: Company, owner: User, ana: User
) -> None:
    set_list(organization, ana)
    anaf = Anaf(company)
    other = anaf.record(uit="4E2A21D5GGCNNG05")
    anaf.store(anaf.record(), other)
    jobs = ProcrastinateJob.objects.filter(task_name="notifications.escalate")

    def delist_and_fail() -> None:
        with transaction.atomic():
            anaf.store(other)
            anaf.store(other)
            assert jobs.exists()
            assert Escalation.objects.exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        delist_and_fail()
    assert not jobs.exists()
    assert not Escalation.objects.exists()
    anaf.store(other)
    anaf.store(other)
    assert jobs.count() == 1
    worker.drain()
    (step,) = EscalationStep.objects.all()
    assert (step.user, step.escalation.kind) == (ana, "uit_delisted")
    sent = NotificationEmail.objects.get(notification__user=ana)
    assert sent.state == NotificationEmail.State.SENT
