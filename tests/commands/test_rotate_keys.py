"""`caraus rotate-keys`: a new key first, all sealed anew, the old key out, and everything lives."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from cryptography.fernet import Fernet
from django.conf import LazySettings

from caraus.accounts.models import Organization, User
from caraus.accounts.two_factors import rotate_authenticator_keys
from caraus.authorizations.key_rotation import rotate_token_keys
from caraus.authorizations.models import Authorization
from caraus.core import crypto
from tests import factories
from tests.commands.conftest import EMAIL
from tests.commands.installation import Installation


def new_key() -> str:
    return Fernet.generate_key().decode()


def test_the_command_moves_everything_to_the_first_key(
    installation: Installation,
) -> None:
    old, new = new_key(), new_key()
    installation.environment["CARAUS_TOKEN_KEYS"] = old
    with installation.web() as client:
        assert "Autorizarea a reușit" in installation.authorize(client, email=EMAIL)
    done = installation.run("rotate-keys", CARAUS_TOKEN_KEYS=f"{new},{old}")
    assert done.returncode == 0, done.stderr
    assert "1 authorization(s)" in done.stdout
    assert old not in done.stdout + done.stderr
    installation.environment["CARAUS_TOKEN_KEYS"] = new
    assert installation.json("sync")[0]["outcome"] == "ok"

    lost = installation.run("rotate-keys", CARAUS_TOKEN_KEYS=new_key())
    assert lost.returncode == 1
    assert "could not be opened with any of the keys" in lost.stderr
    assert installation.json("sync")[0]["outcome"] == "ok"


def test_what_no_key_opens_is_left_as_it_is_and_counted(
    organization: Organization, settings: LazySettings
) -> None:
    old, lost, new = new_key(), new_key(), new_key()
    settings.TOKEN_KEYS = [lost]
    shut = factories.authorization(organization)
    settings.TOKEN_KEYS = [old]
    fine = factories.authorization(organization)
    ended = factories.authorization(organization)
    Authorization.objects.filter(pk=ended.pk).update(
        access_token_sealed="", refresh_token_sealed=""
    )
    settings.TOKEN_KEYS = [new, old]
    rotated = rotate_token_keys()
    assert (rotated.done, rotated.unreadable) == (1, (shut.pk,))
    settings.TOKEN_KEYS = [new]
    fine.refresh_from_db()
    assert crypto.decrypt(fine.access_token_sealed) == "access"
    assert crypto.decrypt(fine.refresh_token_sealed) == "refresh"
    settings.TOKEN_KEYS = [lost]
    shut.refresh_from_db()
    assert crypto.decrypt(shut.access_token_sealed) == "access"


@pytest.mark.parametrize("name", ["secret", "seed"])
def test_second_factors_move_too(owner: User, settings: LazySettings, name: str) -> None:
    old, new = new_key(), new_key()
    settings.TOKEN_KEYS = [old]
    kind = Authenticator.Type.TOTP if name == "secret" else Authenticator.Type.RECOVERY_CODES
    Authenticator.objects.create(user=owner, type=kind, data={name: encrypt("JBSWY3DP")})
    settings.TOKEN_KEYS = [new, old]
    assert rotate_authenticator_keys() == 1
    settings.TOKEN_KEYS = [new]
    assert decrypt(Authenticator.objects.get().data[name]) == "JBSWY3DP"
