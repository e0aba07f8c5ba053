"""E-mails wait sealed, go when the mail server takes them, and hold up nobody."""

import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage as Received
from functools import partial

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core import mail
from django.core.mail import EmailMultiAlternatives, send_mail
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.commands.ports import free_ports
from caraus.mail import delivery, key_rotation, queue, tasks
from caraus.mail.messages import OutgoingMessage, unseal_message
from caraus.mail.models import OutgoingEmail
from tests.authorize import at_once
from tests.mail import MailServer, delivered, mailers
from tests.worker import Worker

SECRET = "Sx3cr3t-of-a-link"
TO = "ana@example.ro"


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.MAILERS = server.mailers
        yield server


def write(*, to: str = TO, lives: timedelta | None = None, reference: str = "") -> OutgoingEmail:
    email = OutgoingMessage("Subiect cu ș", f"https://caraus.example.ro/{SECRET}/", to=[to])
    email.attach_alternative(f"<p>{SECRET}</p>", "text/html")
    email.purpose, email.reference = "test", reference
    email.expires_at = timezone.now() + lives if lives else None
    email.send()
    return OutgoingEmail.objects.latest("pk")


def test_the_worker_sends_it_whole_and_deletes_it(worker: Worker, smtp: MailServer) -> None:
    write()
    worker.drain()
    (received,) = smtp.messages
    assert received["Subject"] == "Subiect cu ș"
    assert received["To"] == TO
    assert received["Message-ID"]
    text, html = (part.get_content() for part in received.iter_parts())
    assert SECRET in text
    assert SECRET in html
    assert not OutgoingEmail.objects.exists()


def test_nothing_of_an_email_is_readable_in_the_database(db: None) -> None:
    email = write()
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM mail_outgoingemail e")
        stored = str(cursor.fetchall()) + str(list(ProcrastinateJob.objects.values()))
    assert SECRET not in stored
    assert "Subiect" not in stored
    assert SECRET in unseal_message(email.sealed, recipient=TO).body


def test_an_email_is_created_with_the_act_or_not_at_all(db: None) -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not OutgoingEmail.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_django_s_own_functions_queue_too(db: None) -> None:
    send_mail("A\nB", "Text.", None, ["ana@example.ro", "ion@example.ro"])
    assert OutgoingEmail.objects.count() == 2
    assert [(message.to, message.subject) for message in delivered()] == [
        (["ana@example.ro"], "A B"),
        (["ion@example.ro"], "A B"),
    ]
    with pytest.raises(ValueError, match="attachments"):
        EmailMultiAlternatives("A", "B", to=[TO], attachments=[("a", "b", "text/plain")]).send()


def test_a_server_that_is_down_is_tried_with_growing_pauses_then_has_it_once(
    worker: Worker, settings: LazySettings
) -> None:
    settings.MAILERS = mailers(free_ports(1)[0])
    write()
    worker.drain()
    email = OutgoingEmail.objects.get()
    assert (email.attempts, email.error_code) == (1, "unreachable")
    pauses = []
    for _ in range(3):
        before, now = email.next_attempt_at - timedelta(seconds=1), email.next_attempt_at
        assert not delivery.deliver_message(email.pk, now=before)
        assert delivery.due_messages(before) == []
        assert not delivery.deliver_message(email.pk, now=now)
        email.refresh_from_db()
        pauses.append(email.next_attempt_at - now)
    assert pauses == [timedelta(minutes=minutes) for minutes in (2, 4, 8)]
    with MailServer() as server:
        settings.MAILERS = server.mailers
        OutgoingEmail.objects.update(next_attempt_at=timezone.now())
        tasks.deliver_due.func(timestamp=0)
        worker.drain()
        tasks.deliver_due.func(timestamp=0)
        worker.drain()
        assert len(server.messages) == 1


def test_after_three_days_it_is_given_up_and_its_text_deleted(smtp: MailServer, db: None) -> None:
    smtp.refuse("451 try later")
    email = write(reference="thing:1")
    now, tries = timezone.now(), 0
    while email.pk in delivery.due_messages(now):
        assert not delivery.deliver_message(email.pk, now=now)
        email.refresh_from_db()
        now, tries = email.next_attempt_at, tries + 1
        assert tries < 100
    assert email.gave_up_at
    assert timedelta(days=3) <= email.gave_up_at - email.created_at < timedelta(days=3, hours=4)
    assert (email.sealed, email.error_code) == ("", "server")
    assert queue.delivery_failures(["thing:1", "thing:2"]) == {"thing:1": email}
    smtp.accept()
    assert not delivery.deliver_message(email.pk, now=now + timedelta(days=1))
    assert smtp.messages == []
    assert delivery.delete_given_up(email.gave_up_at + timedelta(days=31)) == 1


def test_a_link_is_not_sent_once_it_works_no_longer(smtp: MailServer, db: None) -> None:
    email = write(lives=timedelta(hours=24))
    late = timezone.now() + timedelta(hours=24, seconds=1)
    assert not delivery.deliver_message(email.pk, now=late)
    email.refresh_from_db()
    assert (email.sealed, email.error_code) == ("", "late")
    assert smtp.messages == []


@pytest.mark.parametrize(("code", "final"), [(550, True), (553, True), (450, False), (451, False)])
def test_an_unknown_mailbox_is_final_and_greylisting_is_not(code: int, *, final: bool) -> None:
    assert delivery.is_permanent(smtplib.SMTPRecipientsRefused({TO: (code, b"no")})) is final


def test_a_refused_recipient_is_reported_and_not_tried_again(smtp: MailServer, db: None) -> None:
    smtp.refuse_recipients("550 no such mailbox user=caraus password=hunter2")
    email = write(reference="thing:1")
    assert not delivery.deliver_message(email.pk)
    email.refresh_from_db()
    assert (email.error_code, email.attempts) == ("recipient", 1)
    assert email.gave_up_at
    assert "hunter2" not in str(list(OutgoingEmail.objects.values()))


def test_an_address_that_can_not_be_written_is_not_tried_for_ever(
    smtp: MailServer, db: None
) -> None:
    email = write(to="două@adrese@example.ro")
    assert not delivery.deliver_message(email.pk)
    email.refresh_from_db()
    assert email.gave_up_at


def test_a_lost_key_ends_the_email_and_nothing_else(
    smtp: MailServer, db: None, settings: LazySettings
) -> None:
    email = write()
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert not delivery.deliver_message(email.pk)
    email.refresh_from_db()
    assert (email.error_code, smtp.messages) == ("key", [])


@pytest.mark.django_db(transaction=True)
def test_workers_that_take_the_same_email_at_once_send_it_once(smtp: MailServer) -> None:
    email = write()
    results = at_once(*[partial(delivery.deliver_message, email.pk)] * 4)
    assert sorted(map(str, results)) == ["False", "False", "False", "True"]
    assert len(smtp.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_a_crash_after_the_server_took_it_doubles_it_under_one_id(smtp: MailServer) -> None:
    email = write()
    with transaction.atomic():
        assert delivery.deliver_message(email.pk)
        transaction.set_rollback(True)
    assert delivery.deliver_message(email.pk)
    first, second = smtp.messages
    assert isinstance(first, Received)
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.django_db(transaction=True)
def test_an_email_that_is_just_being_sent_holds_up_nobody_who_withdraws_it() -> None:
    first, second = write(reference="thing:1"), write(reference="thing:1")
    with transaction.atomic():
        OutgoingEmail.objects.select_for_update().get(pk=first.pk)  # as while SMTP takes it
        (done,) = at_once(partial(queue.withdraw_messages, reference="thing:1"))
        assert done is None
    assert list(OutgoingEmail.objects.all()) == [first]
    assert second.pk != first.pk


def test_rotated_keys_open_the_emails_that_wait(db: None, settings: LazySettings) -> None:
    email = write()
    (old,), new = settings.TOKEN_KEYS, Fernet.generate_key().decode()
    settings.TOKEN_KEYS = [new, old]
    assert key_rotation.rotate_message_keys() == (1, 0)
    settings.TOKEN_KEYS = [new]
    email.refresh_from_db()
    assert SECRET in unseal_message(email.sealed, recipient=TO).body
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert key_rotation.rotate_message_keys() == (0, 1)


def test_what_waits_for_a_person_who_is_erased_goes_too(db: None) -> None:
    write()
    queue.delete_messages_to("ANA@example.ro")
    assert delivered() == mail.outbox == []
