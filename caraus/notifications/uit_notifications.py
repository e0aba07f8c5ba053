"""Notifications about UITs: each notice once to each person, many at once as one message.

They are written in the transaction of what they say, as all notifications are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from psycopg.types.json import Jsonb

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.fields import truncate_for_column
from caraus.core.organization_paths import personal_path, without_organization
from caraus.notifications.delivery_settings import (
    FilterSubject,
    delivery_settings_of,
    next_digest_at,
    passes_filters,
)
from caraus.notifications.escalation import NewEscalation, people_on_list, start_escalations
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.messages import Facts, MessageKind
from caraus.notifications.models import (
    DeliverySettings,
    Notification,
    NotificationEmail,
    NotifiedUit,
    new_card,
)
from caraus.notifications.notify import EMAIL_WINDOW, schedule_email, schedule_push
from caraus.notifications.preferences import Channels, channels_of, without_email_and_push

# Between what the notices of a card name and the moment of the first.
_CARD_SIGN = " @ "
# Notices of one UIT within this time of the first are one card.
CARD_WINDOW = timedelta(hours=1)
# More than so many of a kind, at once or within five minutes, are one message.
MAX_SINGLE_NOTIFICATIONS = 5


@dataclass(frozen=True, slots=True)
class UitNotice:
    """What a person is notified of about a UIT: `key` names it within its kind, `message` writes it
    of the facts. `address` is a path of this site. After `matters_until` nobody is written to about
    it.

    Notices of one `card` are shown as one: those of one UIT when they come within the hour, those
    of one day (`is_of_day`) whenever they come.
    """

    key: str
    subject: FilterSubject
    message: MessageKind
    facts: Facts
    address: str
    card: str
    is_of_day: bool = False
    matters_until: datetime | None = None
    # Of an alarm: the key of the UIT of which the people of the list are notified in turn.
    alarm_about: int | None = None


@transaction.atomic
def notify_about_uits(
    kind: NotificationKind,
    notices: Sequence[UitNotice],
    *,
    organization: Organization,
    recipient_filter: Callable[[DeliverySettings], bool] = lambda _: True,
    now: datetime | None = None,
) -> int:
    """Notify everybody who sees the company, wants the kind and lets it through the filters.

    `recipient_filter` narrows the people by their delivery settings. Return how many notifications
    were created.
    """
    if not notices:
        return 0
    now = now or timezone.now()
    members = _members(organization)
    channels_by_user = channels_of(users=members, organization=organization, kind=kind)
    settings_by_user = delivery_settings_of(members, organization)
    alarms = [notice for notice in notices if notice.alarm_about is not None and kind.push]
    in_turn = {member.user_id for member in people_on_list(organization)} if alarms else set()
    # As early as the first of the list wants to know it.
    if any(recipient_filter(settings_by_user[pk]) for pk in in_turn if pk in settings_by_user):
        start_escalations(organization, kind, map(_new_escalation, alarms), now)
    created = 0
    for user, membership in members.items():
        channels, delivery_settings = channels_by_user[user.pk], settings_by_user[user.pk]
        if not channels or not recipient_filter(delivery_settings):
            continue
        restricted_to = _restricted_companies(membership)
        if restricted_to is not None and not restricted_to & set(delivery_settings.companies):
            # Chosen when others were seen: the page shows that all are meant.
            delivery_settings.companies = []
        relevant_notices = [
            notice
            for notice in notices
            if (restricted_to is None or notice.subject.company.pk in restricted_to)
            and passes_filters(delivery_settings, notice.subject)
        ]
        notifier = UitNotifier(user, organization, kind, channels, delivery_settings, now)
        if user.pk in in_turn:
            about_alarms = [each for each in relevant_notices if each.alarm_about is not None]
            in_app = replace(notifier, channels=without_email_and_push(channels))
            created += in_app.notify(about_alarms)
            relevant_notices = [each for each in relevant_notices if each.alarm_about is None]
        created += notifier.notify(relevant_notices)
    return created


def _new_escalation(notice: UitNotice) -> NewEscalation:
    assert notice.alarm_about is not None  # noqa: S101 # chosen by it
    return NewEscalation(
        subject_id=notice.alarm_about,
        key=notice.key,
        message=notice.message,
        facts=notice.facts,
        address=notice.address,
        company=notice.subject.company,
        card=notice.card,
        is_of_day=notice.is_of_day,
        matters_until=notice.matters_until,
    )


def _members(organization: Organization) -> dict[User, Membership]:
    """Return the active members, in one order: two that notify at once wait for each other and
    never in a circle."""
    members = Membership.objects.filter(organization=organization, user__is_active=True)
    rows = members.select_related("user").prefetch_related("companies").order_by("user")
    return {row.user: row for row in rows}


def _restricted_companies(membership: Membership) -> set[int] | None:
    """Return the companies that a member is restricted to; None for a member who sees all."""
    if not access.is_restricted(membership):
        return None
    return {company.pk for company in membership.companies.all()}


@dataclass(frozen=True, slots=True)
class UitNotifier:
    """Notify one person of UITs."""

    user: User
    organization: Organization
    kind: NotificationKind
    channels: Channels
    delivery_settings: DeliverySettings
    now: datetime

    def notify(self, notices: Sequence[UitNotice]) -> int:
        """Notify of those that are new to the person; return how many notifications were made."""
        new_notices = self._store_notified_uits(notices)
        if not new_notices:
            return 0
        recent = Notification.objects.filter(
            user=self.user,
            organization=self.organization,
            kind=self.kind.code,
            created_at__gt=self.now - EMAIL_WINDOW,
        ).order_by()
        if open_burst := self._find_open_burst(recent):
            self._extend_burst(open_burst, new_notices)
            return 0
        # One UIT may have several issues; a day has many UITs.
        counted = "key" if new_notices[0].is_of_day else "card"
        number = recent.values(counted).distinct().count()
        number += len({getattr(notice, counted) for notice in new_notices})
        if number > MAX_SINGLE_NOTIFICATIONS:
            self._create_burst(new_notices)
            return 1
        self._create_singles(new_notices)
        return len(new_notices)

    def _store_notified_uits(self, notices: Sequence[UitNotice]) -> list[UitNotice]:
        """Store what the person is notified of; return what is new. Transactions that notify the
        person of the same now are waited for.

        Written by hand: the ORM's `bulk_create(ignore_conflicts=True)` does not say which rows are
        new.
        """
        ordered = sorted(notices, key=lambda notice: (len(notice.key), notice.key))
        rows = {truncate_for_column(NotifiedUit, "key", notice.key): notice for notice in ordered}
        if not rows:
            return []
        with database.cursor() as cursor:
            cursor.execute(
                "INSERT INTO notifications_notifieduit"
                " (user_id, organization_id, kind, key, company_id, message, facts, address)"
                " SELECT %s, %s, %s, notice.* FROM unnest"
                "(%s::text[], %s::bigint[], %s::text[], %s::jsonb[], %s::text[]) AS notice"
                " ON CONFLICT DO NOTHING RETURNING key",
                [
                    *(self.user.pk, self.organization.pk, self.kind.code, list(rows)),
                    [notice.subject.company.pk for notice in rows.values()],
                    [notice.message.code for notice in rows.values()],
                    [Jsonb(notice.facts) for notice in rows.values()],
                    [without_organization(notice.address) for notice in rows.values()],
                ],
            )
            new_keys = {key for (key,) in cursor.fetchall()}
        new = {id(rows[key]) for key in new_keys}
        return [notice for notice in notices if id(notice) in new]

    def _create_singles(self, notices: Sequence[UitNotice]) -> None:
        cards = self._open_cards()
        rows = [
            self._row(
                key=notice.key,
                card=self._card(notice, cards),
                company=notice.subject.company,
                message=notice.message.code,
                facts=notice.facts,
                address=without_organization(notice.address),
                matters_until=notice.matters_until,
            )
            for notice in notices
        ]
        created = Notification.objects.bulk_create(rows)
        own = Notification.objects.filter(
            user=OuterRef("user"), kind=OuterRef("kind"), key=OuterRef("key")
        )
        self._notified_uits(notices).update(notification=Subquery(own.values("pk")))
        for row in created:
            self._schedule(row)

    def _open_cards(self) -> dict[str, str]:
        """Return the cards of UITs that were begun within the hour, by what the notices name."""
        begun = Notification.objects.filter(
            user=self.user,
            organization=self.organization,
            created_at__gt=self.now - CARD_WINDOW,
            card__contains=_CARD_SIGN,
        ).order_by("created_at", "pk")
        return {
            card.partition(_CARD_SIGN)[0]: card for card in begun.values_list("card", flat=True)
        }

    def _card(self, notice: UitNotice, cards: dict[str, str]) -> str:
        if notice.is_of_day:
            return f"{self.organization.pk}:{notice.card}"
        return cards.setdefault(notice.card, f"{notice.card}{_CARD_SIGN}{self.now.isoformat()}")

    def _card_of_burst(self, notices: Sequence[UitNotice]) -> str:
        cards = {notice.card for notice in notices}
        if len(cards) == 1 and notices[0].is_of_day:
            return self._card(notices[0], {})
        return new_card()

    def _create_burst(self, notices: Sequence[UitNotice]) -> None:
        companies = {notice.subject.company for notice in notices}
        company = companies.pop() if len(companies) == 1 else None
        burst = self._row(
            key=f"burst:{notices[0].key}",
            is_burst=True,
            card=self._card_of_burst(notices),
            company=company,
            address=self._list_address(company),
            matters_until=_last_relevant(notices),
        )
        burst.save()
        self._notified_uits(notices).update(notification=burst)
        self._schedule(burst)

    def _row(self, **fields: Any) -> Notification:
        return Notification(
            user=self.user,
            organization=self.organization,
            kind=self.kind.code,
            created_at=self.now,
            read_at=None if self.channels.bell else self.now,
            digest_at=(
                next_digest_at(self.delivery_settings, self.now) if self.channels.digest else None
            ),
            **fields,
        )

    def _schedule(self, row: Notification) -> None:
        schedule_email(row, self.kind, self.channels, self.delivery_settings, self.now)
        self._schedule_push(row)

    def _schedule_push(self, row: Notification) -> None:
        schedule_push(row, self.kind, self.channels, self.now)

    def _notified_uits(self, notices: Sequence[UitNotice]) -> QuerySet[NotifiedUit]:
        rows = NotifiedUit.objects.filter(user=self.user, kind=self.kind.code)
        return rows.filter(key__in=[notice.key for notice in notices])

    def _find_open_burst(self, recent: QuerySet[Notification]) -> Notification | None:
        """Return a burst that nothing has been sent of: what joins it later is sent with it. It is
        locked until the end of the transaction, and so is its e-mail: none is being written."""
        bursts = recent.filter(is_burst=True, digest_at__isnull=not self.channels.digest)
        if not self.channels.email:
            return (
                bursts.filter(email=None).select_for_update(of=("self",), skip_locked=True).first()
            )
        waiting = NotificationEmail.objects.filter(
            notification__in=bursts, state=NotificationEmail.State.WAITING
        )
        both = waiting.select_related("notification").select_for_update(skip_locked=True)
        email = both.first()
        return email.notification if email else None

    def _extend_burst(self, burst: Notification, notices: Sequence[UitNotice]) -> None:
        self._notified_uits(notices).update(notification=burst)
        if any(notice.subject.company.pk != burst.company_id for notice in notices):
            burst.company = None
        if burst.card != self._card_of_burst(notices):
            burst.card = new_card()
        burst.address = self._list_address(burst.company)
        ends = _last_relevant(notices)
        burst.matters_until = (
            max(burst.matters_until, ends) if burst.matters_until and ends else None
        )
        burst.read_at = None if self.channels.bell else burst.read_at
        burst.save()
        self._schedule_push(burst)

    def _list_address(self, company: Company | None) -> str:
        address = personal_path(settings.TRANSPORT_LIST_URL) + self.kind.list_query
        if company is None:
            return address
        return f"{address}{'&' if self.kind.list_query else '?'}firma={company.cui}"


def _last_relevant(notices: Sequence[UitNotice]) -> datetime | None:
    """Return when the last of them matters no longer; None when a notice always does."""
    ends = [notice.matters_until for notice in notices if notice.matters_until]
    return max(ends) if len(ends) == len(notices) else None
