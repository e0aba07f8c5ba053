"""E-mail over a real SMTP server: in Romanian, twice dressed, once sent; and with it down."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from caraus.accounts.models import Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.commands.ports import free_ports
from caraus.mail.delivery import GIVE_UP_AFTER, retry_delay
from caraus.mail.messages import OutgoingMessage
from caraus.notifications import delivery, emails
from caraus.notifications.mail_failures import mail_failures_of
from caraus.notifications.models import Notification, NotificationEmail
from caraus.notifications.notify import notify
from caraus.notifications.tasks import send_due
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer, mailers
from tests.notifications.plain import plain, plain_facts
from tests.worker import Worker


def notify_user(organization: Organization, user: User, key: str = "fact") -> Notification:
    (notification,) = notify(
        organization=organization,
        users=[user],
        kind=AUTHORIZATION_NEEDED,
        key=key,
        message=plain,
        facts=plain_facts(
            "Autorizarea expiră\nmâine",
            "Prima frază, cu ș și ț.\n\nA doua <b>frază</b>.",
            "Autorizează din nou",
        ),
        address="/integrari/#autorizeaza",
    )
    return notification


def test_the_worker_sends_text_and_html_in_romanian(
    worker: Worker, smtp: MailServer, organization: Organization, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://caraus.example.ro"
    notify_user(organization, factories.member(organization, "owner", name="Ștefan Țurcanu"))
    worker.drain()
    (received,) = smtp.messages
    assert received["Subject"] == "Autorizarea expiră mâine"
    assert received["To"].endswith("@example.ro")
    text, html = (part.get_content() for part in received.iter_parts())
    assert "Bună ziua, Ștefan Țurcanu" in text
    assert "A doua <b>frază</b>." in text
    assert "A doua &lt;b&gt;frază&lt;/b&gt;." in html
    link = "https://caraus.example.ro/o/trans-test/integrari/#autorizeaza"
    assert link in text
    assert f'href="{link}"' in html
    assert NotificationEmail.objects.get().state == "sent"
    send_due.func(timestamp=0)
    worker.drain()
    assert len(smtp.messages) == 1


@pytest.mark.parametrize(
    "subject",
    [
        "UIT nou 3EVW DV7N 1UFM C682: SB00LIV + B763EEF, Sector 3 (B) → Ploiești (PH), luni",
        "Ana te roagă să autorizezi aplicația la ANAF SPV",
        "ăâîșț " * 30 + "ț",
        "Plain words",
        "plain words, many of them, " * 6 + "to the end",
    ],
)
def test_a_subject_arrives_as_it_was_written(
    worker: Worker, smtp: MailServer, subject: str
) -> None:
    """Of an e-mail of ours, and of a library's that went through the queue."""
    OutgoingMessage(subject, "Text.", to=["ana@example.ro"]).send(using="delivery")
    send_mail(subject, "Text.", None, ["ana@example.ro"])
    worker.drain()
    assert [message["Subject"] for message in smtp.messages] == [subject, subject]


def test_a_notification_is_an_email(organization: Organization, owner: User) -> None:
    assert isinstance(emails.compose_email([notify_user(organization, owner)]), OutgoingMessage)


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_the_same_mail_at_once_send_it_once(
    smtp: MailServer, organization: Organization, owner: User
) -> None:
    notification = notify_user(organization, owner)
    results = at_once(*[lambda: delivery.send_email(notification_id=notification.pk)] * 4)
    assert sorted(map(str, results)) == ["False", "False", "False", "True"]
    assert len(smtp.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_before_the_mail_leaves_loses_nothing_and_one_after_it_doubles_under_one_id(
    smtp: MailServer, organization: Organization, owner: User
) -> None:
    notification = notify_user(organization, owner)
    with transaction.atomic():
        assert delivery.send_email(notification_id=notification.pk)
        transaction.set_rollback(True)  # the worker dies between SMTP's answer and the commit
    assert NotificationEmail.objects.get().state == "waiting"
    assert delivery.send_email(notification_id=notification.pk)
    first, second = smtp.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_while_the_server_is_down_it_is_tried_with_growing_pauses_then_sent_once(
    worker: Worker, organization: Organization, owner: User, settings: LazySettings
) -> None:
    settings.MAILERS = mailers(free_ports(1)[0])
    notification = notify_user(organization, owner)
    worker.drain()
    email = NotificationEmail.objects.get()
    assert (email.state, email.attempts, email.error_code) == ("waiting", 1, "unreachable")
    now, pauses = timezone.now(), []
    for _ in range(4):
        email.refresh_from_db()
        before = email.next_attempt_at - timedelta(seconds=1)
        assert notification.pk not in delivery.due_emails(before)
        assert not delivery.send_email(notification_id=notification.pk, now=before)
        pauses.append(email.next_attempt_at - now)
        now = email.next_attempt_at
        assert delivery.due_emails(now) == [notification.pk]
        assert not delivery.send_email(notification_id=notification.pk, now=now)
    assert pauses[1:] == [timedelta(minutes=minutes) for minutes in (2, 4, 8)]
    with MailServer() as server:
        settings.MAILERS = server.mailers
        NotificationEmail.objects.update(next_attempt_at=timezone.now())
        send_due.func(timestamp=0)
        worker.drain()
        assert len(server.messages) == 1
    email.refresh_from_db()
    assert (email.state, email.error_code) == ("sent", "")


@pytest.mark.parametrize("reply", ["451 try later", "550 no such mailbox"])
def test_after_three_days_it_is_given_up_and_the_administrator_sees_why(
    smtp: MailServer, organization: Organization, owner: User, reply: str
) -> None:
    smtp.refuse(reply)
    notification = notify_user(organization, owner)
    assert mail_failures_of(organization) is None
    now = timezone.now()
    tries = 0
    while notification.pk in delivery.due_emails(now):
        delivery.send_email(notification_id=notification.pk, now=now)
        now = NotificationEmail.objects.get().next_attempt_at
        tries += 1
        assert tries < 100
    assert timedelta(days=3) <= now - notification.created_at < timedelta(days=3, hours=4)
    email = NotificationEmail.objects.get()
    assert (email.state, email.attempts) == ("given_up", tries)
    failure = mail_failures_of(organization)
    assert failure
    assert (failure.given_up, failure.waiting) == (1, 0)
    assert failure.sentence.startswith("Serverul de e-mail")
    smtp.accept()
    assert not delivery.send_email(notification_id=notification.pk, now=now + timedelta(days=1))
    assert smtp.messages == []


def test_what_the_server_says_is_not_kept_since_it_may_quote_a_password(
    smtp: MailServer,
    organization: Organization,
    owner: User,
    caplog: pytest.LogCaptureFixture,
) -> None:
    smtp.refuse("550 user=caraus password=hunter2")
    notification = notify_user(organization, owner)
    delivery.send_email(notification_id=notification.pk)
    assert "hunter2" not in caplog.text + str(list(NotificationEmail.objects.values()))
    assert "email_not_sent" in caplog.text


@given(st.integers(1, 10_000))
def test_pauses_grow_and_stay_within_two_hours(attempts: int) -> None:
    assert timedelta(minutes=1) <= retry_delay(attempts) <= retry_delay(attempts + 1)
    assert retry_delay(attempts) <= timedelta(hours=2)


def test_an_email_that_can_not_be_written_is_given_up_like_one_not_sent(
    organization: Organization, settings: LazySettings
) -> None:
    """Whatever breaks in the writing is counted, put off ever longer, and given up in the end."""
    notify_user(organization, factories.member(organization, "owner"))
    email = NotificationEmail.objects.get()
    settings.TEMPLATES = [template | {"APP_DIRS": False} for template in settings.TEMPLATES]
    now = email.next_attempt_at
    assert not delivery.send_email(notification_id=email.pk, now=now)
    email.refresh_from_db()
    assert (email.state, email.attempts, email.error_code) == ("waiting", 1, "message")
    assert email.next_attempt_at == now + retry_delay(1)
    late = now + GIVE_UP_AFTER
    assert not delivery.send_email(notification_id=email.pk, now=late)
    email.refresh_from_db()
    assert (email.state, email.attempts) == ("given_up", 2)
    assert delivery.due_emails(late + timedelta(days=1)) == []
