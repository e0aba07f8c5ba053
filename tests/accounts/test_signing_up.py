"""Who may make an account, and what a password, a session and a second factor are worth."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from caraus.accounts.models import AuditLogEntry, Membership, Organization, User
from caraus.accounts.provision import provision_user
from tests import factories
from tests.mail import delivered
from tests.two_factors import add_recovery_codes, add_totp, totp_code

EMAIL = "ana@example.ro"
PASSWORD = "o parolă destul de lungă"
FORM = {"name": "Ana", "email": EMAIL, "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture(autouse=True)
def _no_limits_left(db: None) -> None:
    cache.clear()


@pytest.fixture
def ana(db: None) -> User:
    return provision_user(email=EMAIL, password=PASSWORD, name="Ana", organization_name="Trans")


def sign_in(client: Client, password: str = PASSWORD) -> object:
    return client.post("/cont/login/", {"login": EMAIL, "password": password})


@pytest.mark.parametrize("mode", ["invitation", "closed"])
def test_without_an_invitation_nobody_signs_up(
    client: Client, settings: LazySettings, mode: str
) -> None:
    settings.SIGNUP = mode
    page = client.post("/cont/signup/", FORM).content.decode()
    assert "cu o invitație" in page
    assert not User.objects.exists()


def test_in_the_closed_mode_an_invitation_opens_no_sign_up(
    settings: LazySettings, organization: Organization, owner: User
) -> None:
    settings.SIGNUP = "closed"
    client = Client()
    client.force_login(owner)
    client.post("/organizatie/membri/", {"email": EMAIL, "role": "viewer"})
    link = re.search(r"/invitatie/\S+", str(delivered()[-1].body))
    assert link
    visitor = Client()
    assert "Cere-i un cont" in visitor.get(link[0]).content.decode()
    visitor.post("/cont/signup/", FORM)
    assert not User.objects.filter(email=EMAIL).exists()


def test_in_the_open_mode_the_address_is_confirmed_first(
    client: Client, settings: LazySettings
) -> None:
    settings.SIGNUP = "open"
    assert client.post("/cont/signup/", FORM).status_code == 302
    assert not EmailAddress.objects.get().verified
    assert sign_in(client)["Location"] != "/"  # type: ignore[index]
    assert client.get("/transporturi/").status_code == 302
    link = re.search(r"/cont/confirm-email/\S+", str(delivered()[0].body))
    assert link
    client.post(link[0])
    assert EmailAddress.objects.get().verified
    assert sign_in(client)["Location"] == "/"  # type: ignore[index]
    # Without an organization the way leads to making one.
    assert client.get("/")["Location"] == "/organizatie/noua/"
    client.post("/organizatie/noua/", {"name": "Trans Ana"})
    assert client.get("/firme/").status_code == 200


def test_a_known_address_is_not_shown_to_a_stranger(
    client: Client, settings: LazySettings, ana: User
) -> None:
    settings.SIGNUP = "open"
    response = client.post("/cont/signup/", FORM)
    assert response.status_code == 302
    assert "ai deja cont" in delivered()[0].subject
    assert User.objects.count() == 1


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(
    client: Client, ana: User
) -> None:
    client.post("/cont/password/reset/", {"email": EMAIL})
    link = re.search(r"/cont/password/reset/key/\S+", str(delivered()[0].body))
    assert link
    location = client.get(link[0])["Location"]
    new = "cu totul alta parolă"
    client.post(location, {"password1": new, "password2": new})
    other_client = Client()
    assert sign_in(other_client).status_code == 200  # type: ignore[attr-defined]
    assert sign_in(other_client, new).status_code == 302  # type: ignore[attr-defined]
    assert "nu mai este valabil" in Client().get(link[0], follow=True).content.decode()


def test_wrong_passwords_are_limited_and_stand_in_the_audit_log(client: Client, ana: User) -> None:
    pages = [sign_in(client, "greșită").content.decode() for _ in range(6)]  # type: ignore[attr-defined]
    assert "Prea multe încercări" not in pages[4]
    assert "Prea multe încercări" in pages[5]
    # The right one is refused too, until some minutes are over.
    assert sign_in(client).status_code == 200  # type: ignore[attr-defined]
    assert AuditLogEntry.objects.filter(action="sign_in_failed", actor_id=ana.pk).count() == 5


def test_the_right_password_and_a_new_one_end_the_count_of_wrong_ones(
    client: Client, ana: User
) -> None:
    for _ in range(2):
        for _ in range(4):
            sign_in(client, "greșită")
        assert sign_in(Client()).status_code == 302  # type: ignore[attr-defined]
    pages = [sign_in(client, "greșită").content.decode() for _ in range(6)]  # type: ignore[attr-defined]
    assert "Prea multe încercări" in pages[5]
    client.post("/cont/password/reset/", {"email": EMAIL})
    link = re.search(r"/cont/password/reset/key/\S+", str(delivered()[0].body))
    assert link
    new = "cu totul alta parolă"
    client.post(client.get(link[0])["Location"], {"password1": new, "password2": new})
    assert sign_in(Client(), new).status_code == 302  # type: ignore[attr-defined]


def try_from(address: str, password: str = "greșită") -> bool:
    """Return whether a sign-in from this address is let in."""
    client = Client(REMOTE_ADDR=address)
    return bool(sign_in(client, password).status_code == 302)  # type: ignore[attr-defined]


def test_a_stranger_elsewhere_locks_nobody_out(ana: User, settings: LazySettings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"sign_in_failed": "2/5m/key"}
    assert not try_from("10.0.0.1")
    assert not try_from("10.0.0.1")
    assert not try_from("10.0.0.1", PASSWORD)
    assert try_from("10.0.0.2", PASSWORD)


def test_passkeys_are_not_locked_out_by_wrong_passwords(ana: User, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "1/h/ip"}
    assert not try_from("10.0.0.1")
    assert not try_from("10.0.0.1", PASSWORD)
    client = Client(REMOTE_ADDR="10.0.0.1", headers={"x-requested-with": "XMLHttpRequest"})
    begun = client.get("/cont/2fa/webauthn/login/")
    assert (begun.status_code, "challenge" in str(begun.json())) == (200, True)
    response = client.post("/cont/2fa/webauthn/login/", {"credential": "{}"})
    assert "Prea multe" not in response.content.decode()


def test_one_address_guesses_few_passwords_of_all_accounts(
    ana: User, settings: LazySettings
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "20/m/ip,3/h/ip"}
    for number in range(3):
        client = Client(REMOTE_ADDR="10.0.0.1")
        client.post("/cont/login/", {"login": f"n{number}@example.ro", "password": "greșită"})
    assert not try_from("10.0.0.1", PASSWORD)
    assert try_from("10.0.0.2", PASSWORD)


def test_guessing_from_many_addresses_is_slow_and_the_person_still_comes_in_from_where_always(
    ana: User, settings: LazySettings
) -> None:
    # Four tries: the person's own first one, from an address that is new too, and three guesses.
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"sign_in_elsewhere": "4/h/key"}
    assert try_from("10.0.0.9", PASSWORD)
    for number in range(1, 4):
        assert not try_from(f"10.0.0.{number}")
    before = AuditLogEntry.objects.filter(action="sign_in_failed").count()
    assert not try_from("10.0.0.4", PASSWORD)
    assert AuditLogEntry.objects.filter(action="sign_in_failed").count() == before == 3
    assert try_from("10.0.0.9", PASSWORD)


def test_the_others_are_closed_and_this_one_stays(ana: User) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        assert sign_in(client).status_code == 302  # type: ignore[attr-defined]
    page = here.get("/cont/sessions/").content.decode()
    assert "Închide-le pe celelalte" in page
    here.post("/cont/sessions/")
    assert here.get("/transporturi/").status_code == 200
    assert elsewhere.get("/transporturi/").status_code == 302


def test_a_new_password_ends_the_other_sessions(ana: User) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        sign_in(client)
    new = "cu totul alta parolă"
    here.post(
        "/cont/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert here.get("/transporturi/").status_code == 200
    assert elsewhere.get("/transporturi/").status_code == 302


def test_the_second_factor_is_required_and_its_secret_encrypted(ana: User) -> None:
    client = Client()
    sign_in(client)
    redirect = client.get("/cont/2fa/totp/activate/")["Location"]
    assert redirect.startswith("/cont/reauthenticate/")  # nobody adds a factor at an open desk
    page = client.post(redirect, {"password": PASSWORD}, follow=True)
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page.content.decode())
    assert secret
    client.post("/cont/2fa/totp/activate/", {"code": totp_code(secret[1])})
    assert secret[1] not in str(list(Authenticator.objects.values()))

    second_client = Client()
    assert sign_in(second_client)["Location"].startswith("/cont/2fa/authenticate/")  # type: ignore[index]
    assert second_client.get("/transporturi/").status_code == 302
    wrong = second_client.post("/cont/2fa/authenticate/", {"code": "000000"})
    assert "Codul nu este corect" in wrong.content.decode()
    cache.clear()
    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    good = second_client.post("/cont/2fa/authenticate/", {"code": totp_code(secret[1])})
    # The same code twice within its half minute is refused: a recovery code comes to help.
    if good.status_code != 302:
        backup = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        good = second_client.post("/cont/2fa/authenticate/", {"code": backup})
    assert good.status_code == 302
    assert second_client.get("/transporturi/").status_code == 200


def test_a_recovery_code_works_once(ana: User) -> None:
    add_totp(ana)
    add_recovery_codes(ana)
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        sign_in(client)
        response = client.post("/cont/2fa/authenticate/", {"code": code})
        assert response.status_code == expected


def test_an_organization_that_demands_two_factors_shows_nothing_without(
    organization: Organization, owner: User
) -> None:
    add_totp(owner)
    client = Client()
    client.force_login(owner)
    form = {"name": organization.name, "require_two_factors": "on"}
    assert client.post("/organizatie/setari/", form).status_code == 302
    member = factories.member(organization, "dispatcher")
    poor = Client()
    poor.force_login(member)
    for path in ("/transporturi/", "/firme/", "/integrari/", "/organizatie/"):
        response = poor.get(path)
        assert (response.status_code, response["Location"]) == (302, "/cont/2fa/")
    assert "cere autentificarea în doi pași" in poor.get("/cont/2fa/").content.decode()
    add_totp(member)
    assert poor.get("/transporturi/").status_code == 200


def test_whoever_demands_two_factors_has_them(organization: Organization, owner: User) -> None:
    client = Client()
    client.force_login(owner)
    form = {"name": organization.name, "require_two_factors": "on"}
    assert client.post("/organizatie/setari/", form).status_code == 403
    organization.refresh_from_db()
    assert not organization.require_two_factors


def test_a_lost_phone_is_removed_at_the_terminal(ana: User) -> None:
    from caraus.accounts.two_factors import delete_second_factors

    add_totp(ana)
    delete_second_factors(ana)
    assert sign_in(Client()).status_code == 302  # type: ignore[attr-defined]
    assert not Authenticator.objects.exists()


def test_one_may_be_in_several_organizations_and_switch(owner: User) -> None:
    other_organization = factories.organization("A doua")
    Membership.objects.create(user=owner, organization=other_organization, role="viewer")
    client = Client()
    client.force_login(owner)
    page = client.get(f"/o/{other_organization.slug}/organizatie/").content.decode()
    assert "<h1>A doua</h1>" in page
    assert "Ești cititor" in page


@pytest.mark.parametrize("target", ["https://evil.ro/", "//evil.ro", "javascript:alert(1)"])
def test_sign_in_sends_nobody_to_another_site(client: Client, ana: User, target: str) -> None:
    form = {"login": EMAIL, "password": PASSWORD, "next": target}
    response = client.post("/cont/login/", form)
    assert response.status_code == 302
    assert response["Location"].startswith("/")
    assert "evil" not in response["Location"]
