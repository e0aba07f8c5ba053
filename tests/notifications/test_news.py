"""News of UITs: who is told, by which channel and when; many as one; nothing twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.notifications import deliver, digest, upkeep
from caraus.notifications.kinds import (
    AUTHORIZATION,
    GONE,
    KINDS,
    LAPSING,
    LIMITS,
    NEW,
    PROBLEM,
    Kind,
)
from caraus.notifications.models import Email, Fact, Notification, Preference, Rhythm
from caraus.notifications.news import News, tell
from caraus.notifications.notify import notify
from caraus.notifications.preferences import Channels, choose
from caraus.notifications.rhythms import Subject, next_digest, quiet_until, wants
from caraus.words import BUCHAREST, lazily
from tests import factories
from tests.authorizations import at_once
from tests.mail import MailServer


def news(company: Company, *keys: str) -> list[News]:
    return [
        News(
            key=key,
            subject=Subject(company),
            title=partial("{} {}".format, lazily("UIT nou"), key),
            text=f"Despre {key}.\n\nRestul.",
            address=f"/transporturi/{key}/",
        )
        for key in keys
    ]


def told(kind: Kind, found: Sequence[News], now: datetime | None = None) -> int:
    organization = found[0].subject.company.organization
    return tell(kind, found, organization=organization, many="/transporturi/", now=now)


def post(now: datetime | None = None) -> None:
    """What the worker does each minute."""
    digest.send_due(now)
    for pk in deliver.due(now):
        deliver.send(notification_id=pk, now=now)


def text_of(message: Any) -> str:
    return str(next(message.iter_parts()).get_content()).replace("\r\n", "\n")


def test_each_channel_has_its_usual_and_its_own_switch(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    assert {code for code, kind in KINDS.items() if kind.of_uits and kind.email} == {
        *("fleet_problem", "uit_gone", "uit_last_hours")
    }
    assert told(NEW, news(company, "1")) == told(PROBLEM, news(company, "1")) == 1
    new, problem = Notification.objects.order_by("pk")
    assert new.digest_at
    assert not problem.digest_at
    assert list(Email.objects.values_list("pk", flat=True)) == [problem.pk]
    nothing = Channels(bell=False, email=False, digest=False)
    choose(user=owner, organization=organization, kind=NEW, channels=nothing)
    assert told(NEW, news(company, "2")) == 0
    choose(
        user=owner, organization=organization, kind=NEW, channels=Channels(bell=False, email=True)
    )
    told(NEW, news(company, "3"))
    assert Notification.objects.get(key="3").read_at
    assert Email.objects.filter(notification__key="3").exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_twice_alone_or_among_many_not_even_at_once(
    company: Company, owner: User
) -> None:
    facts = news(company, *map(str, range(50)))
    results = at_once(*[lambda: told(NEW, facts)] * 3)
    assert sorted(map(str, results)) == ["0", "0", "1"]
    (burst,) = Notification.objects.all()
    assert burst.address == f"/transporturi/?firma={company.cui}"
    assert burst.facts.count() == 50
    assert told(NEW, news(company, "7")) == 0
    with transaction.atomic():
        told(NEW, news(company, "rolled back"))
        transaction.set_rollback(True)
    assert not Fact.objects.filter(key="rolled back").exists()


def test_a_burst_over_many_companies_and_answers_becomes_one_and_one_letter(
    smtp: MailServer,
    organization: Organization,
    owner: User,
    signed_in: Client,
    settings: LazySettings,
) -> None:
    settings.PUBLIC_URL = "https://caraus.example.ro"
    now = timezone.now()
    made = [Company(organization=organization, cui=str(n)) for n in range(10_000, 10_020)]
    companies = Company.objects.bulk_create(made)
    for number, one in enumerate(companies):
        told(PROBLEM, news(one, str(number)), now=now + timedelta(seconds=number))
    alone, bursts = (Notification.objects.filter(is_burst=is_burst) for is_burst in (False, True))
    assert (alone.count(), bursts.count()) == (5, 1)
    page = signed_in.get("/notificari/").content.decode()
    assert "<h2>15 probleme de flotă" in page
    assert '<a href="/transporturi/14/">UIT nou 14</a>' in page
    assert "… și încă 5." in page
    post(now)
    post(now + timedelta(minutes=5, seconds=-1))
    assert len(smtp.messages) == 1  # the first goes at once
    post(now + timedelta(minutes=5))
    first, rest = smtp.messages
    assert first["Subject"] == "UIT nou 0"
    assert rest["Subject"] == "19 probleme de flotă"
    html = list(rest.iter_parts())[1].get_content()
    assert all(f'href="https://caraus.example.ro/transporturi/{n}/"' in html for n in range(1, 20))
    assert "- UIT nou 1\n  Despre 1.\n  https://" in text_of(rest)
    assert "Restul" not in text_of(rest)
    assert "UIT nou 19" in text_of(rest)
    assert not deliver.due(now + timedelta(days=1))
    # What has been sent grows no more: what comes now is in the next letter.
    soon = now + timedelta(minutes=5, seconds=10)
    told(PROBLEM, news(companies[0], *map(str, range(100, 170))), now=soon)
    told(PROBLEM, news(companies[0], *map(str, range(170, 200))), now=soon)
    post(soon + timedelta(minutes=5))
    assert smtp.messages[2]["Subject"] == f"{companies[0]}: 100 de probleme de flotă"
    assert "… și încă 50." in text_of(smtp.messages[2])
    told(PROBLEM, news(companies[0], "later"), now=now + timedelta(hours=3))
    assert Notification.objects.get(key="later").title == "UIT nou later"
    post(now + timedelta(hours=3))
    assert len(smtp.messages) == 4


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_make_one_letter_of_what_belongs_together(
    smtp: MailServer, company: Company, owner: User
) -> None:
    told(PROBLEM, news(company, *"abcde"))
    Email.objects.update(next_attempt_at=timezone.now())
    at_once(*[partial(deliver.send, notification_id=pk) for pk in deliver.due()])
    assert [one["Subject"] for one in smtp.messages] == ["5 probleme de flotă"]
    assert not deliver.due()


@pytest.mark.parametrize("kind", [PROBLEM, NEW])
def test_nothing_is_read_by_who_has_lost_the_company_the_role_or_the_place(
    smtp: MailServer, client: Client, organization: Organization, company: Company, kind: Kind
) -> None:
    other = factories.company(organization, cui=factories.OTHER_CUI)
    kept, gone, closed, admin = (
        factories.member(organization, role) for role in ("dispatcher", "viewer", "viewer", "admin")
    )
    now = timezone.now()
    told(kind, news(company, "lost"), now=now)
    told(kind, news(company, *(f"lost{n}" for n in range(10))), now=now)
    told(kind, news(other, "kept"), now=now)
    notify(
        organization=organization,
        users=[admin],
        kind=LIMITS,
        key="limit",
        title="Limita",
        text="a firmei",
        address="/",
        now=now,
    )
    membership = kept.memberships.get()
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(other)
    gone.memberships.all().delete()
    User.objects.filter(pk=closed.pk).update(is_active=False)
    admin.memberships.update(role="viewer")
    post(now + timedelta(days=1))
    texts = {str(one["To"]): one["Subject"] + text_of(one) for one in smtp.messages}
    assert texts.keys() == {kept.email, admin.email}
    assert "UIT nou kept" in texts[kept.email]
    assert "lost" not in texts[kept.email]
    assert "12 " in texts[admin.email]
    assert "Limita" not in texts[admin.email]
    assert Email.objects.filter(state="given_up", problem="").count() >= 3
    client.force_login(kept)
    page = client.get("/notificari/").content.decode()
    assert "UIT nou kept" in page
    assert "lost" not in page
    lost = Notification.objects.get(user=kept, key="lost")
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
    told(PROBLEM, news(company, "1"), now=now)
    told(NEW, news(company, "2"), now=now)
    notify(
        organization=organization,
        users=[owner],
        kind=AUTHORIZATION,
        key="end",
        title="Autorizarea",
        text="expiră",
        address="/",
        now=now,
    )
    Organization.objects.update(require_two_factors=True)
    post(now + timedelta(days=1))
    assert [one["Subject"] for one in smtp.messages] == ["Autorizarea"]


def test_filters_and_access_decide_whose_uits_a_person_hears_of(
    organization: Organization, company: Company, owner: User
) -> None:
    other = factories.company(organization, cui=factories.OTHER_CUI)
    kept = factories.member(organization, "dispatcher")
    membership = kept.memberships.get()
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(other)
    told(NEW, news(company, "1"))
    assert [one.user for one in Notification.objects.all()] == [owner]
    for user, chosen in ((owner, other), (kept, company)):
        Rhythm.objects.create(user=user, organization=organization, companies=[chosen.pk])
    told(NEW, news(company, "2"))
    assert not Notification.objects.filter(key="2").exists()
    # What is chosen of companies that are no longer seen does not silence the others.
    told(NEW, news(other, "3"))
    assert {one.user for one in Notification.objects.filter(key="3")} == {owner, kept}


@pytest.mark.parametrize(
    ("declarants", "vehicles", "found"),
    [
        ([], [], True),
        (["123"], [], True),
        (["taranesc"], [], True),
        (["12"], [], False),
        ([], ["B12ABC"], True),
        ([], ["B12"], False),
        (["999"], ["CT34REM"], True),
    ],
)
def test_whoever_follows_a_declarant_or_a_vehicle_hears_of_either(
    company: Company, declarants: list[str], vehicles: list[str], found: bool
) -> None:
    rhythm = Rhythm(companies=[company.pk], declarants=declarants, vehicles=vehicles)
    subject = Subject(company, "RO123", "AGRO Țărănesc SRL", ("b-12 abc", "CT34REM"))
    assert wants(rhythm, subject) is found
    rhythm.companies = [company.pk + 1]
    assert not wants(rhythm, subject)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BUCHAREST)


@pytest.mark.parametrize(
    ("begin", "end", "now", "until"),
    [
        ("22:00", "06:30", at("2026-11-25T23:00"), at("2026-11-26T06:30")),
        ("22:00", "06:30", at("2026-11-25T06:29"), at("2026-11-25T06:30")),
        ("22:00", "06:30", at("2026-11-25T06:30"), None),
        ("12:00", "14:00", at("2026-11-25T13:00"), at("2026-11-25T14:00")),
        ("12:00", "14:00", at("2026-11-25T11:59"), None),
        ("12:00", "12:00", at("2026-11-25T12:00"), None),
        # 29 March 2026: 3:00 is 4:00; 25 October: 3:30 comes twice.
        ("22:00", "03:30", at("2026-03-29T02:30"), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (
            *("22:00", "03:45", at("2026-10-25T03:30").replace(fold=1)),
            datetime(2026, 10, 25, 1, 45, tzinfo=UTC),
        ),
    ],
)
def test_quiet_hours_end_by_the_clock_in_bucharest(
    begin: str, end: str, now: datetime, until: datetime | None
) -> None:
    rhythm = Rhythm(quiet_from=time.fromisoformat(begin), quiet_until=time.fromisoformat(end))
    found = quiet_until(rhythm, now.astimezone(UTC))
    assert found == (until.astimezone(UTC) if until else None)
    assert quiet_until(Rhythm(), now) is None


def test_the_digest_comes_at_its_hour_on_both_sides_of_a_change_of_the_clock() -> None:
    rhythm = Rhythm(digest_hour=7)
    hours = [
        next_digest(rhythm, at(day).astimezone(UTC)).hour
        for day in ("2026-03-28T06:00", "2026-03-28T07:00", "2026-10-24T08:00")
    ]
    assert hours == [5, 4, 5]


def test_quiet_hours_hold_back_all_but_what_cannot_wait(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    night = at("2026-11-25T23:00").astimezone(UTC)
    morning = at("2026-11-26T06:30").astimezone(UTC)
    Rhythm.objects.create(
        user=owner, organization=organization, quiet_from=time(22), quiet_until=time(6, 30)
    )
    for kind in (PROBLEM, GONE):
        for number in range(3):
            told(kind, news(company, f"{kind.code}{number}"), now=night)
    post(night + timedelta(minutes=1))
    post(night + timedelta(minutes=6))
    assert {Notification.objects.get(pk=pk).kind for pk in deliver.due(morning)} == {PROBLEM.code}
    assert [one["Subject"] for one in smtp.messages] == [
        "UIT nou uit_gone0",
        "2 UIT-uri retrase sau cu alt transportator",
    ]
    post(morning)
    assert smtp.messages[2]["Subject"] == "3 probleme de flotă"
    assert AUTHORIZATION.essential


def test_the_digest_is_one_letter_a_day_in_the_readers_language_without_what_is_over(
    smtp: MailServer, organization: Organization, company: Company, owner: User
) -> None:
    now = at("2026-11-25T12:00").astimezone(UTC)
    seven = at("2026-11-26T07:00").astimezone(UTC)
    told(NEW, news(company, *"abcdefg"), now=now)
    told(NEW, news(company, "h"), now=now + timedelta(hours=1))
    over = news(company, "over")[0]
    told(LAPSING, [News(*(over.key, over.subject, over.title, over.text, over.address), now)], now)
    post(seven - timedelta(minutes=1))
    assert smtp.messages == []
    post(seven)
    post(seven + timedelta(minutes=1))
    (letter,) = smtp.messages
    assert letter["Subject"] == "Rezumat, joi, 26 noiembrie: 8 noutăți"
    text = text_of(letter)
    assert "8 UIT-uri noi" in text
    assert all(f"/transporturi/{key}/" in text for key in "abcdefgh")
    assert "over" not in text
    english = factories.member(organization, "viewer")
    User.objects.filter(pk=english.pk).update(language="en")
    told(NEW, news(company, "i"), now=seven + timedelta(hours=1))
    post(seven + timedelta(days=1))
    subjects = {one["To"]: one["Subject"] for one in smtp.messages[1:]}
    assert subjects == {
        owner.email: "Rezumat, vineri, 27 noiembrie: 1 noutate",
        english.email: "Digest, Friday, 27 November: 1 piece of news",
    }


def test_preferences_are_a_table_with_hours_and_filters_and_lose_nothing_that_is_wrong(
    signed_in: Client, organization: Organization, company: Company, owner: User
) -> None:
    told(NEW, news(company, "1"))
    page = signed_in.get("/notificari/preferinte/").content.decode()
    assert 'name="uit_new-rezumat" aria-describedby="fel-uit_new" checked' in page
    assert 'name="companies"' not in page  # one company needs no choice
    other = factories.company(organization, cui=factories.OTHER_CUI)
    form = {
        "uit_new-email": "on",
        "authorization-email": "on",
        "outage-rezumat": "on",
        "digest_hour": "9",
        "first_hours": "48",
        "last_hours": "6",
        "quiet_from": "22:00",
        "quiet_until": "",
        "companies": str(other.pk),
        "declarants": "RO 123\n\nAgro",
        "vehicles": "b 12-abc",
    }
    page = signed_in.post("/notificari/preferinte/", form).content.decode()
    assert "Scrie amândouă orele, sau niciuna." in page
    assert 'name="uit_new-email" aria-describedby="fel-uit_new" checked' in page
    assert "b 12-abc" in page
    assert not Preference.objects.exists()
    form["quiet_until"] = "06:00"
    assert signed_in.post("/notificari/preferinte/", form).status_code == 302
    rhythm = Rhythm.objects.get()
    assert (rhythm.companies, rhythm.vehicles) == ([other.pk], ["B12ABC"])
    assert rhythm.declarants == ["RO 123", "Agro"]
    assert (rhythm.quiet_until, rhythm.first_hours) == (time(6), 48)
    waits = Notification.objects.get(key="1").digest_at
    assert waits
    assert waits.astimezone(BUCHAREST).hour == 9
    kept = {row.kind: (row.bell, row.email, row.digest) for row in Preference.objects.all()}
    assert kept["uit_new"] == (False, True, False)
    assert kept["outage"] == (False, False, True)
    page = signed_in.get("/notificari/preferinte/").content.decode()
    assert "RO 123\nAgro" in page
    assert 'value="22:00"' in page
    stranger = factories.company(factories.organization("Alta"))
    form["companies"] = str(stranger.pk)
    page = signed_in.post("/notificari/preferinte/", form).content.decode()
    assert "O firmă bifată nu mai este aici." in page


def test_what_was_told_of_uits_is_forgotten_in_time(company: Company, owner: User) -> None:
    told(NEW, news(company, "old"), now=timezone.now() - timedelta(days=91))
    told(NEW, news(company, "new"))
    upkeep.forget()
    assert [one.key for one in Fact.objects.all()] == ["new"]
    assert [one.key for one in Notification.objects.all()] == ["new"]
