"""New keys for the letters that wait: sealed anew under the first one."""

from django.db import transaction

from caraus.core import crypto
from caraus.mail.models import OutgoingEmail


def rotate_message_keys() -> tuple[int, int]:
    """Seal all e-mails with the first key; return how many are, and how many none of the keys
    opens."""
    done = unreadable = 0
    for pk in OutgoingEmail.objects.exclude(sealed="").values_list("pk", flat=True):
        with transaction.atomic():
            letter = OutgoingEmail.objects.select_for_update().filter(pk=pk).first()
            if letter is None or not letter.sealed:
                continue  # sent meanwhile
            try:
                letter.sealed = crypto.encrypt(crypto.decrypt(letter.sealed))
            except crypto.UnreadableTokenError:
                unreadable += 1
                continue
            letter.save(update_fields=["sealed"])
            done += 1
    return done, unreadable
