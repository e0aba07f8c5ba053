"""The list of people that are notified of alarms in turn: chosen, left, and shown."""

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.accounts.personal_data import export_personal_data
from caraus.core.formatting import today
from caraus.notifications import escalation
from caraus.notifications.kinds import push_kinds
from caraus.notifications.models import Notification
from tests import factories
from tests.notifications.test_cards import alarm, bell_count, rows_of, uit_of_day
from tests.notifications.turns import notified_until, set_list
from tests.squeezed import squeezed

PAGE = "/notificari/alarme/"


def names_on_list(organization: Organization) -> list[str]:
    return [member.user.name for member in escalation.people_on_list(organization)]


def choice(user: User) -> str:
    return str(Membership.objects.get(user=user).pk)


def test_the_list_is_saved_in_its_order_without_gaps_and_recorded(
    signed_in: Client, organization: Organization, ana: User, dan: User
) -> None:
    assert "Lista este goală" in signed_in.get(PAGE).content.decode()
    posted = {"person_2": choice(dan), "person_5": choice(ana), "minutes": "30"}
    assert signed_in.post(PAGE, posted).status_code == 302
    assert names_on_list(organization) == ["Dan", "Ana"]
    assert escalation.waiting_minutes(organization) == 30
    page = squeezed(signed_in.get(PAGE).content.decode())
    assert "Acum primul anunțat este Dan." in page
    for kind in push_kinds():
        assert str(kind.title) in page
    entry = AuditLogEntry.objects.filter(action="settings").latest("pk")
    assert entry.text == (
        "A ales cine este anunțat pe rând la alarme: Dan, Ana; fiecare are 30 de minute."
    )
    signed_in.post(PAGE, {"minutes": "15"})
    assert names_on_list(organization) == []


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"person_1": "ana", "person_2": "ana"}, "Ana este deja pe listă."),
        ({"person_1": "stranger"}, "Nu mai este în organizație."),
        ({"person_1": "ana", "minutes": "7"}, "7"),
    ],
    ids=["twice", "stranger", "minutes"],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    signed_in: Client, organization: Organization, stranger: User, ana: User, dan: User,
    posted: dict[str, str], sentence: str,
) -> None:  # fmt: skip
    set_list(organization, dan)
    keys = {"ana": choice(ana), "stranger": choice(stranger)}
    fields = {"minutes": "15"} | {name: keys.get(text, text) for name, text in posted.items()}
    response = signed_in.post(PAGE, fields)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert names_on_list(organization) == ["Dan"]


def test_a_dispatcher_leaves_the_list_and_may_not_change_it(
    client: Client, organization: Organization, owner: User, ana: User, dan: User
) -> None:
    set_list(organization, dan, ana)
    client.force_login(ana)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"minutes": "5"}).status_code == 403
    page = squeezed(client.get("/notificari/preferinte/").content.decode())
    assert "Ești al 2-lea anunțat la alarme; primul este Dan." in page
    assert "și în intervalul „Nu deranja”: o alarmă care arde nu așteaptă." in page
    assert client.post("/notificari/alarme/iesire/").status_code == 302
    assert names_on_list(organization) == ["Dan"]
    assert AuditLogEntry.objects.latest("pk").text.startswith("A ieșit de pe lista")
    entries = AuditLogEntry.objects.count()
    assert client.post("/notificari/alarme/iesire/").status_code == 302
    assert AuditLogEntry.objects.count() == entries
    page = client.get("/notificari/preferinte/").content.decode()
    assert "Alarme pe rând" not in page


def test_leaving_one_list_leaves_those_of_other_organizations(
    client: Client, organization: Organization, owner: User, ana: User
) -> None:
    other = factories.organization("Alt Transport")
    Membership.objects.create(user=ana, organization=other, role="owner")
    set_list(organization, ana)
    set_list(other, ana)
    client.force_login(ana)
    client.post(f"/o/{organization.slug}/notificari/alarme/iesire/")
    assert (names_on_list(organization), names_on_list(other)) == ([], ["Ana"])


def test_the_row_says_who_was_notified_when_and_who_answered(
    signed_in: Client, client: Client, organization: Organization, company: Company, owner: User,
    ana: User, dan: User,
) -> None:  # fmt: skip
    for number in range(3):
        uit_of_day(company, today(), number)
    set_list(organization, ana, dan)
    alarm(today(), 16)
    notified_until(0)
    notified_until(15)
    ((_, detail),) = rows_of(signed_in)
    assert detail == (
        "<strong>Anunțați pe rând: Ana 16:00, Dan 16:15</strong>· KLM000 · KLM001 · KLM002"
    )
    assert bell_count(signed_in) == 1
    client.force_login(dan)
    client.get(f"/notificari/{Notification.objects.filter(user=dan).latest('pk').pk}/")
    client.force_login(owner)
    ((_, detail),) = rows_of(client)
    assert "Dan 16:15 · a răspuns Dan " in detail
    page = squeezed(client.get(PAGE).content.decode())
    assert page.count("anunțați pe rând: Ana 16:00, Dan 16:15 · a răspuns Dan") == 3


def test_the_row_says_that_nobody_answered(
    signed_in: Client, organization: Organization, company: Company, owner: User, ana: User
) -> None:
    uit_of_day(company, today(), 1)
    set_list(organization, ana)
    alarm(today(), 16)
    notified_until(0)
    notified_until(15)
    rows = rows_of(signed_in)
    assert rows[0][0] == "Nimeni nu a răspuns: 1 alarmă"
    assert "<strong>Anunțați pe rând: Ana 16:00 · nu a răspuns nimeni</strong>" in rows[1][1]


def test_a_person_whose_turn_comes_has_the_row_unread_again(
    client: Client, organization: Organization, company: Company, owner: User, ana: User
) -> None:
    uit_of_day(company, today(), 1)
    set_list(organization, ana)
    alarm(today(), 16)
    Notification.objects.filter(user=ana).update(read_at=None)
    notified_until(0)
    client.force_login(ana)
    assert bell_count(client) == 1


def test_the_export_of_a_person_names_places_and_turns(
    organization: Organization, company: Company, owner: User, ana: User
) -> None:
    uit_of_day(company, today(), 1)
    set_list(organization, ana)
    alarm(today(), 16)
    notified_until(0)
    with translation.override("ro"):
        place, turn = export_personal_data(ana)["alarme pe rând"]
    assert place == {"organizație": organization.name, "loc pe listă": 1}
    assert turn["organizație"] == organization.name
    assert turn["anunțat la"].startswith(str(today()))


@pytest.mark.parametrize("number", [1, 12])
def test_the_queries_of_the_list_do_not_grow_with_the_alarms(
    signed_in: Client, organization: Organization, company: Company, owner: User, ana: User,
    number: int, django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    for each in range(number):
        uit_of_day(company, today(), each)
    set_list(organization, ana)
    alarm(today(), 16)
    notified_until(0)
    with django_assert_max_num_queries(30):
        signed_in.get("/notificari/")
    with django_assert_max_num_queries(30):
        signed_in.get(PAGE)
