"""What the database knows of a session: enough to end it, too little to use it."""

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.contrib.sessions.backends.base import UpdateError
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from caraus.accounts import server_setup, sessions
from caraus.accounts.models import Membership, Organization, Session, User
from caraus.accounts.provision import provision_user
from caraus.accounts.sessions import SessionStore

PASSWORD = "o parolă destul de lungă"


@pytest.fixture
def ana(organization: Organization) -> User:
    cache.clear()
    user = provision_user(email="ana@example.ro", password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=user, organization=organization, role="dispatcher")
    return user


def signed_in(ana: User) -> Client:
    client = Client()
    form = {"login": ana.email, "password": PASSWORD}
    assert client.post("/cont/login/", form).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/cont/date/").status_code == 200


def rows() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT json_agg(row_to_json(s))::text FROM accounts_session s")
        return str(cursor.fetchone()[0])


def test_a_row_is_neither_a_cookie_nor_readable(ana: User) -> None:
    client = signed_in(ana)
    cookie = client.cookies["sessionid"].value
    assert is_in(client)
    for value in (cookie, "_auth_user", "127.0.0.1", ana.password):
        assert value not in rows()
    (row,) = Session.objects.all()
    for guess in (row.key_digest, row.key_digest[:32], row.sealed):
        other_client = Client()
        other_client.cookies["sessionid"] = guess
        assert not is_in(other_client)


def test_the_key_changes_at_sign_in_and_the_old_one_is_gone(ana: User) -> None:
    client = Client()
    client.get("/cont/login/")
    store = client.session
    store["before"] = "1"
    store.save()
    client.cookies["sessionid"] = before = str(store.session_key)
    client.post("/cont/login/", {"login": ana.email, "password": PASSWORD})
    assert client.cookies["sessionid"].value != before
    assert not SessionStore().exists(before)
    assert is_in(client)


def test_sessions_are_listed_with_their_origin_and_the_others_end(ana: User) -> None:
    here, elsewhere = signed_in(ana), signed_in(ana)
    listed = sessions.sessions_of(ana, current=here.cookies["sessionid"].value)
    assert [session.ip for session in listed] == ["127.0.0.1", "127.0.0.1"]
    assert sorted(session.is_current for session in listed) == [False, True]
    page = here.post("/cont/sessions/", follow=True).content.decode()
    assert "Celelalte sesiuni au fost închise" in page
    assert is_in(here)
    assert not is_in(elsewhere)


def test_a_new_password_keeps_this_session_and_unlists_the_others(ana: User) -> None:
    here, elsewhere = signed_in(ana), signed_in(ana)
    new = "cu totul alta parolă"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    here.post("/cont/password/change/", form)
    ana.refresh_from_db()
    assert len(sessions.sessions_of(ana)) == 1
    assert Session.objects.filter(user_id=ana.pk).count() == 1
    assert is_in(here)
    assert not is_in(elsewhere)


def test_signing_out_everywhere_ends_only_that_persons_sessions(ana: User, owner: User) -> None:
    here, elsewhere, other_client = signed_in(ana), signed_in(ana), Client()
    other_client.force_login(owner)
    sessions.end_sessions(ana)
    assert not is_in(here)
    assert not is_in(elsewhere)
    assert is_in(other_client)


def test_an_ended_session_is_not_saved_again(ana: User) -> None:
    client = signed_in(ana)
    store = SessionStore(client.cookies["sessionid"].value)
    assert store["_auth_user_id"] == str(ana.pk)
    sessions.end_sessions(ana)
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_expired_sessions_open_nothing_and_are_deleted(ana: User) -> None:
    client = signed_in(ana)
    Session.objects.update(expires_at=timezone.now())
    assert not is_in(client)
    assert sessions.sessions_of(ana) == []
    SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_new_keys_open_the_sessions_of_before_once_they_are_rotated(
    ana: User, settings: LazySettings
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.TOKEN_KEYS = [old]
    present, lost = signed_in(ana), signed_in(ana)
    settings.TOKEN_KEYS = [Fernet.generate_key().decode()]
    assert not is_in(lost)  # no key opens it: as if signed out, no error
    settings.TOKEN_KEYS = [new, old]
    assert sessions.rotate_session_keys() == Session.objects.filter(user_id=ana.pk).count() > 0
    settings.TOKEN_KEYS = [new]
    assert is_in(present)


@pytest.mark.parametrize("data", [{}, {"a": "ș"}, {"_auth_user_id": "7", "b": [1, None]}])
def test_what_a_session_holds_comes_back(db: None, data: dict[str, Any]) -> None:
    store = SessionStore()
    store.update(data)
    store.create()
    assert json.loads(json.dumps(dict(SessionStore(store.session_key).items()))) == data


def test_the_session_of_the_first_account_says_from_where(db: None) -> None:
    client = Client(REMOTE_ADDR="10.0.0.7")
    link = f"/inceput/{server_setup.setup_secret()}/"
    form = {"organization": "Trans Nou", "name": "Ioana", "email": "ioana@example.ro"}
    assert client.post(link, form | {"password": PASSWORD}).status_code == 302
    (own,) = sessions.sessions_of(User.objects.get())
    assert (own.ip, own.created_at is not None) == ("10.0.0.7", True)
