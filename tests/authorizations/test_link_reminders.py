"""Reminders of a link: after two days and a day before its end, each once, while it is of use."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations import link_emails, links, rights
from caraus.authorizations.models import LONG_LINK_LIFETIME, Authorization, ExternalLink
from caraus.authorizations.tasks import remind_of_links_task
from caraus.mail.models import OutgoingEmail
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer, delivered
from tests.worker import Worker

DAY = timedelta(days=1)


@pytest.fixture
def link(owner: User, company: Company) -> ExternalLink:
    """Return a link for a week, made just now."""
    return links.create_link(
        Membership.objects.get(user=owner),
        companies=[company],
        email="ion@contabil.ro",
        lifetime=LONG_LINK_LIFETIME,
    )[0]


def remind(link: ExternalLink, *, hours: int) -> int:
    """Send what is due so many hours after the link was made; return how many e-mails that is."""
    before = OutgoingEmail.objects.count()
    link_emails.send_reminders(now=link.created_at + timedelta(hours=hours))
    return OutgoingEmail.objects.count() - before


def test_it_reminds_after_two_days_and_a_day_before_the_end(link: ExternalLink) -> None:
    sent = [hours for hours in range(24 * 8) if remind(link, hours=hours)]
    assert sent == [48, 144]


def test_after_a_time_without_a_worker_only_the_last_is_sent(link: ExternalLink) -> None:
    assert [remind(link, hours=hours) for hours in (130, 150, 151)] == [0, 1, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"used_at": timezone.now()},
        {"revoked_at": timezone.now()},
        {"reminders": False},
        {"email": ""},
    ],
)
def test_nobody_is_reminded_of_what_is_over_or_should_not_be(
    link: ExternalLink, change: dict[str, object]
) -> None:
    ExternalLink.objects.update(**change)
    assert [remind(link, hours=hours) for hours in (48, 144)] == [0, 0]


def test_a_link_of_somebody_who_lost_the_role_reminds_of_nothing(link: ExternalLink) -> None:
    Membership.objects.update(role="viewer")
    assert remind(link, hours=48) == 0


@pytest.mark.parametrize("for_all", [True, False])
def test_nobody_is_reminded_where_another_certificate_serves_every_company(
    organization: Organization, company: Company, link: ExternalLink, *, for_all: bool
) -> None:
    ExternalLink.objects.update(for_all=for_all)
    authorization = factories.authorization(organization)
    rights.record_right(authorization=authorization, company=company, covered=True)
    assert remind(link, hours=48) == 0
    Authorization.objects.update(status="disconnected")
    assert remind(link, hours=49) == 1


def test_a_link_for_a_day_has_no_reminder(owner: User, company: Company) -> None:
    link, _ = links.create_link(Membership.objects.get(user=owner), email="ion@contabil.ro")
    assert not any(remind(link, hours=hours) for hours in range(25))


def test_a_reminder_that_waits_is_withdrawn_when_somebody_authorizes(link: ExternalLink) -> None:
    assert remind(link, hours=48) == 1
    links.mark_used(link.pk, now=timezone.now())
    assert delivered() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once(link: ExternalLink) -> None:
    now = link.created_at + 2 * DAY
    results = at_once(*[lambda: link_emails.send_reminders(now=now)] * 2)
    assert results == [None, None]
    assert OutgoingEmail.objects.count() == 1


def test_the_e_mail_carries_a_link_that_works_and_says_until_when(
    worker: Worker, owner: User, company: Company, settings: LazySettings
) -> None:
    link, _ = links.create_link(
        Membership.objects.get(user=owner),
        companies=[company],
        email="ion@contabil.ro",
        lifetime=LONG_LINK_LIFETIME,
        now=timezone.now() - 2 * DAY,
    )
    with MailServer() as server:
        settings.MAILERS = server.mailers
        remind_of_links_task.func(timestamp=0)
        worker.drain()
        (email,) = server.messages
    assert email["To"] == "ion@contabil.ro"
    assert str(email["Subject"]).startswith("Reamintire")
    for part in (part.get_content() for part in email.iter_parts()):
        match = re.search(r"/autorizare/([\w-]{43})/", part)
        assert match
        assert Client().get(f"/autorizare/{match[1]}/").status_code == 302
        assert "nu l-a folosit încă nimeni" in part
        assert ", ora " in part
        assert str(company) in part
    link.refresh_from_db()
    assert link.first_reminder_at
    assert link.last_reminder_at is None


def test_what_is_due_is_found_with_one_query_whatever_else_there_is(
    owner: User, link: ExternalLink
) -> None:
    member = Membership.objects.get(user=owner)
    for number in range(30):
        links.create_link(member, email=f"a{number}@firma.ro", lifetime=LONG_LINK_LIFETIME)
    with CaptureQueriesContext(database) as queries:
        link_emails.send_reminders(now=link.created_at + DAY)
    assert len(queries) == 1
