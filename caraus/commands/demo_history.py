"""Thirty days that lie behind the demo's organization when it begins.

What the simulated ANAF showed in them is stored as it would have been stored then. People joined
two days ago: nobody is notified of what was before, and of what came since by the bell alone.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from caraus.accounts.models import Company, Membership, Organization, Role, User
from caraus.accounts.provision import provision_user
from caraus.anaf.errors import Outcome
from caraus.anaf.info import parse_info
from caraus.commands import demo_data as data
from caraus.commands.demo_work import (
    EVENING,
    Team,
    chance,
    do_work,
    fill_fleets,
    mark_unloaded,
)
from caraus.core.formatting import BUCHAREST, bucharest_day
from caraus.ledger.entries import NewEntry, recording
from caraus.notifications.kinds import registered_kinds
from caraus.notifications.models import ChannelPreference, Notification
from caraus.sync.models import SyncRun, SyncState
from caraus.transports.expiry import notify_expiring
from caraus.transports.store import ResponseCounts, store_response

type Records = Sequence[dict[str, Any]]

# One more than Panou's chart has: what the first list holds appeared before it.
DAYS = 31
# When ANAF was polled since people joined, by the clock in Romania; before that once a day.
_HOURS = (6, 9, 12, 15, EVENING.hour)
_JOINED_AGO = timedelta(days=2)
_UNREAD = 4


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the demo's organization belongs to."""

    email: str
    password: str
    name: str
    organization: str


def moments(now: datetime) -> list[datetime]:
    """Return when ANAF was polled until now."""
    today = bucharest_day(now)
    days = [today - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    alone, joined = days[: -_JOINED_AGO.days - 1], days[-_JOINED_AGO.days - 1 :]
    minutes = [int(chance(f"polled/{day}") * 600) for day in alone]
    clock = [
        datetime.combine(day, time(9), BUCHAREST) + timedelta(minutes=after)
        for day, after in zip(alone, minutes, strict=True)
    ]
    clock += [datetime.combine(day, time(hour), BUCHAREST) for day in joined for hour in _HOURS]
    return [*(moment for moment in clock if moment < now), now]


@transaction.atomic
def write_history(
    account: Account, lists: Mapping[str, Sequence[Records]], polled_at: Sequence[datetime]
) -> None:
    """Make the account with its organization, and for each company (by CUI) the history of the
    lists that ANAF gave at those moments."""
    organization = Organization.objects.create(name=account.organization)
    companies = {cui: Company.objects.create(organization=organization, cui=cui) for cui in lists}
    users = (
        provision_user(email=account.email, password=account.password, name=account.name),
        provision_user(email=data.COLLEAGUE_EMAIL, name=data.COLLEAGUE),
    )
    team = Team(
        *(
            Membership(user=user, organization=organization, role=role)
            for user, role in zip(users, (Role.OWNER, Role.DISPATCHER), strict=True)
        )
    )
    now = polled_at[-1]
    with recording(organization.pk) as entries:
        polls = [_Polls(companies[cui], given, entries) for cui, given in lists.items()]
        before = sum(at < now - _JOINED_AGO for at in polled_at)
        # There is nobody to notify and no fleet to compare with yet, and finding that out takes a
        # third of the time.
        for number, at in enumerate(polled_at[:before]):
            _poll_all(polls, number, at, announce=False)
            mark_unloaded(companies.values(), at, team)
        Membership.objects.bulk_create([team.owner, team.colleague])
        fill_fleets(team.owner, companies.values())
        _by_bell_alone(organization, users, is_on=True)
        for number, at in enumerate(polled_at[before:], start=before):
            _notify_of_hours(polled_at[number - 1], at)
            _poll_all(polls, number, at)
            if at.astimezone(BUCHAREST).time() == EVENING:
                mark_unloaded(companies.values(), at, team)
        _by_bell_alone(organization, users, is_on=False)
        for poll in polls:
            poll.save_runs(now)
    _read_notifications(users)
    do_work(team, organization, now)


class _Polls:
    """The polls of a company, one after another."""

    def __init__(self, company: Company, lists: Sequence[Records], entries: list[NewEntry]) -> None:
        self.company, self._lists, self._entries = company, lists, entries
        self._runs: list[SyncRun] = []
        self._counts = ResponseCounts()
        self._last_good_at: datetime | None = None

    def store(self, number: int, at: datetime, *, announce: bool) -> None:
        """Store a list as `caraus.sync` stores one, unless it is the one before."""
        records, before = self._lists[number], self._lists[number - 1] if number else None
        if records != before or self._counts.missing:
            response = parse_info(json.dumps(records).encode(), received_at=at)
            self._counts = store_response(
                company=self.company,
                response=response,
                last_good_at=self._last_good_at,
                entries=self._entries,
                requested_at=at,
                announce=announce,
            )
        else:
            self._counts = ResponseCounts(seen=self._counts.seen)
        self._last_good_at = at
        self._runs.append(
            SyncRun(
                company=self.company,
                started_at=at,
                finished_at=at,
                outcome=Outcome.OK,
                http_status=200,
                seen=self._counts.seen,
                new=self._counts.new,
                changed=self._counts.changed,
                missing=self._counts.missing,
            )
        )

    def save_runs(self, now: datetime) -> None:
        """Save the runs, and where they leave the company."""
        SyncRun.objects.bulk_create(self._runs)
        SyncState.objects.create(
            company=self.company,
            next_sync_at=now,
            last_attempt_at=now,
            last_good_at=now,
            last_outcome=Outcome.OK,
            last_seen_count=self._counts.seen,
            last_missing=self._counts.missing,
        )


def _poll_all(polls: Sequence[_Polls], number: int, at: datetime, *, announce: bool = True) -> None:
    for poll in polls:
        poll.store(number, at, announce=announce)
        # What is notified with a response is as old as the response.
        recent = Notification.objects.filter(company=poll.company, created_at__gt=at)
        recent.update(created_at=at)


def _notify_of_hours(since: datetime, until: datetime) -> None:
    """Notify of what comes due at the hours of the clock between two polls."""
    hour = since.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    while hour <= until:
        notify_expiring(now=hour)
        hour += timedelta(hours=1)


def _by_bell_alone(organization: Organization, users: Sequence[User], *, is_on: bool) -> None:
    """Let nobody be written to about the past; afterwards each kind is as it usually is."""
    if not is_on:
        ChannelPreference.objects.filter(organization=organization).delete()
        return
    ChannelPreference.objects.bulk_create(
        ChannelPreference(
            user=user, organization=organization, kind=kind.code, bell=kind.bell, email=False
        )
        for user in users
        for kind in registered_kinds()
    )


def _read_notifications(users: Sequence[User]) -> None:
    for user in users:
        own = Notification.objects.filter(user=user).order_by("-created_at", "-pk")
        newest = list(own.values_list("pk", flat=True)[:_UNREAD])
        read_at = F("created_at") + timedelta(minutes=20)
        own.exclude(pk__in=newest).update(read_at=read_at)
