"""Members and invitations: who may do what to whom, and that nobody is left without an owner."""

from datetime import timedelta
from functools import partial

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from caraus.accounts import members
from caraus.accounts.models import AuditLogEntry, Invitation, Membership, Organization, User
from caraus.commands.ports import free_ports
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer, delivered, mailers

PASSWORD = "o parolă destul de lungă"


@pytest.fixture
def ownership(organization: Organization, owner: User) -> Membership:
    return Membership.objects.get(user=owner)


def place(organization: Organization, role: str) -> Membership:
    return Membership.objects.get(user=factories.member(organization, role))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def link_in_mail() -> str:
    body = delivered()[-1].body
    link = next(word for word in body.split() if "/invitatie/" in word)
    return str(link).split("127.0.0.1:8000")[1]


def invite(owner: User, email: str = "nou@example.ro", **form: object) -> str:
    response = client_of(owner).post(
        "/organizatie/membri/", {"email": email, "role": "dispatcher"} | form
    )
    assert response.status_code == 302, response.content.decode()
    return link_in_mail()


def test_an_invited_person_makes_an_account_and_is_in(owner: User) -> None:
    link = invite(owner)
    client = Client()
    page = client.get(link).content.decode()
    assert "Ești invitat în Trans Test" in page
    form = {"name": "Ion Nou", "email": "altul@example.ro"}
    response = client.post("/cont/signup/", form | {"password1": PASSWORD, "password2": PASSWORD})
    assert response.status_code == 302, response.content.decode()
    # The address is the invited one, whatever was sent, and needs no other confirmation.
    user = User.objects.get(name="Ion Nou")
    assert user.email == "nou@example.ro"
    assert user.memberships.get().role == "dispatcher"
    assert client.get("/transporturi/").status_code == 200
    assert Invitation.objects.get().accepted_at


def test_someone_with_an_account_accepts_with_one_button(owner: User) -> None:
    someone = factories.user("nou@example.ro")
    link = invite(owner)
    client = client_of(someone)
    assert "Intră în organizație" in client.get(link).content.decode()
    assert client.post(link).status_code == 302
    assert someone.memberships.count() == 1
    assert client.post(link).status_code == 404  # used up
    assert someone.memberships.count() == 1


def test_another_account_can_not_take_the_place(owner: User, stranger: User) -> None:
    link = invite(owner)
    page = client_of(stranger).post(link)
    assert "Ieși din cont" in page.content.decode()
    assert not stranger.memberships.filter(organization__name="Trans Test").exists()


def test_an_invitation_ends_after_seven_days_and_can_be_sent_again(
    owner: User, ownership: Membership
) -> None:
    old = invite(owner)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(old).status_code == 404
    invitation = Invitation.objects.get()
    response = client_of(owner).post(f"/organizatie/invitatii/{invitation.pk}/retrimitere/")
    assert response.status_code == 302
    new = link_in_mail()
    assert new != old
    assert Client().get(new).status_code == 200
    assert Client().get(old).status_code == 404
    invitation.refresh_from_db()
    left = invitation.expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_a_revoked_invitation_opens_nothing(owner: User) -> None:
    link = invite(owner)
    pk = Invitation.objects.get().pk
    client_of(owner).post(f"/organizatie/invitatii/{pk}/retragere/")
    assert Client().get(link).status_code == 404


def test_only_the_digest_of_the_secret_is_stored(owner: User) -> None:
    secret = invite(owner).strip("/").split("/")[-1]
    stored = str(list(Invitation.objects.values())) + str(list(AuditLogEntry.objects.values()))
    assert secret not in stored


def test_without_a_mail_server_the_invitation_is_made_and_its_link_is_not_shown(
    owner: User, settings: LazySettings
) -> None:
    settings.MAILERS = mailers(free_ports(1)[0])
    client = client_of(owner)
    form = {"email": "nou@example.ro", "role": "viewer"}
    page = client.post("/organizatie/membri/", form, follow=True).content.decode()
    assert "Invitația pentru nou@example.ro pleacă acum" in page
    assert "/invitatie/" not in page
    with MailServer() as server:
        settings.MAILERS = server.mailers
        delivered()
        assert "/invitatie/" in server.messages[0].get_content()


def test_an_administrator_makes_no_owners_and_touches_none(
    organization: Organization, ownership: Membership
) -> None:
    admin = place(organization, "admin")
    with pytest.raises(ValidationError, match="Numai un proprietar"):
        members.invite_member(admin, email="x@example.ro", role="owner")
    with pytest.raises(ValidationError, match="Numai un proprietar"):
        members.change_member(admin, admin, role="owner", companies=None)
    with pytest.raises(ValidationError, match="schimba un proprietar"):
        members.remove_member(admin, ownership)
    with pytest.raises(ValidationError, match="schimba un proprietar"):
        members.change_member(admin, ownership, role="viewer", companies=None)


def test_the_last_owner_stays(ownership: Membership) -> None:
    acts = [
        partial(members.leave_organization, ownership),
        partial(members.change_member, ownership, ownership, role="admin", companies=None),
        partial(members.remove_member, ownership, ownership),
    ]
    for act in acts:
        with pytest.raises(ValidationError, match="singurul proprietar"):
            act()


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one_behind(organization: Organization) -> None:
    owners = [place(organization, "owner") for _ in range(2)]
    results = at_once(*[partial(members.leave_organization, each) for each in owners])
    assert {type(result) for result in results} == {type(None), ValidationError}
    assert organization.memberships.filter(role="owner").count() == 1


def test_ownership_is_handed_over(organization: Organization, owner: User) -> None:
    successor = place(organization, "viewer")
    response = client_of(owner).post("/organizatie/predare/", {"membru": successor.pk})
    assert response.status_code == 302
    roles = dict(Membership.objects.values_list("user", "role"))
    assert roles == {owner.pk: "admin", successor.user_id: "owner"}


def test_ownership_goes_to_no_stranger(
    organization: Organization, owner: User, stranger: User
) -> None:
    theirs = Membership.objects.get(user=stranger)
    client_of(owner).post("/organizatie/predare/", {"membru": theirs.pk})
    assert Membership.objects.get(user=owner).role == "owner"


def test_leaving_ends_the_view_at_once(organization: Organization, owner: User) -> None:
    member = place(organization, "dispatcher")
    client = client_of(member.user)
    assert client.get("/transporturi/").status_code == 200
    client.post("/organizatie/parasire/")
    assert client.get("/transporturi/").status_code == 404


def test_a_member_is_restricted_to_companies_and_released_again(
    organization: Organization, owner: User
) -> None:
    own_company = factories.company(organization, cui="14399840", name="A mea")
    factories.company(organization, name="A altuia")
    member = place(organization, "viewer")
    path = f"/organizatie/membri/{member.pk}/"
    form = {"role": "viewer", "only_some": "on", "companies": [own_company.pk]}
    assert client_of(owner).post(path, form).status_code == 302
    page = client_of(member.user).get("/firme/").content.decode()
    assert "A mea" in page
    assert "A altuia" not in page
    client_of(owner).post(path, {"role": "viewer"})
    assert "A altuia" in client_of(member.user).get("/firme/").content.decode()


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"role": "viewer", "only_some": "on"}, "Bifează cel puțin o firmă"),
        ({"role": "admin", "only_some": "on"}, "văd toate firmele"),
    ],
)
def test_a_member_restricted_to_nothing_is_a_mistake(
    organization: Organization, owner: User, form: dict[str, str], sentence: str
) -> None:
    member = place(organization, "viewer")
    page = client_of(owner).post(f"/organizatie/membri/{member.pk}/", form)
    assert sentence in page.content.decode()


def test_companies_of_others_can_not_be_given(
    organization: Organization, owner: User, stranger: User
) -> None:
    theirs = stranger.memberships.get().organization.companies.get()
    member = place(organization, "viewer")
    form = {"role": "viewer", "only_some": "on", "companies": [theirs.pk]}
    page = client_of(owner).post(f"/organizatie/membri/{member.pk}/", form)
    assert page.status_code == 200
    assert not member.companies.exists()


def test_invitations_are_limited_per_person(owner: User, settings: LazySettings) -> None:
    cache.clear()
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"invite": "2/h/user"}
    client = client_of(owner)
    codes = [
        client.post(
            "/organizatie/membri/", {"email": f"n{number}@example.ro", "role": "viewer"}
        ).status_code
        for number in range(3)
    ]
    cache.clear()
    assert codes == [302, 302, 429]
