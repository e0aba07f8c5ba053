"""What stands in an e-mail: one fact, many of a kind, or the digest of a day."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from itertools import groupby

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Membership
from caraus.core.formatting import bucharest_day, day_in_full, in_language_of, plural
from caraus.core.organization_paths import path_in
from caraus.mail.messages import OutgoingMessage
from caraus.notifications.escalation_texts import sending_number, turn_sentence
from caraus.notifications.kinds import DIGEST, kind_of_code, registered_kinds
from caraus.notifications.models import Notification
from caraus.notifications.rendering import RenderedNotification, render_notifications
from caraus.notifications.visible_notifications import visible_to_member

# An e-mail names so many facts of a kind; the rest is counted.
MAX_NAMED_IN_EMAIL = 50
_UIT = re.compile(r"\b[0-9A-Z]{4}(?: [0-9A-Z]{4}){3}\b")
# ANAF's, of whatever the declarant typed: what else stands there is in no subject.
_PLATE = re.compile(r"[0-9A-Z]{3,12}")


@dataclass(frozen=True, slots=True)
class EmailLine:
    title: str
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class EmailSection:
    """Facts of one kind; `more` are not named."""

    heading: str
    lines: Sequence[EmailLine]
    number: int

    @property
    def more(self) -> int:
        return self.number - len(self.lines)


def compose_email(notifications: Sequence[Notification]) -> OutgoingMessage | None:
    """Compose text and HTML in the reader's language: a digest, or those of one person and kind
    that go together. None when the reader has left, or may no longer read any of it."""
    first = notifications[0]
    reader = first.user
    membership = Membership.objects.filter(user=reader, organization=first.organization).first()
    if membership is None or not reader.is_active:
        return None
    is_digest = first.kind == DIGEST.code
    chosen = Notification.objects.filter(pk__in=[notification.pk for notification in notifications])
    rows = visible_to_member(first.parts.all() if is_digest else chosen, membership).order_by("pk")
    if access.lacks_two_factors(reader, first.organization):
        # Such a member sees nothing of the organization; only that it must be authorized anew.
        rows = rows.filter(kind__in=[kind.code for kind in registered_kinds() if kind.essential])
    with in_language_of(reader):
        rendered = render_notifications(list(rows), [membership], named=MAX_NAMED_IN_EMAIL)
        return _message(first, rendered, is_digest=is_digest) if rendered else None


def _message(
    first: Notification, rendered_notifications: Sequence[RenderedNotification], *, is_digest: bool
) -> OutgoingMessage:
    only, absolute = rendered_notifications[0], _links(first)
    title, link, action = only.title, only.row.address, only.row.action
    sections = (
        _sections(rendered_notifications, absolute)
        if is_digest or len(rendered_notifications) > 1 or only.row.is_burst
        else []
    )
    if is_digest:
        title = _digest_title(first, sections)
    elif len(rendered_notifications) > 1:
        title = sections[0].heading
    if is_digest or len(rendered_notifications) > 1:
        link, action = reverse("notifications:list"), gettext("Vezi notificările")
    turn = turn_sentence(first.user, [rendered.row.pk for rendered in rendered_notifications])
    if turn:
        # To open them, all at once, is to answer.
        link = reverse("notifications:open", args=[only.row.pk])
        if beside := [str(rendered.row.pk) for rendered in rendered_notifications[1:]]:
            link += f"?si={'.'.join(beside)}"
    title = " ".join(title.split())
    context = {
        "first": first,
        "title": title,
        "turn": turn,
        "text": "" if sections else only.row.text,
        "action": action,
        "sections": sections,
        "link": absolute(link),
        "preferences": absolute(reverse("notifications:preferences")),
    }
    message = OutgoingMessage(
        subject=title if is_digest else _subject(rendered_notifications, title),
        body=render_to_string("notifications/email.txt", context),
        to=[first.user.email],
        headers={"Message-ID": _message_id(first), "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("notifications/email.html", context), "text/html")
    return message


def _subject(rendered_notifications: Sequence[RenderedNotification], title: str) -> str:
    """Return the subject, of our own words only; a single UIT by its code, in its last hours by its
    plate first."""
    kind = rendered_notifications[0].row.about or DIGEST
    if kind.of_uits:
        number = sum(rendered.number for rendered in rendered_notifications)
        if number > 1:
            return kind.count_label(number)
        subject = kind.count_label(1) if kind.subject_is_count else str(kind.title)
        code = _UIT.search(title)
        subject = f"{subject}: {code[0]}" if code else subject
        plate = rendered_notifications[0].row.brief
        is_named = kind.subject_names_plate and _PLATE.fullmatch(plate)
        return f"{plate} · {subject}" if is_named else subject
    if kind.is_title_safe:
        return title
    return str(kind.subject or kind.title)


def _digest_title(digest: Notification, sections: Sequence[EmailSection]) -> str:
    day = bucharest_day(digest.created_at)
    return gettext("Rezumat, %(day)s: %(news)s") % {
        "day": day_in_full(day, today=day),
        "news": plural(sum(section.number for section in sections), "noutate", "noutăți"),
    }


def _sections(
    rendered_notifications: Sequence[RenderedNotification], absolute: Callable[[str], str]
) -> list[EmailSection]:
    """Group in the order of the kinds, each notification with its link."""
    order = {kind.code: rank for rank, kind in enumerate(registered_kinds())}
    ranked = sorted(
        rendered_notifications, key=lambda rendered: order.get(rendered.row.kind, len(order))
    )
    sections = []
    for code, group in groupby(ranked, key=lambda rendered: rendered.row.kind):
        several = list(group)
        number = sum(rendered.number for rendered in several)
        lines = [line for rendered in several for line in _lines(rendered, absolute)][
            :MAX_NAMED_IN_EMAIL
        ]
        kind = kind_of_code(code) or DIGEST
        heading = kind.count_label(number) if kind.of_uits else str(kind.title)
        sections.append(EmailSection(heading, lines, number))
    return sections


def _lines(rendered: RenderedNotification, absolute: Callable[[str], str]) -> list[EmailLine]:
    if rendered.row.is_burst:
        return [EmailLine(uit.title, "", absolute(uit.address)) for uit in rendered.notified_uits]
    kind = rendered.row.about
    # Among others, the first paragraph about a UIT; its page and the list have the rest.
    text = rendered.row.text.partition("\n\n")[0] if kind and kind.of_uits else rendered.row.text
    return [EmailLine(rendered.title, text, absolute(rendered.row.address))]


def _links(notification: Notification) -> Callable[[str], str]:
    """Make addresses of paths within the notification's organization."""
    slug = notification.organization.slug
    return lambda path: f"{settings.PUBLIC_URL}{path_in(slug, path)}"


def _message_id(notification: Notification) -> str:
    """Return the Message-ID, the same for every attempt; another one when it is sent again because
    its reader's turn has come."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    again = sending_number(notification.user, [notification.pk])
    number = f"{notification.pk}-{again}" if again else f"{notification.pk}"
    return f"<notification-{number}-{notification.created_at:%Y%m%d%H%M%S}@{domain}>"
