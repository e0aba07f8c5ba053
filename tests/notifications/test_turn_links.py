"""The link in the e-mail of a turn: whoever follows it answers, from webmail by a button."""

import re
from dataclasses import replace

import pytest
from django.test import Client

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import today
from caraus.notifications.models import Escalation, Notification
from caraus.transports.models import Transport
from caraus.transports.notification_kinds import DELISTED_UIT
from tests.mail import MailServer
from tests.notifications.test_cards import alarm, uit_of_day
from tests.notifications.turns import FOUR, notified_until, send_all, set_list
from tests.notifications.uit_notices import make_notices, notify_uits, text_of
from tests.squeezed import squeezed

WEBMAIL = {"Sec-Fetch-Site": "cross-site"}


def link_of_turn(smtp: MailServer, user: User) -> str:
    """Return the path of the button of the last e-mail to a person."""
    text = text_of([mail for mail in smtp.messages if mail["To"] == user.email][-1])
    assert "E rândul tău" in text
    (path,) = re.findall(r"/o/[^/]+(/notificari/\d+/\S*)", text)
    return str(path)


def is_answered_by(user: User) -> bool:
    alarms = set(Escalation.objects.values_list("outcome", "answered_by"))
    return alarms == {(Escalation.Outcome.ANSWERED, user.pk)}


@pytest.mark.parametrize("number", [1, 3])
def test_from_webmail_the_link_leads_to_a_button_that_answers(
    smtp: MailServer, client: Client, organization: Organization, company: Company, ana: User,
    dan: User, number: int,
) -> None:  # fmt: skip
    for each in range(number):
        uit_of_day(company, today(), each)
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    send_all(0)
    link = link_of_turn(smtp, ana)
    client.force_login(ana)
    page = squeezed(client.get(link, headers=WEBMAIL).content.decode())
    assert "Am văzut, mă ocup eu" in page
    assert "Apasă ca să știm că ai văzut" in page
    for each in range(number):
        assert f"KLM{each:03}" in page
    assert not is_answered_by(ana)
    assert client.post(link).status_code == 302
    assert is_answered_by(ana)
    assert set(notified_until(15)) == {"Ana"}


@pytest.mark.parametrize("is_webmail", [True, False])
def test_the_link_of_several_notices_answers_all_of_them(
    smtp: MailServer, client: Client, organization: Organization, company: Company, ana: User,
    dan: User, is_webmail: bool,
) -> None:  # fmt: skip
    set_list(organization, ana, dan)
    for number in range(3):
        row = uit_of_day(company, today(), number)
        (notice,) = make_notices(company, str(number))
        notify_uits(DELISTED_UIT, [replace(notice, alarm_about=row.pk)], now=FOUR)
    Transport.objects.update(state=Transport.State.DELISTED)
    assert notified_until(0) == ["Ana"] * 3
    send_all(0)  # the first goes at once, the others together
    send_all(5)
    link = link_of_turn(smtp, ana)
    client.force_login(ana)
    if is_webmail:
        page = squeezed(client.get(link, headers=WEBMAIL).content.decode())
        assert re.findall(r"<h2>UIT nou (\d)", page) == ["1", "2"]
        client.post(link)
    else:
        assert client.get(link).status_code == 302
    answered = Escalation.objects.filter(outcome=Escalation.Outcome.ANSWERED, answered_by=ana)
    assert [alarm.facts["key"] for alarm in answered.order_by("key")] == ["1", "2"]
    assert Notification.objects.get(user=ana, read_at=None).facts["key"] == "0"


def test_a_link_answers_nothing_of_somebody_else(
    client: Client, organization: Organization, uit: Transport, ana: User, dan: User
) -> None:
    set_list(organization, ana, dan)
    alarm(today(), 16)
    own, other = (Notification.objects.get(user=user) for user in (ana, dan))
    client.force_login(ana)
    client.get(f"/notificari/{own.pk}/?si={other.pk}.x.99999999999999999999")
    other.refresh_from_db()
    assert other.read_at is None
