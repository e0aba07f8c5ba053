"""E-mails that wait for the mail server."""

from django.db import models
from django.utils import timezone


class OutgoingEmail(models.Model):
    """One e-mail to one person, from the act that causes it until the mail server has it.

    The e-mail is sealed (links of passwords and invitations stand in it). The row goes when the
    server took the e-mail; of one that was given up the e-mail goes, and the row says why.
    """

    recipient = models.EmailField(max_length=320)
    # Which e-mail it is, for logs and tests; what it is about, for looking up how it went.
    purpose = models.CharField(max_length=100, blank=True)
    reference = models.CharField(max_length=100, blank=True)
    sealed = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    # An e-mail whose link works no longer is not sent.
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    gave_up_at = models.DateTimeField(null=True, blank=True)
    # The kind of the failure, never the server's words: those may quote a password.
    error_code = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(gave_up_at=None),
                name="email_waiting",
            ),
            models.Index(fields=["reference"], name="email_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} → {self.recipient}"
