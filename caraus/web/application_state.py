"""What „Starea aplicației” shows: the installation, and nothing of any organization but the
reader's trial e-mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext

from caraus import __version__
from caraus.accounts.models import User
from caraus.core import health
from caraus.core.formatting import gettext_lazy
from caraus.mail.messages import OutgoingMessage
from caraus.mail.models import OutgoingEmail
from caraus.mail.queue import delivery_failures, withdraw_messages
from caraus.notifications.mail_failures import SENTENCES
from caraus.notifications.models import NotificationEmail
from caraus.sync.limiter import permits
from caraus.sync.models import SyncState

# Failures of the mail server itself; the others are about one recipient or one e-mail.
SERVER_FAILURES = ("authentication", "sender", "server", "tls", "timeout", "unreachable")
# Of a trial e-mail to oneself: what the sentences about many recipients say less well.
TRIAL_SENTENCES = SENTENCES | {
    "recipient": gettext_lazy("Serverul de e-mail nu primește mesaje pentru adresa ta."),
}


@dataclass(frozen=True, slots=True)
class MailFailure:
    """An e-mail that the mail server did not take: whether it will be tried again, since when."""

    is_waiting: bool
    since: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class MailState:
    """E-mail of the installation, and why the reader's trial e-mail was not taken."""

    is_configured: bool
    last_sent_at: datetime | None
    failure: MailFailure | None
    trial_failure: str


@dataclass(frozen=True, slots=True)
class AnafState:
    """ANAF's services, as the calls of all workers found them."""

    down_since: datetime | None
    paused_until: datetime | None
    last_response_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApplicationState:
    version: str
    database_version: str
    database_megabytes: int
    workers: int
    worker_last_ran_at: datetime | None
    late_jobs: int
    mail: MailState
    anaf: AnafState


def read_application_state(user: User) -> ApplicationState:
    """Read the state of the installation, and of the user's trial e-mail."""
    return ApplicationState(
        version=__version__,
        database_version=health.database_version().split()[0],
        database_megabytes=health.database_bytes() >> 20,
        workers=health.living_workers(),
        worker_last_ran_at=health.worker_last_ran_at(),
        late_jobs=health.late_jobs(),
        mail=_mail_state(user),
        anaf=_anaf_state(),
    )


def _mail_state(user: User) -> MailState:
    failure = _last_failure()
    trial = delivery_failures([_trial_reference(user)]).get(_trial_reference(user))
    return MailState(
        is_configured=bool(health.mail_host()),
        last_sent_at=NotificationEmail.objects.aggregate(last=Max("sent_at"))["last"],
        failure=failure,
        trial_failure=_sentence(trial.error_code, TRIAL_SENTENCES) if trial else "",
    )


def _last_failure() -> MailFailure | None:
    """Return the newest e-mail that the mail server did not take; one that still waits goes before
    those that were given up."""
    queued = OutgoingEmail.objects.filter(error_code__in=SERVER_FAILURES)
    notices = NotificationEmail.objects.filter(error_code__in=SERVER_FAILURES)
    waiting = NotificationEmail.State.WAITING
    failures = [
        MailFailure(email.gave_up_at is None, email.created_at, _sentence(email.error_code))
        for email in queued.order_by(F("gave_up_at").desc(nulls_first=True), "-created_at")[:1]
    ] + [
        MailFailure(
            email.state == waiting, email.notification.created_at, _sentence(email.error_code)
        )
        for email in notices.exclude(state=NotificationEmail.State.SENT)
        .select_related("notification")
        .order_by("-state", "-notification__created_at")[:1]  # "waiting", then "given_up"
    ]
    return max(failures, key=lambda failure: (failure.is_waiting, failure.since), default=None)


def _sentence(error_code: str, sentences: Mapping[str, str] = SENTENCES) -> str:
    return str(sentences.get(error_code, sentences["server"]))


def _anaf_state() -> AnafState:
    limiter = permits.read_state()
    paused_until = limiter.paused_until if limiter else None
    return AnafState(
        down_since=limiter.open_since if limiter else None,
        paused_until=paused_until if paused_until and paused_until > timezone.now() else None,
        last_response_at=SyncState.objects.aggregate(last=Max("last_good_at"))["last"],
    )


def send_trial_email(user: User) -> None:
    """Queue an e-mail to the user, in the place of the last one that was not sent."""
    reference = _trial_reference(user)
    withdraw_messages(reference=reference)
    message = OutgoingMessage(
        subject=gettext("E-mail de probă de la Cărăuș"),
        body=render_to_string("email/trial.txt", {"user": user}),
        to=[user.email],
    )
    message.purpose, message.reference = "email/trial", reference
    message.send()


def _trial_reference(user: User) -> str:
    return f"trial:{user.pk}"
