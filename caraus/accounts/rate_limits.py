"""Rate limits of our own pages: how often a person, an organization or an address may do a thing.

`settings.RATE_LIMITS` names the actions: "60/h/user,200/h/organization" is 60 an hour for each
person and 200 for all of an organization together. A window begins with the first use and ends
after its time, so that a page can say when it goes on. One statement counts one use: the rows are
in the database and hold over all web processes. (allauth's own pages keep allauth's limits.)
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext

from caraus.accounts import access
from caraus.accounts.models import Organization, RateCount, User
from caraus.core.formatting import moment_in_words

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE = re.compile(r"(\d+)/(\d*)([smhd])/(user|organization|ip|key)")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many uses in so long a time, for each value of `per`."""

    most: int
    seconds: int
    per: str


@dataclass(frozen=True, slots=True)
class RateLimitExceeded:
    """A limit is spent: whose it is, and when it begins anew."""

    per: str
    until: datetime

    @property
    def seconds(self) -> int:
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))

    @property
    def sentence(self) -> str:
        """Whose limit was reached, and when to come back."""
        now = timezone.now()
        if self.until - now <= timedelta(minutes=1):
            again = gettext("peste un minut")
        else:  # rounded up: who comes at the minute that is shown is let in
            again = moment_in_words(self.until + timedelta(seconds=59), now=now)
        if self.per == "organization":
            reached = gettext("Organizația ta a atins limita pentru această acțiune.")
        elif self.per == "user":
            reached = gettext("Ai atins limita pentru această acțiune.")
        else:
            reached = gettext("Au fost prea multe cereri de acest fel.")
        return gettext("{reached} Nu s-a pierdut nimic; poți încerca din nou {again}.").format(
            reached=reached, again=again
        )


@lru_cache(maxsize=128)
def parse_rates(text: str) -> tuple[Rate, ...]:
    """Read "60/h/user,200/h/organization"; raise ValueError when it is not like that."""
    rates = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = _RATE.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no limit like 60/h/user")
        most, number, unit, per = match.groups()
        rates.append(Rate(int(most), int(number or 1) * _UNITS[unit], per))
    return tuple(rates)


def count_use(
    action: str,
    *,
    user: User | None = None,
    organization: Organization | int | None = None,
    ip: str = "",
    key: str = "",
    uses: int = 1,
) -> RateLimitExceeded | None:
    """Count uses of the action under each of its rates; return a refusal when one is spent,
    and then count nothing: one person's refused uses do not spend the organization's.

    A rate about something that is not given (an organization, for who has none) is left out.
    """
    values = {
        "user": user.pk if user else None,
        "organization": organization.pk if isinstance(organization, Organization) else organization,
        "ip": ip,
        "key": key,
    }
    with transaction.atomic():
        for rate in parse_rates(settings.RATE_LIMITS[action]):
            value = values[rate.per]
            if not value:
                continue
            refusal = _count(_row_key(action, rate, value), rate, uses)
            if refusal is not None:
                transaction.set_rollback(True)
                return refusal
    return None


def reset_uses(action: str, *, key: str) -> None:
    """Begin the action's windows for the key anew."""
    rows = [_row_key(action, rate, key) for rate in parse_rates(settings.RATE_LIMITS[action])]
    RateCount.objects.filter(key__in=rows).delete()


def _row_key(action: str, rate: Rate, value: str | int) -> str:
    """Return the digest under which a subject is counted: an address is nobody's to read."""
    name = f"{action}|{rate.most}|{rate.seconds}|{rate.per}|{value}"
    return hashlib.sha256(name.encode()).hexdigest()


def _count(row_key: str, rate: Rate, uses: int) -> RateLimitExceeded | None:
    # One statement counts and reads, over all processes; the ORM has no upsert with a condition.
    now = timezone.now()
    table = connection.ops.quote_name(RateCount._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS kept (key, count, ends_at) VALUES (%s, %s, %s)"  # noqa: S608 - our own table # nosec B608
            " ON CONFLICT (key) DO UPDATE SET"
            " count = excluded.count + CASE WHEN kept.ends_at <= %s THEN 0 ELSE kept.count END,"
            " ends_at = CASE WHEN kept.ends_at <= %s THEN excluded.ends_at ELSE kept.ends_at END"
            " RETURNING count, ends_at",
            [
                row_key,
                uses,
                now + timedelta(seconds=rate.seconds),
                now,
                now,
            ],
        )
        count, ends_at = cursor.fetchone()
    return RateLimitExceeded(rate.per, ends_at) if count > rate.most else None


def count_request(
    request: HttpRequest, action: str, *, organization: Organization | None = None, key: str = ""
) -> RateLimitExceeded | None:
    """Count one use by the request's person, address and organization (the current one, if none
    is given)."""
    user = request.user if isinstance(request.user, User) else None
    if organization is None and user is not None:
        membership = access.selected_membership(request)
        organization = membership.organization if membership else None
    return count_use(
        action, user=user, organization=organization, ip=client_address(request), key=key
    )


def client_address(request: HttpRequest) -> str:
    """Return the address as allauth finds it behind proxies; of an IPv6 address the network that
    one holder has."""
    address = str(get_adapter().get_client_ip(request))
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(ip_network(f"{address}/64", strict=False).network_address)
    return address


def is_new_organization(organization: Organization) -> bool:
    """Return whether, where anybody may sign up, the organization is so new that it may write to
    few strangers (`YOUNG_DAYS`)."""
    age = timezone.now() - organization.created_at
    return settings.SIGNUP == "open" and age <= timedelta(days=settings.YOUNG_DAYS)


def too_many_requests(request: HttpRequest, refusal: RateLimitExceeded) -> HttpResponse:
    """Render the page that says whose limit was reached and when it goes on (429)."""
    response = render(request, "429.html", {"sentence": refusal.sentence}, status=429)
    response["Retry-After"] = str(refusal.seconds)
    return response


def rate_limited(
    action: str, *, posts_only: bool = False
) -> Callable[..., Callable[..., HttpResponse]]:
    """Decorate a view to answer 429 above `settings.RATE_LIMITS[action]`."""

    def decorator(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            counts = request.method == "POST" or not posts_only
            refusal = count_request(request, action) if counts else None
            return (
                too_many_requests(request, refusal) if refusal else view(request, *args, **kwargs)
            )

        return wrapped

    return decorator


def delete_expired_counts() -> int:
    """Delete the counts whose window is over; return how many."""
    return RateCount.objects.filter(ends_at__lte=timezone.now()).delete()[0]
