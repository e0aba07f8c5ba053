"""Subjects of e-mails about UITs."""

import pytest

from caraus.accounts.models import Company, User
from caraus.core.formatting import today
from tests.mail import MailServer
from tests.notifications.test_cards import alarm, uit_of_day
from tests.notifications.turns import send_all


@pytest.mark.parametrize(
    ("plate", "subject"),
    [
        ("B88TMP", "B88TMP · Ultimele ore: 1A2B 3C4D 5E6F 0001"),
        ("", "Ultimele ore: 1A2B 3C4D 5E6F 0001"),
        ("CÂȘTIGĂ WWW.RO", "Ultimele ore: 1A2B 3C4D 5E6F 0001"),
    ],
    ids=["plate", "none", "no plate"],
)
def test_the_last_hours_name_the_plate_first_where_it_is_one(
    smtp: MailServer, company: Company, owner: User, plate: str, subject: str
) -> None:
    uit_of_day(company, today(), 1, plate=plate)
    alarm(today(), 16)
    send_all(0)
    assert [mail["Subject"] for mail in smtp.messages] == [subject]
