"""The owner's week in five lines, on Monday morning, once."""

from datetime import datetime, timedelta

import pytest

from caraus.accounts.models import Company, User
from caraus.core.formatting import BUCHAREST
from caraus.notifications.emails import compose_email
from caraus.notifications.messages import Facts
from caraus.notifications.models import Notification, NotificationEmail
from caraus.transports.models import Transport, TransportEvent
from caraus.web.notification_texts import weekly_summary
from caraus.web.weekly_summary import notify_weekly
from tests import factories
from tests.transports.test_views import transport

MONDAY = datetime(2026, 11, 30, 7, 5, tzinfo=BUCHAREST)


@pytest.fixture
def authorized(company: Company) -> Company:
    factories.authorization(company.organization)
    return company


def summaries(user: User) -> list[Notification]:
    return list(Notification.objects.filter(user=user, kind="weekly_summary"))


def test_the_owner_reads_the_week_in_five_lines(authorized: Company, owner: User) -> None:
    dispatcher = factories.member(authorized.organization, "dispatcher")
    for number, plate in enumerate(("B12ABC", "B12ABC", "CJ77XYZ")):
        transport(authorized, f"UIT{number}", plate=plate)
    transport(authorized, "LATER", plate="VS80KWU")
    Transport.objects.update(first_seen_at=MONDAY - timedelta(days=7, hours=7))  # Monday, 0:05
    Transport.objects.filter(uit="LATER").update(first_seen_at=MONDAY - timedelta(hours=7))
    kinds = TransportEvent.Kind
    for number, kind in enumerate((kinds.EXPIRED, kinds.EXPIRED, kinds.DELISTED)):
        uit = Transport.objects.get(uit=f"UIT{number}")
        TransportEvent.objects.create(transport=uit, kind=kind, at=MONDAY - timedelta(days=3))
    notify_weekly(MONDAY)
    notify_weekly(MONDAY + timedelta(hours=1))
    (summary,) = summaries(owner)
    assert summary.title == "Săptămâna pe scurt: 23.11–29.11.2026"
    assert NotificationEmail.objects.filter(notification=summary).count() == 1
    lines = summary.text.split("\n\n")
    assert len(lines) == 4
    assert lines[0].startswith("Luni dimineața: ")
    assert lines[1:3] == [
        "Săptămâna trecută: 3 UIT-uri noi, pe 2 camioane.",
        "2 UIT-uri au expirat; 1 UIT a ieșit din lista ANAF înainte de termen.",
    ]
    assert lines[3].startswith("Autorizări SPV: ")
    assert summaries(dispatcher) == []


def test_of_what_did_not_happen_there_is_no_sentence(authorized: Company, owner: User) -> None:
    notify_weekly(MONDAY + timedelta(hours=9))  # the server was down in the morning
    (summary,) = summaries(owner)
    lines = summary.text.split("\n\n")
    assert lines[0].startswith("Luni la 16:05: Niciun risc de amendă acum")
    assert lines[1] == "Săptămâna trecută: niciun UIT nou."
    assert lines[2].startswith("Autorizări SPV: ")
    assert len(lines) == 3
    assert "0" not in "".join(lines[1:])


FACTS: Facts = {
    **dict.fromkeys(("new", "lorries", "expired", "delisted", "other_carrier", "filed"), 2),
    "first": "2026-11-23",
    "clock": "07:05",
    "now": {"ro": {"risks": "Niciun risc.", "state": "Activ", "sentence": "Bine."}},
}


@pytest.mark.parametrize(
    ("refused", "line"),
    [
        (1, "La ANAF: 2 schimbări de vehicul depuse, din care refuzate: 1."),
        (0, "La ANAF: 2 schimbări de vehicul depuse."),
    ],
)
def test_a_full_week_has_five_lines(refused: int, line: str) -> None:
    lines = weekly_summary.write(FACTS | {"refused": refused}).text.split("\n\n")
    assert len(lines) == 5
    assert lines[2].count(";") == 2
    assert lines[3] == line


@pytest.mark.parametrize(
    "moment",
    [MONDAY - timedelta(minutes=6), MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)],
    ids=["before seven", "on Tuesday", "on Sunday"],
)
def test_it_comes_on_monday_from_seven_on(
    authorized: Company, owner: User, moment: datetime
) -> None:
    notify_weekly(moment)
    assert summaries(owner) == []


def test_an_organization_without_an_authorization_has_no_week(
    company: Company, owner: User
) -> None:
    notify_weekly(MONDAY)
    assert summaries(owner) == []


def test_each_owner_reads_it_in_their_language(authorized: Company) -> None:
    english = factories.member(authorized.organization, "owner")
    english.language = "en"
    english.save()
    notify_weekly(MONDAY)
    (summary,) = summaries(english)
    email = compose_email([summary])
    assert email
    assert email.subject.startswith("The week in brief")
    for words in ("Last week: ", "On Monday morning: Nothing", "SPV authorizations: "):
        assert words in str(email.body)
