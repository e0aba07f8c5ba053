"""Power is checked when it is used: an invitation is worth what its sender may give today, nobody
gets above the own role by somebody else's link, and an unconfirmed account belongs to nobody."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from caraus.accounts import members, personal_data
from caraus.accounts.models import Invitation, Membership, Organization, User
from caraus.accounts.provision import provision_user
from caraus.mail.models import OutgoingEmail
from caraus.notifications.models import Notification
from tests import factories
from tests.authorize import at_once
from tests.mail import MailServer, delivered

PASSWORD = "o parolă destul de lungă"
INVITED = "nou@example.ro"
FORM = {"name": "Ion Nou", "email": INVITED, "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _no_limits_left(db: None) -> None:
    cache.clear()


@pytest.fixture
def ownership(owner: User) -> Membership:
    return owner.memberships.get()


@pytest.fixture
def admin(organization: Organization) -> Membership:
    return place(organization, "admin")


def place(organization: Organization, role: str, *, name: str = "Ana Pop") -> Membership:
    return Membership.objects.get(user=factories.member(organization, role, name=name))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def link(secret: str) -> str:
    return f"/invitatie/{secret}/"


def shown_link(client: Client, invitation: Invitation) -> str:
    page = client.post(f"/organizatie/invitatii/{invitation.pk}/link/").content.decode()
    match = re.search(r"/invitatie/[\w-]+/", page)
    assert match, page
    return match[0]


def sign_up(address: str) -> Client:
    visitor = Client()
    visitor.get(address)
    assert visitor.post("/cont/signup/", FORM).status_code == 302
    return visitor


# H8: links of roles above one's own, links that were shown


@pytest.mark.parametrize("act", ["retrimitere", "link", "retragere"])
def test_an_administrator_touches_no_invitation_of_an_owner(
    ownership: Membership, admin: Membership, act: str
) -> None:
    invitation, secret = members.invite_member(ownership, email=INVITED, role="owner")
    client = client_of(admin.user)
    page = client.post(f"/organizatie/invitatii/{invitation.pk}/{act}/", follow=True)
    assert "Numai un proprietar poate" in page.content.decode()
    assert "/invitatie/" not in page.content.decode()
    assert f"/{invitation.pk}/{act}/" not in client.get("/organizatie/membri/").content.decode()
    assert members.usable_invitation(secret) == invitation
    with pytest.raises(ValidationError, match="Numai un proprietar"):
        members.invite_member(admin, email=INVITED, role="viewer")  # would replace it
    assert members.usable_invitation(secret) == invitation


def test_a_refusing_mail_server_shows_no_link_to_anybody(
    owner: User, admin: Membership, settings: LazySettings
) -> None:
    with MailServer() as server:
        settings.MAILERS = server.mailers
        server.refuse_recipients("550 no such mailbox")
        client = client_of(admin.user)
        form = {"email": INVITED, "role": "viewer"}
        page = client.post("/organizatie/membri/", form, follow=True).content.decode()
        delivered()
    pk = Invitation.objects.get().pk
    page += client.post(f"/organizatie/invitatii/{pk}/retrimitere/", follow=True).content.decode()
    assert "/invitatie/" not in page


def test_what_became_of_the_email_is_reported_to_who_invites(
    owner: User, settings: LazySettings
) -> None:
    client = client_of(owner)
    with MailServer() as server:
        settings.MAILERS = server.mailers
        for response, words in (
            ("451 greylisted", "e‑mailul nu a plecat încă"),
            ("550 no such mailbox", "adresa nu primește mesaje"),
        ):
            server.refuse_recipients(response)
            client.post("/organizatie/membri/", {"email": INVITED, "role": "viewer"})
            delivered()
            assert words in client.get("/organizatie/membri/").content.decode()


def test_an_account_by_a_link_that_was_shown_confirms_its_address_first(
    owner: User, admin: Membership, settings: LazySettings
) -> None:
    invitation, letter_secret = members.invite_member(admin, email=INVITED, role="viewer")
    address = shown_link(client_of(admin.user), invitation)
    assert members.usable_invitation(letter_secret) is None
    visitor = sign_up(address)
    assert not EmailAddress.objects.get(email=INVITED).verified
    assert not Membership.objects.filter(user__email=INVITED).exists()
    assert visitor.get("/transporturi/").status_code == 302
    # Only who reads the address's e-mails goes on; then the place is taken at the sign-in.
    confirm = re.search(r"/cont/confirm-email/\S+", str(delivered()[-1].body))
    assert confirm
    visitor.post(confirm[0])
    visitor.post("/cont/login/", {"login": INVITED, "password": PASSWORD})
    assert Membership.objects.get(user__email=INVITED).role == "viewer"
    assert visitor.get("/transporturi/").status_code == 200


def test_who_has_an_account_joins_by_the_button_and_not_by_signing_in(
    ownership: Membership,
) -> None:
    user = provision_user(email=INVITED, password=PASSWORD)
    _, secret = members.invite_member(ownership, email=INVITED, role="viewer")
    visitor = Client()
    visitor.get(link(secret))
    assert visitor.post("/cont/login/", {"login": INVITED, "password": PASSWORD}).status_code == 302
    assert not Membership.objects.filter(user=user).exists()
    visitor.post(link(secret))
    assert Membership.objects.get(user=user).role == "viewer"


def test_a_link_that_came_by_email_alone_confirms_the_address(ownership: Membership) -> None:
    invitation, _ = members.invite_member(ownership, email=INVITED, role="viewer")
    shown_link(client_of(ownership.user), invitation)
    client_of(ownership.user).post(f"/organizatie/invitatii/{invitation.pk}/retrimitere/")
    address = re.search(r"/invitatie/\S+", str(delivered()[-1].body))
    assert address
    visitor = sign_up(address[0])
    assert EmailAddress.objects.get(email=INVITED).verified
    assert visitor.get("/transporturi/").status_code == 200


def test_nothing_put_into_an_unconfirmed_account_survives_its_owner_s_password(db: None) -> None:
    """A passkey, an authenticator app, an address of the stranger's own."""
    victim = provision_user(email=INVITED, password=PASSWORD)
    EmailAddress.objects.filter(user=victim).update(verified=False)
    EmailAddress.objects.create(user=victim, email="evil@example.ro", verified=False)
    for kind in Authenticator.Type:
        Authenticator.objects.create(user=victim, type=kind, data={})
    choose_new_password()
    assert not Authenticator.objects.exists()
    assert [address.email for address in EmailAddress.objects.all()] == [INVITED]


def test_second_factors_of_a_confirmed_account_survive_a_new_password(db: None) -> None:
    person = provision_user(email=INVITED, password=PASSWORD)
    Authenticator.objects.create(user=person, type="webauthn", data={})
    choose_new_password()
    assert Authenticator.objects.exists()


def choose_new_password() -> None:
    client = Client()
    client.post("/cont/password/reset/", {"email": INVITED})
    match = re.search(r"/cont/password/reset/key/\S+", str(delivered()[-1].body))
    assert match
    form = {"password1": "cu totul alta parolă", "password2": "cu totul alta parolă"}
    assert client.post(client.get(match[0])["Location"], form).status_code == 302


def test_an_address_that_was_added_and_never_confirmed_opens_no_account(db: None) -> None:
    """Else its true owner would be led into a stranger's account."""
    stranger = provision_user(email="evil@example.ro", password=PASSWORD)
    EmailAddress.objects.create(user=stranger, email=INVITED, verified=False)
    Client().post("/cont/password/reset/", {"email": INVITED})
    (email,) = delivered()
    assert "nu are cont aici" in email.body
    assert "/reset/key/" not in email.body


# M8: an invitation is worth what its sender may give today


def test_an_invitation_of_a_removed_owner_opens_nothing(
    organization: Organization, ownership: Membership
) -> None:
    second = place(organization, "owner")
    _, secret = members.invite_member(second, email=INVITED, role="owner")
    members.remove_member(ownership, second)
    assert Client().get(link(secret)).status_code == 404
    assert Invitation.objects.get().revoked_at
    assert not OutgoingEmail.objects.exists()


@pytest.mark.parametrize("rank", ["admin", "dispatcher", "viewer"])
def test_an_invitation_of_a_demoted_owner_opens_only_what_is_left(
    organization: Organization, ownership: Membership, rank: str
) -> None:
    second = place(organization, "owner")
    _, to_owner = members.invite_member(second, email=INVITED, role="owner")
    _, to_viewer = members.invite_member(second, email="alt@example.ro", role="viewer")
    members.change_member(ownership, second, role=rank, companies=None)
    assert members.usable_invitation(to_owner) is None
    assert (members.usable_invitation(to_viewer) is not None) == (rank == "admin")


@pytest.mark.parametrize("way", ["leave", "hand_over", "erase", "inactive", "gone_beside"])
def test_every_loss_of_the_right_revokes_the_invitation(
    organization: Organization, ownership: Membership, way: str
) -> None:
    second = place(organization, "owner")
    _, secret = members.invite_member(second, email=INVITED, role="owner")
    if way == "leave":
        members.leave_organization(second)
    elif way == "hand_over":
        members.hand_over_organization(second, ownership)
    elif way == "erase":
        personal_data.erase_account(second.user)
    elif way == "inactive":
        User.objects.filter(pk=second.user_id).update(is_active=False)
    else:
        Membership.objects.filter(pk=second.pk).delete()  # by no act of the product
    assert members.usable_invitation(secret) is None
    if way in {"leave", "hand_over", "erase"}:
        assert Invitation.objects.get().revoked_at


def test_the_right_is_checked_again_when_the_invitation_is_accepted(
    organization: Organization, ownership: Membership
) -> None:
    """The page was opened before the sender lost it."""
    second = place(organization, "owner")
    invitation, _ = members.invite_member(second, email=INVITED, role="owner")
    person = provision_user(email=INVITED, password=PASSWORD)
    Membership.objects.filter(pk=second.pk).update(role="viewer")
    with pytest.raises(ValidationError, match="retrasă"):
        members.accept_invitation(person, invitation)
    # And a link that was replaced since takes nothing.
    Membership.objects.filter(pk=second.pk).update(role="owner")
    members.renew_invitation(ownership, invitation)
    with pytest.raises(ValidationError, match="retrasă"):
        members.accept_invitation(person, invitation)
    assert not person.memberships.exists()


def test_who_sends_it_again_is_its_inviter(
    organization: Organization, ownership: Membership, admin: Membership
) -> None:
    invitation, _ = members.invite_member(admin, email=INVITED, role="viewer")
    secret = members.renew_invitation(ownership, invitation)
    members.remove_member(ownership, admin)
    assert members.usable_invitation(secret) is not None


def test_acts_of_somebody_who_has_just_lost_the_right_do_nothing(
    organization: Organization, ownership: Membership
) -> None:
    """The request began before, with the membership as it was."""
    second, victim = place(organization, "owner"), place(organization, "viewer")
    stale = Membership.objects.get(pk=second.pk)
    members.change_member(ownership, second, role="viewer", companies=None)
    invitation, _ = members.invite_member(ownership, email=INVITED, role="viewer")
    acts: list[Callable[[], object]] = [
        partial(members.invite_member, stale, email="x@example.ro", role="owner"),
        partial(members.renew_invitation, stale, invitation),
        partial(members.revoke_invitation, stale, invitation),
        partial(members.change_member, stale, victim, role="owner", companies=None),
        partial(members.remove_member, stale, victim),
        partial(members.hand_over_organization, stale, victim),
    ]
    for act in acts:
        stale.role = "owner"
        with pytest.raises(ValidationError):
            act()
    victim.refresh_from_db()
    assert victim.role == "viewer"


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_demote_each_other_at_once_one_does(
    organization: Organization,
) -> None:
    first, second, _ = (place(organization, "owner") for _ in range(3))
    results = at_once(
        partial(
            members.change_member,
            first,
            Membership.objects.get(pk=second.pk),
            role="viewer",
            companies=None,
        ),
        partial(
            members.change_member,
            second,
            Membership.objects.get(pk=first.pk),
            role="viewer",
            companies=None,
        ),
    )
    assert {type(result) for result in results} == {type(None), ValidationError}
    assert organization.memberships.filter(role="owner").count() == 2


# Owners are notified of each new one


@pytest.mark.parametrize("way", ["invitation", "change", "hand_over"])
def test_the_owners_are_notified_of_a_new_one(
    organization: Organization, ownership: Membership, way: str
) -> None:
    acting = place(organization, "owner", name="Dan")
    if way == "invitation":
        invitation, _ = members.invite_member(acting, email=INVITED, role="owner")
        members.accept_invitation(provision_user(email=INVITED, password=PASSWORD), invitation)
    elif way == "change":
        members.change_member(acting, place(organization, "viewer"), role="owner", companies=None)
    else:
        members.hand_over_organization(acting, place(organization, "viewer"))
    notifications = Notification.objects.filter(kind="owners", user=ownership.user)
    assert "este acum proprietar în Trans Test" in notifications.get().text
    assert notifications.get().email.state == "waiting"


def test_who_is_no_owner_reads_nothing_of_it(
    organization: Organization, ownership: Membership, admin: Membership
) -> None:
    members.change_member(ownership, place(organization, "viewer"), role="owner", companies=None)
    assert [notification.user for notification in Notification.objects.filter(kind="owners")] == [
        ownership.user
    ]


# L6, and e-mails of young organizations


@pytest.mark.django_db(transaction=True)
def test_four_sign_ups_at_once_over_one_invitation_make_one_account(
    ownership: Membership,
) -> None:
    _, secret = members.invite_member(ownership, email=INVITED, role="viewer")
    visitors = [Client() for _ in range(4)]
    for visitor in visitors:
        visitor.get(link(secret))
    responses = at_once(
        *[partial(visitor.post, "/cont/signup/", FORM, follow=True) for visitor in visitors]
    )
    assert [getattr(response, "status_code", response) for response in responses] == [200] * 4
    assert User.objects.filter(email=INVITED).count() == 1
    assert Membership.objects.filter(user__email=INVITED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_sign_ups_at_once_of_one_address_make_one_account_where_sign_up_is_open(
    settings: LazySettings,
) -> None:
    settings.SIGNUP = "open"
    responses = at_once(*[partial(Client().post, "/cont/signup/", FORM) for _ in range(4)])
    assert [getattr(response, "status_code", response) for response in responses] == [302] * 4
    assert User.objects.filter(email=INVITED).count() == 1


@pytest.mark.parametrize(("mode", "sent"), [("open", 2), ("invitation", 3)])
def test_a_young_organization_writes_to_few_strangers(
    owner: User, settings: LazySettings, mode: str, sent: int
) -> None:
    settings.SIGNUP = mode
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"invitation_email_young": "2/d/organization"}
    client = client_of(owner)
    codes = [
        client.post(
            "/organizatie/membri/", {"email": f"n{n}@example.ro", "role": "viewer"}
        ).status_code
        for n in range(3)
    ]
    assert codes.count(429) == 3 - sent
    assert OutgoingEmail.objects.count() == sent
