"""Notifications as they are read, in the active language: each alone, and in the list as cards."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

from django.db.models import Count, Prefetch, QuerySet, prefetch_related_objects

from caraus.accounts import access
from caraus.accounts.models import Membership
from caraus.core.formatting import BUCHAREST, bucharest_day
from caraus.notifications.escalation_texts import alarms_by_key, turns_of
from caraus.notifications.kinds import DIGEST, NotificationKind
from caraus.notifications.messages import kinds_dealt_with, title_of_many
from caraus.notifications.models import Notification, NotifiedUit

# So many lines of a card are named.
MAX_BRIEFS = 12


@dataclass(frozen=True, slots=True)
class RenderedNotification:
    """One notification as it is read. Of a burst: the number of notices and the first of them."""

    row: Notification
    title: str
    number: int = 1
    notified_uits: Sequence[NotifiedUit] = ()

    @property
    def more(self) -> int:
        """Return how many notices are not named."""
        return self.number - len(self.notified_uits) if self.row.is_burst else 0


def render_notifications(
    rows: Sequence[Notification], memberships: Sequence[Membership], *, named: int
) -> list[RenderedNotification]:
    """Render the texts in the language that is active, for a member of these organizations; at most
    `named` notices of each are named."""
    visible = [access.visible(NotifiedUit.objects.all(), membership) for membership in memberships]
    notified_uits = reduce(or_, visible)
    bursts = [row for row in rows if row.is_burst]
    counted = notified_uits.filter(notification__in=bursts).order_by().values_list("notification")
    numbers = dict(counted.annotate(Count("pk"))) if bursts else {}
    prefetch_related_objects(
        bursts,
        "company",
        Prefetch("notified_uits", queryset=notified_uits.order_by("pk")[:named], to_attr="named"),
    )
    return [
        _burst(row, numbers.get(row.pk, 0))
        if row.is_burst
        else RenderedNotification(row, row.title)
        for row in rows
    ]


def _burst(row: Notification, number: int) -> RenderedNotification:
    title = (row.about or DIGEST).count_label(number)
    if row.company:
        title = f"{row.company}: {title}"
    return RenderedNotification(row, title, number, row.named)


@dataclass(frozen=True, slots=True)
class NotificationCard:
    """A row of the list: what came together about one UIT, or what ends on one day. `lead` is the
    notification that it opens."""

    lead: Notification
    title: str
    detail: str
    # Who was notified in turn, and when, and who answered; "" for most.
    turns: str
    at: datetime
    is_unread: bool
    # It is about several UITs; `detail` names them.
    is_many: bool

    @property
    def icon(self) -> str:
        return self.lead.about.icon if self.lead.about else "bell"

    @property
    def day(self) -> date:
        return bucharest_day(self.at)

    @property
    def clock(self) -> str:
        return f"{self.at.astimezone(BUCHAREST):%H:%M}"


def render_cards(
    cards: Collection[str], own: QuerySet[Notification], memberships: Sequence[Membership]
) -> list[NotificationCard]:
    """Render the cards in this order, of the person's own notifications."""
    rows = own.filter(card__in=cards).select_related("organization", "company")
    rows_by_card: dict[str, list[Notification]] = defaultdict(list)
    for row in rows.order_by("-created_at", "-pk"):
        rows_by_card[row.card].append(row)
    uits = reduce(
        or_, [access.visible(NotifiedUit.objects.all(), membership) for membership in memberships]
    ).filter(notification__card__in=cards, notification__in=own)
    uits = uits.exclude(pk__in=_dealt_with_since(uits))
    numbers = dict(
        uits.order_by().values_list("notification__card").annotate(Count("key", distinct=True))
    )
    prefetch_related_objects(
        [row for several in rows_by_card.values() for row in several],
        Prefetch("notified_uits", queryset=uits.order_by("pk")[:MAX_BRIEFS], to_attr="named"),
    )
    keys_by_card = {
        card: {
            key
            for row in several
            if row.about and row.about.push
            for key in [(row.kind, row.key), *((uit.kind, uit.key) for uit in row.named)]
        }
        for card, several in rows_by_card.items()
    }
    alarms = alarms_by_key(
        {membership.organization_id for membership in memberships},
        (key for keys in keys_by_card.values() for key in keys),
    )
    turns = {
        card: turns_of([alarms[key] for key in keys if key in alarms])
        for card, keys in keys_by_card.items()
    }
    return [
        _card(rows_by_card[card], numbers.get(card, 0), turns[card])
        for card in cards
        if card in rows_by_card
    ]


def _dealt_with_since(uits: QuerySet[NotifiedUit]) -> set[int]:
    """Return the notices of UITs that somebody has dealt with since; none of a card of which
    nothing else is left."""
    dealt_with: set[int] = set()
    for check, codes in kinds_dealt_with().items():
        of_kind = uits.filter(message__in=codes).order_by()
        rows = list(of_kind.values_list("notification__card", "pk", "key"))
        keys = check({key for _, _, key in rows})
        open_cards = {card for card, _, key in rows if key not in keys}
        dealt_with |= {pk for card, pk, key in rows if key in keys and card in open_cards}
    return dealt_with


def _card(rows: Sequence[Notification], number: int, turns: str) -> NotificationCard:
    """Build a card of its notifications, the newest first, which are about so many UITs; `turns`
    says who was notified of them in turn."""
    # What is dealt with since is neither counted nor named.
    shown = [row for row in rows if row.named] or rows
    lead = min(shown, key=_importance)
    by_key = {uit.key: uit for row in rows for uit in row.named}
    uits = list(by_key.values())
    title, briefs = lead.row_title, [row.brief for row in reversed(shown) if row is not lead]
    if uits and number > 1 and (many := title_of_many(uits[0].message, uits[0].facts, number)):
        title, briefs = many, sorted(uit.brief for uit in uits)
    elif lead.is_burst:
        title, briefs = (lead.about or DIGEST).count_label(number), [uit.brief for uit in uits]
        if lead.company:
            title = f"{title} · {lead.company}"
    if briefs:
        named = list(dict.fromkeys(briefs))[:MAX_BRIEFS]
        detail = " · ".join(named) + (" …" if number > len(uits) else "")
    else:
        detail = " ".join(lead.text.partition("\n\n")[0].split())
    return NotificationCard(
        lead,
        title,
        detail,
        turns,
        at=rows[0].created_at,
        is_unread=any(row.read_at is None for row in rows),
        is_many=bool(briefs),
    )


def _importance(row: Notification) -> tuple[bool, int]:
    """Order what cannot wait before the rest, then by the order of the kinds."""
    kind: NotificationKind = row.about or DIGEST
    return not kind.urgent, kind.position
