"""Notified once, in the transaction of the fact; switched off only where another is notified."""

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from caraus.accounts.models import Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED, EXTERNAL_LINK_USED
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.models import Notification, NotificationEmail
from caraus.notifications.notify import notify
from caraus.notifications.preferences import Channels, LastReaderError, channels_of, save_channels
from tests import factories
from tests.authorize import at_once
from tests.notifications.plain import plain, plain_facts


def notify_users(
    organization: Organization,
    *users: User,
    key: str = "a fact",
    kind: NotificationKind = AUTHORIZATION_NEEDED,
) -> list[Notification]:
    return notify(
        organization=organization,
        users=users,
        kind=kind,
        key=key,
        message=plain,
        facts=plain_facts("S-a întâmplat", "Ceva."),
        address="/integrari/",
    )


def test_a_fact_is_reported_once_to_each(organization: Organization, owner: User) -> None:
    other_member = factories.member(organization, "admin")
    assert len(notify_users(organization, owner, other_member)) == 2
    assert notify_users(organization, owner, other_member) == []
    assert len(notify_users(organization, owner, key="another fact")) == 1
    assert Notification.objects.count() == NotificationEmail.objects.count() == 3
    assert ProcrastinateJob.objects.filter(task_name="notifications.email").count() == 3


def test_people_are_notified_in_one_order_however_they_are_named(
    organization: Organization, owner: User
) -> None:
    other_member = factories.member(organization, "admin")
    people = [notice.user for notice in notify_users(organization, other_member, owner)]
    assert people == [owner, other_member]


@pytest.mark.django_db(transaction=True)
def test_processes_that_notify_of_the_same_fact_at_once_notify_once(
    organization: Organization, owner: User
) -> None:
    notifications = at_once(*[lambda: notify_users(organization, owner)] * 4)
    assert sorted(len(notice) for notice in notifications if isinstance(notice, list)) == [
        0,
        0,
        0,
        1,
    ]
    assert NotificationEmail.objects.count() == 1


def test_a_fact_that_is_rolled_back_is_not_reported(
    organization: Organization, owner: User
) -> None:
    with transaction.atomic():
        notify_users(organization, owner)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_somebody_whose_account_is_closed_is_not_notified(organization: Organization) -> None:
    former = factories.member(organization, "owner")
    former.is_active = False
    assert notify_users(organization, former) == []


def test_each_channel_can_be_switched_off(organization: Organization, owner: User) -> None:
    save_channels(
        user=owner,
        organization=organization,
        kind=EXTERNAL_LINK_USED,
        channels=Channels(False, False),
    )
    (notifications,) = notify_users(organization, owner, kind=EXTERNAL_LINK_USED)
    assert notifications.read_at
    assert not NotificationEmail.objects.exists()


def test_a_choice_holds_in_its_organization_and_for_its_person_only(
    organization: Organization, owner: User
) -> None:
    other_member = factories.member(organization, "admin")
    elsewhere = factories.organization("Alta")
    save_channels(
        user=owner,
        organization=organization,
        kind=EXTERNAL_LINK_USED,
        channels=Channels(email=False),
    )
    notify_users(organization, owner, other_member, kind=EXTERNAL_LINK_USED)
    notify_users(elsewhere, owner, key="elsewhere", kind=EXTERNAL_LINK_USED)
    notifications = set(
        NotificationEmail.objects.values_list("notification__user", "notification__organization")
    )
    assert notifications == {(other_member.pk, organization.pk), (owner.pk, elsewhere.pk)}


def test_what_is_essential_stays_in_the_app_and_reaches_somebody_by_mail(
    organization: Organization, owner: User
) -> None:
    off = Channels(bell=False, email=False)
    with pytest.raises(LastReaderError, match="singura persoană"):
        save_channels(
            user=owner, organization=organization, kind=AUTHORIZATION_NEEDED, channels=off
        )
    admin = factories.member(organization, "admin")
    save_channels(user=owner, organization=organization, kind=AUTHORIZATION_NEEDED, channels=off)
    with pytest.raises(LastReaderError):
        save_channels(
            user=admin, organization=organization, kind=AUTHORIZATION_NEEDED, channels=off
        )
    notifications = notify_users(organization, owner, admin)
    assert [notice.read_at for notice in notifications] == [None, None]
    assert [email.notification.user for email in NotificationEmail.objects.all()] == [admin]


def test_when_the_last_reader_has_left_the_others_are_written_to_again(
    organization: Organization, owner: User
) -> None:
    admin = factories.member(organization, "admin")
    off = Channels(email=False)
    save_channels(user=owner, organization=organization, kind=AUTHORIZATION_NEEDED, channels=off)
    admin.memberships.all().delete()
    assert channels_of(users=[owner], organization=organization, kind=AUTHORIZATION_NEEDED)[
        owner.pk
    ].email


@pytest.mark.django_db(transaction=True)
def test_two_last_readers_cannot_leave_at_the_same_moment(organization: Organization) -> None:
    pair = [factories.member(organization, "owner") for _ in range(2)]

    def leave(user: User) -> None:
        save_channels(
            user=user,
            organization=organization,
            kind=AUTHORIZATION_NEEDED,
            channels=Channels(email=False),
        )

    left = at_once(lambda: leave(pair[0]), lambda: leave(pair[1]))
    assert sum(isinstance(item, LastReaderError) for item in left) == 1
