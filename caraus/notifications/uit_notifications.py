"""News about UITs: each fact once to each person, many at once as one message.

In the transaction of the fact, as all that is told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.fields import truncate_for_column
from caraus.core.formatting import in_language_of
from caraus.notifications.delivery_settings import (
    FilterSubject,
    delivery_settings_of,
    next_digest_at,
    passes_filters,
)
from caraus.notifications.kinds import NotificationKind
from caraus.notifications.models import DeliverySettings, Email, Fact, Notification
from caraus.notifications.notify import EMAIL_WINDOW, LocalizedText, render_text, schedule_email
from caraus.notifications.preferences import Channels, channels_of

# More than so many of a kind, at once or within five minutes, are one message.
MOST_ALONE = 5


@dataclass(frozen=True, slots=True)
class UitNotice:
    """One fact: `key` names it within its kind, `title` says it in a line. `address` is a path of
    this site. After `matters_until` nobody is written to about it.

    The words may be read a day later: they name days, never „azi” or „mâine”.
    """

    key: str
    subject: FilterSubject
    title: LocalizedText
    text: LocalizedText
    address: str
    matters_until: datetime | None = None


@transaction.atomic
def notify_about_uits(
    kind: NotificationKind,
    news: Sequence[UitNotice],
    *,
    organization: Organization,
    whom: Callable[[DeliverySettings], bool] = lambda _: True,
    now: datetime | None = None,
) -> int:
    """Tell everybody who sees the company, wants the kind and lets it through the filters.

    `whom` narrows the people by their rhythm.
    Gives how many notifications were made.
    """
    if not news:
        return 0
    now = now or timezone.now()
    members = _members(organization)
    wishes = channels_of(users=members, organization=organization, kind=kind)
    paces = delivery_settings_of(members, organization)
    told = 0
    for user, membership in members.items():
        wanted, pace = wishes[user.pk], paces[user.pk]
        if not wanted or not whom(pace):
            continue
        kept_to = _restricted_companies(membership)
        if kept_to is not None and not kept_to & set(pace.companies):
            pace.companies = []  # chosen when others were seen: the page shows that all are meant
        mine = [
            item
            for item in news
            if (kept_to is None or item.subject.company.pk in kept_to)
            and passes_filters(pace, item.subject)
        ]
        with in_language_of(user):
            told += _UitNotifier(user, organization, kind, wanted, pace, now).tell(mine)
    return told


def _members(organization: Organization) -> dict[User, Membership]:
    """In one order, so that two who tell at once wait for each other and never in a circle."""
    found = Membership.objects.filter(organization=organization, user__is_active=True)
    rows = found.select_related("user").prefetch_related("companies").order_by("user")
    return {row.user: row for row in rows}


def _restricted_companies(membership: Membership) -> set[int] | None:
    """The companies that a member is kept to; None when to none."""
    if not access.is_restricted(membership):
        return None
    return {company.pk for company in membership.companies.all()}


@dataclass(frozen=True, slots=True)
class _UitNotifier:
    user: User
    organization: Organization
    kind: NotificationKind
    wanted: Channels
    pace: DeliverySettings
    now: datetime

    def tell(self, news: Sequence[UitNotice]) -> int:
        unheard = self._write_down(news)
        if not unheard:
            return 0
        just_told = Notification.objects.filter(
            user=self.user,
            organization=self.organization,
            kind=self.kind.code,
            created_at__gt=self.now - EMAIL_WINDOW,
        )
        if open_burst := self._still_open(just_told):
            self._grow(open_burst, unheard)
            return 0
        if just_told.count() + len(unheard) > MOST_ALONE:
            self._burst(unheard)
            return 1
        self._alone(unheard)
        return len(unheard)

    def _write_down(self, news: Sequence[UitNotice]) -> list[UitNotice]:
        """Those that the person has not been told; others who tell them now are waited for."""
        ordered = sorted(news, key=lambda item: (len(item.key), item.key))
        rows = {truncate_for_column(Fact, "key", item.key): item for item in ordered}
        if not rows:
            return []
        with database.cursor() as cursor:
            cursor.execute(
                "INSERT INTO notifications_fact"
                " (user_id, organization_id, kind, key, company_id, title, address)"
                " SELECT %s, %s, %s, one.* FROM"
                " unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) AS one"
                " ON CONFLICT DO NOTHING RETURNING key",
                [
                    *(self.user.pk, self.organization.pk, self.kind.code, list(rows)),
                    [item.subject.company.pk for item in rows.values()],
                    [
                        truncate_for_column(Fact, "title", render_text(item.title))
                        for item in rows.values()
                    ],
                    [item.address for item in rows.values()],
                ],
            )
            new = {key for (key,) in cursor.fetchall()}
        fresh = {id(rows[key]) for key in new}
        return [item for item in news if id(item) in fresh]

    def _alone(self, news: Sequence[UitNotice]) -> None:
        rows = [
            self._row(
                key=item.key,
                company=item.subject.company,
                title=render_text(item.title),
                text=render_text(item.text),
                address=item.address,
                action=gettext("Vezi UIT-ul"),
                matters_until=item.matters_until,
            )
            for item in news
        ]
        made = Notification.objects.bulk_create(rows)
        own = Notification.objects.filter(
            user=OuterRef("user"), kind=OuterRef("kind"), key=OuterRef("key")
        )
        self._facts(news).update(notification=Subquery(own.values("pk")))
        for row in made:
            self._post(row)

    def _burst(self, news: Sequence[UitNotice]) -> None:
        companies = {item.subject.company for item in news}
        company = companies.pop() if len(companies) == 1 else None
        burst = self._row(
            key=f"burst:{news[0].key}",
            is_burst=True,
            company=company,
            title=str(self.kind.title),
            address=self._list_of(company),
            action=gettext("Vezi lista"),
            matters_until=_last_relevant(news),
        )
        burst.save()
        self._facts(news).update(notification=burst)
        self._post(burst)

    def _row(self, **fields: Any) -> Notification:
        return Notification(
            user=self.user,
            organization=self.organization,
            kind=self.kind.code,
            created_at=self.now,
            read_at=None if self.wanted.bell else self.now,
            digest_at=next_digest_at(self.pace, self.now) if self.wanted.digest else None,
            **fields,
        )

    def _post(self, row: Notification) -> None:
        schedule_email(row, self.kind, self.wanted, self.pace, self.now)

    def _facts(self, news: Sequence[UitNotice]) -> QuerySet[Fact]:
        facts = Fact.objects.filter(user=self.user, kind=self.kind.code)
        return facts.filter(key__in=[item.key for item in news])

    def _still_open(self, just_told: QuerySet[Notification]) -> Notification | None:
        """A burst that nothing has been sent of: what joins it later is sent with it. Held until
        the end of the transaction, and so is its e-mail: no letter is being made of it."""
        bursts = just_told.filter(is_burst=True, digest_at__isnull=not self.wanted.digest)
        if not self.wanted.email:
            return (
                bursts.filter(email=None).select_for_update(of=("self",), skip_locked=True).first()
            )
        waiting = Email.objects.filter(notification__in=bursts, state=Email.State.WAITING)
        both = waiting.select_related("notification").select_for_update(skip_locked=True)
        email = both.first()
        return email.notification if email else None

    def _grow(self, burst: Notification, news: Sequence[UitNotice]) -> None:
        self._facts(news).update(notification=burst)
        if any(item.subject.company.pk != burst.company_id for item in news):
            burst.company = None
        burst.address = self._list_of(burst.company)
        ends = _last_relevant(news)
        burst.matters_until = (
            max(burst.matters_until, ends) if burst.matters_until and ends else None
        )
        burst.read_at = None if self.wanted.bell else burst.read_at
        burst.save()

    def _list_of(self, company: Company | None) -> str:
        address = resolve_url(settings.TRANSPORT_LIST_URL) + self.kind.list_query
        if company is None:
            return address
        return f"{address}{'&' if self.kind.list_query else '?'}firma={company.cui}"


def _last_relevant(news: Sequence[UitNotice]) -> datetime | None:
    """When the last of them matters no longer; None when one always does."""
    ends = [item.matters_until for item in news if item.matters_until]
    return max(ends) if len(ends) == len(news) else None
