"""What the administrators see when the mail server fails."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from caraus.accounts.models import Organization
from caraus.core.formatting import gettext_lazy
from caraus.notifications.models import NotificationEmail

SENTENCES = {
    "authentication": gettext_lazy(
        "Serverul de e-mail nu acceptă utilizatorul sau parola din EMAIL_URL."
    ),
    "recipient": gettext_lazy("Serverul de e-mail nu primește mesaje pentru unii destinatari."),
    "sender": gettext_lazy(
        "Serverul de e-mail nu acceptă adresa expeditorului (CARAUS_EMAIL_FROM)."
    ),
    "server": gettext_lazy("Serverul de e-mail a refuzat mesajele."),
    "tls": gettext_lazy("Conexiunea securizată cu serverul de e-mail nu a putut fi verificată."),
    "timeout": gettext_lazy("Serverul de e-mail nu a răspuns la timp."),
    "unreachable": gettext_lazy("Serverul de e-mail nu poate fi găsit sau refuză conexiunea."),
    "message": gettext_lazy("Un e-mail nu a putut fi alcătuit."),
}
# For how long what was given up is still shown.
SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class MailFailures:
    sentence: str
    since: datetime
    waiting: int
    given_up: int


def mail_failures_of(
    organization: Organization, *, now: datetime | None = None
) -> MailFailures | None:
    """Return the e-mails of the organization that could not be sent, if any."""
    now = now or timezone.now()
    failed = (
        NotificationEmail.objects.filter(
            notification__organization=organization,
            notification__created_at__gt=now - SHOWN_FOR,
        )
        .exclude(state=NotificationEmail.State.SENT)
        .exclude(error_code="")
        .select_related("notification")
        .order_by("notification__created_at")
    )
    rows = list(failed[:1000])
    if not rows:
        return None
    given_up = sum(row.state == NotificationEmail.State.GIVEN_UP for row in rows)
    return MailFailures(
        sentence=SENTENCES.get(rows[-1].error_code, SENTENCES["server"]),
        since=rows[0].notification.created_at,
        waiting=len(rows) - given_up,
        given_up=given_up,
    )
