"""Facts are stored; the message is written when it is read, in the reader's language."""

import pytest
from django.test import Client
from django.utils import timezone, translation

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.notifications.emails import compose_email
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.notifications.models import Notification
from caraus.transports.notification_kinds import NEW_UIT
from tests.notifications.plain import plain
from tests.notifications.uit_notices import make_notices, notify_uits
from tests.squeezed import squeezed
from tests.transports.test_notifications import Anaf


def test_what_came_in_one_language_is_read_in_another(
    client: Client, company: Company, owner: User
) -> None:
    anaf = Anaf(company)
    anaf.store()
    (notification,) = anaf.store(anaf.record())
    notify_uits(NEW_UIT, make_notices(company, *"abcdefg"), timezone.now())
    User.objects.filter(pk=owner.pk).update(language="en")
    owner.refresh_from_db()
    client.force_login(owner)
    page = squeezed(client.get("/notificari/").content.decode())
    assert "B01OLD · New UIT · B (B)" in page
    assert "New UIT a" in page
    assert "UIT nou" not in page
    notification.user = owner
    email = compose_email([notification])
    assert email
    assert "Valid until" in str(email.body)
    with translation.override("ro"):
        assert notification.title.startswith("UIT nou 3A0C")


def test_the_uit_of_a_notification_stays_as_it_was(company: Company, owner: User) -> None:
    anaf = Anaf(company)
    anaf.store()
    (notification,) = anaf.store(anaf.record(nr_veh="B01OLD"))
    anaf.store(anaf.record(nr_veh="B99NEW"))
    notification.refresh_from_db()
    assert "B01OLD" in notification.title
    assert "B99NEW" not in notification.title + notification.text


@pytest.mark.parametrize("message", ["plain", "of a version to come"])
def test_one_notification_that_cannot_be_written_takes_no_other_with_it(
    signed_in: Client, organization: Organization, owner: User, message: str
) -> None:
    for key, facts in (("good", {"title": "Titlul", "text": "", "action": ""}), ("bad", {})):
        Notification.objects.create(
            user=owner,
            organization=organization,
            kind=AUTHORIZATION_NEEDED.code,
            key=key,
            message=plain.code if key == "good" else message,
            facts=facts,
            address="/",
        )
    page = signed_in.get("/notificari/").content.decode()
    assert "Titlul" in page
    assert str(AUTHORIZATION_NEEDED.title) in page


def test_two_messages_cannot_share_a_code() -> None:
    with pytest.raises(ValueError, match="plain"):

        @message_kind("plain")
        def changed(facts: Facts) -> Message:
            return Message("")
