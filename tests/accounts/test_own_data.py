"""A person's own data: taken along, erased, and what stays then."""

import json

import pytest
from django.core.cache import cache
from django.test import Client

from caraus.accounts import personal_data
from caraus.accounts.models import AuditLogEntry, Membership, Organization, User
from caraus.accounts.provision import provision_user
from caraus.authorizations.models import Authorization
from tests import factories

PASSWORD = "o parolă destul de lungă"


@pytest.fixture
def ana(organization: Organization) -> User:
    cache.clear()
    user = provision_user(email="ana@example.ro", password=PASSWORD, name="Ana Pop")
    Membership.objects.create(user=user, organization=organization, role="dispatcher")
    return user


@pytest.fixture
def client(ana: User) -> Client:
    client = Client()
    client.post("/cont/login/", {"login": ana.email, "password": PASSWORD})
    return client


def test_the_export_holds_all_and_no_secret(
    client: Client, ana: User, organization: Organization
) -> None:
    factories.authorization(organization, authorized_by=ana)
    response = client.post("/cont/date/export/")
    exported = json.loads(response.content)
    assert exported["cont"]["email"] == "ana@example.ro"
    assert exported["organizații"][0]["rol"] == "dispecer"
    assert exported["sesiuni"][0]["ip"] == "127.0.0.1"
    assert exported["autorizări SPV"][0]["persoana"] == "Ana Pop"
    assert any("intrat în cont" in entry["ce"] for entry in exported["jurnal"])
    assert ana.password.rpartition("$")[2] not in response.content.decode()


def test_the_packages_above_register_their_part_of_the_export(ana: User) -> None:
    assert list(personal_data.export_personal_data(ana)) == [
        *("cont", "adrese de e-mail", "organizații", "autentificare în doi pași", "sesiuni"),
        *(
            "dispozitive cu notificări pornite",
            "alarme pe rând",
            "autorizări SPV",
            "vederi salvate",
            "note",
            "jurnal",
        ),
    ]


def test_erasing_requires_the_password_and_ends_everything(
    client: Client, ana: User, organization: Organization
) -> None:
    authorization = factories.authorization(organization, authorized_by=ana)
    redirect = client.get("/cont/stergere/")
    assert redirect.status_code == 302
    assert client.post("/cont/stergere/").status_code == 302
    assert User.objects.filter(pk=ana.pk).exists()
    client.post(redirect["Location"], {"password": PASSWORD})
    client.post("/cont/stergere/")
    assert not User.objects.filter(pk=ana.pk).exists()
    assert client.get("/transporturi/")["Location"].startswith("/cont/login/")
    # The authorization lives on, with the name that it was given by; the audit log stays.
    authorization = Authorization.objects.get(pk=authorization.pk)
    assert (authorization.authorized_by, authorization.person_name) == (None, "Ana Pop")
    assert AuditLogEntry.objects.filter(actor_id=ana.pk, action="deletion").exists()


def test_the_only_owner_hands_over_first(organization: Organization, owner: User) -> None:
    factories.member(organization, "viewer")
    client = Client()
    client.force_login(owner)
    page = client.post("/cont/stergere/", follow=True).content.decode()
    assert "singurul proprietar" in page
    assert User.objects.filter(pk=owner.pk).exists()


def test_an_empty_organization_goes_with_its_only_person(
    organization: Organization, owner: User
) -> None:
    client = Client()
    client.force_login(owner)
    client.post("/cont/stergere/")
    assert not Organization.objects.exists()
    assert not User.objects.filter(pk=owner.pk).exists()
