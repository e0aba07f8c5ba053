"""Notices of UITs, and the worker's minute."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from caraus.accounts.models import Company
from caraus.core.formatting import BUCHAREST
from caraus.notifications import delivery, digest
from caraus.notifications.delivery_settings import FilterSubject
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.messages import Facts, Message, message_kind
from caraus.notifications.uit_notifications import UitNotice, notify_about_uits


@message_kind("about_uit")
def about_uit(facts: Facts) -> Message:
    title = f"{gettext('UIT nou')} {facts['key']}"
    return Message(title, f"Despre {facts['key']}.\n\nRestul.", gettext("Vezi UIT-ul"))


def make_notices(company: Company, *keys: str) -> list[UitNotice]:
    return [
        UitNotice(
            key=key,
            subject=FilterSubject(company),
            message=about_uit,
            facts={"key": key},
            address=f"/transporturi/{key}/",
            card=f"uit:{key}",
        )
        for key in keys
    ]


def notify_uits(
    kind: NotificationKind, notices: Sequence[UitNotice], now: datetime | None = None
) -> int:
    organization = notices[0].subject.company.organization
    return notify_about_uits(kind, notices, organization=organization, now=now)


def run_worker_minute(now: datetime | None = None) -> None:
    """Do what the worker does each minute."""
    digest.create_due_digests(now)
    for pk in delivery.due_emails(now):
        delivery.send_email(notification_id=pk, now=now)


def text_of(message: Any) -> str:
    return str(next(message.iter_parts()).get_content()).replace("\r\n", "\n")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BUCHAREST)
