"""New keys for the e-mails that wait: sealed anew under the first one."""

from django.db import transaction

from caraus.core import crypto
from caraus.mail.models import OutgoingEmail


def rotate_message_keys() -> tuple[int, int]:
    """Seal all e-mails with the first key; return how many are, and how many none of the keys
    opens."""
    done = unreadable = 0
    for pk in OutgoingEmail.objects.exclude(sealed="").values_list("pk", flat=True):
        with transaction.atomic():
            email = OutgoingEmail.objects.select_for_update().filter(pk=pk).first()
            if email is None or not email.sealed:
                continue  # sent meanwhile
            try:
                email.sealed = crypto.encrypt(crypto.decrypt(email.sealed))
            except crypto.UnreadableTokenError:
                unreadable += 1
                continue
            email.save(update_fields=["sealed"])
            done += 1
    return done, unreadable
