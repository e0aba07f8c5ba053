"""Making users, organizations and companies: what exists is reused."""

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.accounts.provision import provision_user


def test_a_user_is_made_with_a_confirmed_address_and_may_sign_in(client: Client, db: None) -> None:
    provision_user(email=" Ana.Pop@Example.RO ", password="o parolă bună")
    user = User.objects.get()
    assert user.email == "ana.pop@example.ro"
    address = EmailAddress.objects.get()
    assert (address.verified, address.primary) == (True, True)
    form = {"login": "ANA.POP@example.ro", "password": "o parolă bună"}
    assert client.post("/cont/login/", form).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_the_same_twice_changes_nothing(db: None) -> None:
    for _ in range(2):
        provision_user(
            email="ana@example.ro", organization_name="Trans", cuis=["RO 14399840", "14399840"]
        )
    assert [model.objects.count() for model in (User, Organization, Membership, Company)] == [1] * 4
    assert Membership.objects.get().role == "owner"
    assert Company.objects.get().cui == "14399840"


def test_without_a_new_password_the_old_one_stays(db: None) -> None:
    provision_user(email="ana@example.ro", password="prima", name="Ana")
    provision_user(email="ana@example.ro")
    user = User.objects.get()
    assert user.check_password("prima")
    assert user.name == "Ana"


def test_without_a_password_nobody_signs_in(client: Client, db: None) -> None:
    provision_user(email="ana@example.ro")
    assert not User.objects.get().has_usable_password()


def test_companies_go_to_the_first_organization_or_to_one_named_by_the_address(db: None) -> None:
    provision_user(email="ana@example.ro", cuis=["14399840"])
    assert Organization.objects.get().name == "ana@example.ro"
    provision_user(email="ana@example.ro", cuis=["900010100"])
    assert Organization.objects.get().companies.count() == 2


def test_someone_elses_organization_is_joined_and_not_taken_over(db: None) -> None:
    first = provision_user(email="ana@example.ro", organization_name="Trans")
    second = provision_user(email="ion@example.ro", organization_name="Trans")
    roles = dict(Membership.objects.values_list("user", "role"))
    assert roles == {first.pk: "owner", second.pk: "dispatcher"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"email": "ana"}, "nu este o adresă"),
        ({"email": ""}, "nu este o adresă"),
        ({"email": "ana@example.ro", "cuis": ["14399840", "14399841"]}, "cifra de control"),
    ],
)
def test_what_is_wrong_leaves_nothing_behind(
    db: None, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        provision_user(**arguments)  # type: ignore[arg-type]
    assert sentence in caught.value.messages[0]
    assert not User.objects.exists()
    assert not Organization.objects.exists()


def test_an_address_is_one_user_in_whatever_case(db: None) -> None:
    User.objects.create_user("Ana@Example.ro")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="ANA@example.ro")
