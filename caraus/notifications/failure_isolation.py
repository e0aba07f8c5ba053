"""Notifying people may never undo or block what is stored: it fails in a savepoint, is logged and
counted."""

from collections.abc import Callable
from functools import partial, wraps
from traceback import format_tb

import structlog
from django.db import OperationalError, transaction
from django.db import connection as database
from django.db.models import F
from django.utils import timezone

from caraus.notifications.models import NotificationFailure

log = structlog.get_logger(__name__)


def isolate_failures[**P](function: Callable[P, object]) -> Callable[P, bool]:
    """Make a function that notifies people harmless to the transaction in which it is called.

    Its result is whether it succeeded. Only a lost database goes through: nothing is stored then.
    """
    name = f"{function.__module__.removeprefix('caraus.')}.{function.__name__.lstrip('_')}"

    @wraps(function)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> bool:
        try:
            try:
                _in_a_savepoint(function, *args, **kwargs)
            except OperationalError:  # a deadlock, a lock that was not free in time
                if not database.is_usable():
                    raise
                _in_a_savepoint(function, *args, **kwargs)
        except Exception as error:
            if not database.is_usable():
                raise
            # Our own lines, without the values, which are people's.
            lines = format_tb(error.__traceback__)
            at = "".join(line for line in lines if "site-packages" not in line)
            log.error("notice_failed", notice=name, error=type(error).__name__, at=at)  # noqa: TRY400
            transaction.on_commit(partial(_count, name), robust=True)
            return False
        return True

    return attempt


def _in_a_savepoint[**P](function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    with transaction.atomic():
        function(*args, **kwargs)


def _count(name: str) -> None:
    """Count the failure after the transaction, so that no two of them wait for each other's
    count."""
    now = timezone.now()
    NotificationFailure.objects.get_or_create(name=name, defaults={"last_at": now})
    NotificationFailure.objects.filter(name=name).update(number=F("number") + 1, last_at=now)
