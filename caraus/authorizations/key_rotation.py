"""New keys for the tokens at rest: what an older key sealed is sealed anew under the first one."""

from dataclasses import dataclass

from django.db import transaction

from caraus.authorizations.models import Authorization
from caraus.core import crypto


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many authorizations are now under the first key, and which none of the keys opens."""

    done: int
    unreadable: tuple[int, ...]


def rotate_token_keys() -> Rotated:
    """Seal the tokens with the first key, each authorization in a transaction of its own, its row
    locked: refreshes go on meanwhile."""
    done, unreadable = 0, []
    for pk in Authorization.objects.exclude(access_token_sealed="").values_list("pk", flat=True):
        try:
            done += _rotate_authorization(pk)
        except crypto.UnreadableTokenError:
            unreadable.append(pk)
    return Rotated(done, tuple(unreadable))


@transaction.atomic
def _rotate_authorization(pk: int) -> bool:
    authorization = Authorization.objects.select_for_update(no_key=True).get(pk=pk)
    if not authorization.access_token_sealed:
        return False  # disconnected meanwhile
    for field in ("access_token_sealed", "refresh_token_sealed"):
        setattr(authorization, field, crypto.encrypt(crypto.decrypt(getattr(authorization, field))))
    authorization.save(update_fields=["access_token_sealed", "refresh_token_sealed"])
    return True
