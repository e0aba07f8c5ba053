"""Notices of UITs: who is notified, by which channel; many as one; nothing twice."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.fleet.notification_kinds import FLEET_ISSUE
from caraus.notifications import delivery, purge
from caraus.notifications.kinds import NotificationKind, registered_kinds
from caraus.notifications.models import (
    DeliverySettings,
    Notification,
    NotificationEmail,
    NotifiedUit,
)
from caraus.notifications.notify import notify
from caraus.notifications.preferences import Channels, save_channels
from caraus.sync.notification_kinds import ANAF_LIMITS
from caraus.transports.notification_kinds import NEW_UIT
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer
from tests.notifications.plain import plain, plain_facts
from tests.notifications.uit_notices import make_notices, notify_uits, run_worker_minute, text_of
from tests.squeezed import squeezed


def test_each_channel_has_its_usual_and_its_own_switch(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    assert {kind.code for kind in registered_kinds() if kind.of_uits and kind.email} == {
        *("fleet_issue", "uit_delisted", "uit_ends_today", "uit_last_hours", "uit_expired")
    }
    assert (
        notify_uits(NEW_UIT, make_notices(company, "1"))
        == notify_uits(FLEET_ISSUE, make_notices(company, "1"))
        == 1
    )
    new, problem = Notification.objects.order_by("pk")
    assert new.digest_at
    assert not problem.digest_at
    assert list(NotificationEmail.objects.values_list("pk", flat=True)) == [problem.pk]
    nothing = Channels(bell=False, email=False, digest=False)
    save_channels(user=owner, organization=organization, kind=NEW_UIT, channels=nothing)
    assert notify_uits(NEW_UIT, make_notices(company, "2")) == 0
    save_channels(
        user=owner,
        organization=organization,
        kind=NEW_UIT,
        channels=Channels(bell=False, email=True),
    )
    notify_uits(NEW_UIT, make_notices(company, "3"))
    assert Notification.objects.get(key="3").read_at
    assert NotificationEmail.objects.filter(notification__key="3").exists()


@pytest.mark.parametrize("kind", registered_kinds(), ids=lambda kind: kind.code)
def test_every_kind_can_be_notified_by_each_channel_alone(
    organization: Organization, company: Company, owner: User, kind: NotificationKind
) -> None:
    # Somebody else is notified of what is essential by e-mail.
    people = [owner, factories.member(organization, "admin")]
    for number in range(8):
        channels = Channels(*(bool(number & bit) for bit in (1, 2, 4)))
        save_channels(user=owner, organization=organization, kind=kind, channels=channels)
        key = f"{kind.code} {number}"
        later = timezone.now() + timedelta(hours=number)
        if kind.of_uits:
            notify_uits(kind, make_notices(company, key), now=later)
        else:
            notify(
                organization=organization,
                users=people,
                kind=kind,
                key=key,
                message=plain,
                facts=plain_facts("Titlul"),
                address="/",
                now=later,
            )
        notification = Notification.objects.filter(user=owner, key=key).first()
        if kind.of_uits and not channels:
            assert notification is None
            continue
        assert notification
        heard = Channels(
            notification.read_at is None,
            NotificationEmail.objects.filter(pk=notification.pk).exists(),
            bool(notification.digest_at),
        )
        assert heard == Channels(channels.bell or kind.essential, channels.email, channels.digest)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_reported_twice_alone_or_among_many_not_even_at_once(
    company: Company, owner: User
) -> None:
    notified_uits = make_notices(company, *map(str, range(50)))
    results = at_once(*[lambda: notify_uits(NEW_UIT, notified_uits)] * 3)
    assert sorted(map(str, results)) == ["0", "0", "1"]
    (burst,) = Notification.objects.all()
    assert burst.address == f"/transporturi/?arata=noi&firma={company.cui}"
    assert burst.notified_uits.count() == 50
    assert notify_uits(NEW_UIT, make_notices(company, "7")) == 0
    with transaction.atomic():
        notify_uits(NEW_UIT, make_notices(company, "rolled back"))
        transaction.set_rollback(True)
    assert not NotifiedUit.objects.filter(key="rolled back").exists()


def test_a_burst_over_many_companies_and_responses_becomes_one_and_one_email(
    smtp: MailServer,
    organization: Organization,
    owner: User,
    signed_in: Client,
    settings: LazySettings,
) -> None:
    settings.PUBLIC_URL = "https://caraus.example.ro"
    now = timezone.now()
    unsaved = [Company(organization=organization, cui=str(n)) for n in range(10_000, 10_020)]
    companies = Company.objects.bulk_create(unsaved)
    for number, company in enumerate(companies):
        notify_uits(
            FLEET_ISSUE, make_notices(company, str(number)), now=now + timedelta(seconds=number)
        )
    alone, bursts = (Notification.objects.filter(is_burst=is_burst) for is_burst in (False, True))
    assert (alone.count(), bursts.count()) == (5, 1)
    page = signed_in.get("/notificari/").content.decode()
    assert f'href="/notificari/{bursts[0].pk}/">15 probleme de flotă' in squeezed(page)
    assert "UIT nou 5 · UIT nou 6 · " in page
    assert "UIT nou 16 …" in page
    run_worker_minute(now)
    run_worker_minute(now + timedelta(minutes=5, seconds=-1))
    assert len(smtp.messages) == 1  # the first goes at once
    run_worker_minute(now + timedelta(minutes=5))
    first, rest = smtp.messages
    assert first["Subject"] == "1 problemă de flotă"
    assert rest["Subject"] == "19 probleme de flotă"
    html = list(rest.iter_parts())[1].get_content()
    assert all(
        f'href="https://caraus.example.ro/o/trans-test/transporturi/{n}/"' in html
        for n in range(1, 20)
    )
    assert "- UIT nou 1\n  Despre 1.\n  https://" in text_of(rest)
    assert "Restul" not in text_of(rest)
    assert "UIT nou 19" in text_of(rest)
    assert not delivery.due_emails(now + timedelta(days=1))
    # What has been sent grows no more: what comes now is in the next e-mail.
    soon = now + timedelta(minutes=5, seconds=10)
    notify_uits(FLEET_ISSUE, make_notices(companies[0], *map(str, range(100, 170))), now=soon)
    notify_uits(FLEET_ISSUE, make_notices(companies[0], *map(str, range(170, 200))), now=soon)
    run_worker_minute(soon + timedelta(minutes=5))
    assert smtp.messages[2]["Subject"] == "100 de probleme de flotă"
    assert "… și încă 50." in text_of(smtp.messages[2])
    notify_uits(FLEET_ISSUE, make_notices(companies[0], "later"), now=now + timedelta(hours=3))
    assert Notification.objects.get(key="later").title == "UIT nou later"
    run_worker_minute(now + timedelta(hours=3))
    assert len(smtp.messages) == 4


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_make_one_email_of_what_belongs_together(
    smtp: MailServer, company: Company, owner: User
) -> None:
    notify_uits(FLEET_ISSUE, make_notices(company, *"abcde"))
    NotificationEmail.objects.update(next_attempt_at=timezone.now())
    results = at_once(
        *[partial(delivery.send_email, notification_id=pk) for pk in delivery.due_emails()]
    )
    assert all(isinstance(result, bool) for result in results)
    assert [message["Subject"] for message in smtp.messages] == ["5 probleme de flotă"]
    assert not delivery.due_emails()


@pytest.mark.parametrize("kind", [FLEET_ISSUE, NEW_UIT])
def test_nothing_is_read_by_who_has_lost_the_company_the_role_or_the_place(
    smtp: MailServer,
    client: Client,
    organization: Organization,
    company: Company,
    kind: NotificationKind,
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    restricted, former, closed, admin = (
        factories.member(organization, role) for role in ("dispatcher", "viewer", "viewer", "admin")
    )
    now = timezone.now()
    notify_uits(kind, make_notices(company, "lost"), now=now)
    notify_uits(kind, make_notices(company, *(f"lost{n}" for n in range(10))), now=now)
    notify_uits(
        kind, [*make_notices(company, "lost too"), *make_notices(other_company, "kept")], now=now
    )
    notify(
        organization=organization,
        users=[admin],
        kind=ANAF_LIMITS,
        key="limit",
        message=plain,
        facts=plain_facts("Limita", "a firmei"),
        address="/",
        now=now,
    )
    membership = restricted.memberships.get()
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(other_company)
    former.memberships.all().delete()
    User.objects.filter(pk=closed.pk).update(is_active=False)
    admin.memberships.update(role="viewer")
    run_worker_minute(now + timedelta(days=1))
    texts = {str(message["To"]): message["Subject"] + text_of(message) for message in smtp.messages}
    assert texts.keys() == {restricted.email, admin.email}
    assert "UIT nou kept" in texts[restricted.email]
    assert "lost" not in texts[restricted.email]
    assert "1 " in texts[restricted.email]
    assert "13 " in texts[admin.email]
    assert "Limita" not in texts[admin.email]
    assert NotificationEmail.objects.filter(state="given_up", error_code="").count() >= 3
    client.force_login(restricted)
    page = client.get("/notificari/").content.decode()
    assert "UIT nou kept" in page
    assert "1 problemă de flotă" in page or "1 UIT nou" in page
    assert "lost" not in page
    lost = Notification.objects.get(user=restricted, key="lost")
    assert client.post(f"/notificari/{lost.pk}/").status_code == 404
    client.post("/notificari/citite/")
    lost.refresh_from_db()
    assert lost.read_at is None
    assert "Ești la zi." in client.get("/notificari/").content.decode()
    client.force_login(admin)
    page = client.get("/notificari/").content.decode()
    assert "UIT nou lost" in page
    assert "Limita" not in page


def test_where_two_factors_are_demanded_nothing_of_uits_is_sent_to_who_has_none(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    now = timezone.now()
    notify_uits(FLEET_ISSUE, make_notices(company, "1"), now=now)
    notify_uits(NEW_UIT, make_notices(company, "2"), now=now)
    notify(
        organization=organization,
        users=[owner],
        kind=AUTHORIZATION_NEEDED,
        key="end",
        message=plain,
        facts=plain_facts("Autorizarea", "expiră"),
        address="/",
        now=now,
    )
    Organization.objects.update(require_two_factors=True)
    run_worker_minute(now + timedelta(days=1))
    assert [message["Subject"] for message in smtp.messages] == ["Autorizarea"]


def test_filters_and_access_decide_of_which_uits_a_person_is_notified(
    organization: Organization, company: Company, owner: User
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    restricted = factories.member(organization, "dispatcher")
    membership = restricted.memberships.get()
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(other_company)
    notify_uits(NEW_UIT, make_notices(company, "1"))
    assert [notification.user for notification in Notification.objects.all()] == [owner]
    for user, chosen in ((owner, other_company), (restricted, company)):
        DeliverySettings.objects.create(user=user, organization=organization, companies=[chosen.pk])
    notify_uits(NEW_UIT, make_notices(company, "2"))
    assert not Notification.objects.filter(key="2").exists()
    # What is chosen of companies that are no longer seen does not silence the others.
    notify_uits(NEW_UIT, make_notices(other_company, "3"))
    assert {notification.user for notification in Notification.objects.filter(key="3")} == {
        owner,
        restricted,
    }


def test_what_was_notified_of_uits_is_deleted_in_time(company: Company, owner: User) -> None:
    notify_uits(NEW_UIT, make_notices(company, "old"), now=timezone.now() - timedelta(days=91))
    notify_uits(NEW_UIT, make_notices(company, "new"))
    purge.delete_expired_notifications()
    assert [notified.key for notified in NotifiedUit.objects.all()] == ["new"]
    assert [notification.key for notification in Notification.objects.all()] == ["new"]
