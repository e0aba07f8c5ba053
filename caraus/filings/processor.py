"""Do what is due for vehicle changes, until stopped.

What is to be done next, and when, stands in each row: a killed worker takes nothing along. One
session lock per change keeps two workers from one change; it ends with a killed process.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import structlog
from django.db import close_old_connections, connections
from django.db import connection as database
from django.utils import timezone

from caraus.core.advisory_locks import LockSpace
from caraus.filings import sending, tracking
from caraus.filings.models import VehicleChange
from caraus.filings.schedule import SECOND
from caraus.filings.states import ChangeState

log = structlog.get_logger(__name__)

# The first key of the advisory lock that keeps a change from being worked on twice at once.
LOCK_SPACE = LockSpace.FILING.value
PROCESSOR_THREADS = 8
# What is due is looked for so often. Seconds.
DUE_POLL_SECONDS = 0.25
# Looked for at once at most.
AT_A_TIME = 50

_STEPS: dict[ChangeState, Callable[[int], None]] = {
    ChangeState.QUEUED: sending.send,
    ChangeState.SENDING: sending.resume,
    ChangeState.PROCESSING: tracking.poll_status,
    ChangeState.ACCEPTED: tracking.look_for_accepted,
    ChangeState.UNKNOWN: tracking.look_for_lost,
}


def due() -> list[int]:
    """Return the changes for which something is to be done now, the longest due first."""
    rows = VehicleChange.objects.filter(next_step_at__lte=timezone.now())
    return list(rows.order_by("next_step_at", "pk").values_list("pk", flat=True)[:AT_A_TIME])


def step(change_id: int) -> bool:
    """Do what is due for one change; False when another does, or nothing is due."""
    with _locked(change_id) as is_free:
        if not is_free:
            return False
        change = VehicleChange.objects.filter(pk=change_id).first()
        if change is None or change.next_step_at is None:
            return False
        if change.next_step_at > timezone.now():
            return False
        work = _STEPS.get(ChangeState(change.state))
        if work is None:
            VehicleChange.objects.filter(pk=change_id, state=change.state).update(next_step_at=None)
            return False
        work(change_id)
    return True


@contextmanager
def _locked(change_id: int) -> Iterator[bool]:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s::int)", [LOCK_SPACE, change_id])
        (is_free,) = cursor.fetchone()
    try:
        yield is_free
    finally:
        if is_free:
            try:
                with database.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_advisory_unlock(%s, %s::int)", [LOCK_SPACE, change_id]
                    )
            except Exception:
                database.close()  # the session's end lets go of the lock


async def run_processor(stop: asyncio.Event) -> None:
    """Work on what is due until `stop` is set; what is under way ends first."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(PROCESSOR_THREADS + 1, thread_name_prefix="filing") as threads:
        under_way: dict[int, asyncio.Future[None]] = {}
        while not stop.is_set():
            for change_id in await loop.run_in_executor(threads, _due):
                if change_id not in under_way and len(under_way) < PROCESSOR_THREADS:
                    under_way[change_id] = loop.run_in_executor(threads, _step, change_id)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), DUE_POLL_SECONDS)
            under_way = {pk: future for pk, future in under_way.items() if not future.done()}
        await asyncio.gather(*under_way.values())
        await asyncio.gather(
            *(
                loop.run_in_executor(threads, connections.close_all)
                for _ in range(PROCESSOR_THREADS + 1)
            )
        )


def _due() -> list[int]:
    close_old_connections()
    try:
        return due()
    finally:
        close_old_connections()


def _step(change_id: int) -> None:
    close_old_connections()
    try:
        step(change_id)
    except Exception as error:
        # The row is due still: tried again after a while.
        log.exception("filing_step_failed", change=change_id, error=type(error).__name__)
        with contextlib.suppress(Exception):
            _postpone(change_id)


def _postpone(change_id: int) -> None:
    """Leave a change that failed by a mistake of ours for half a minute."""
    later = timezone.now() + 30 * SECOND
    VehicleChange.objects.filter(pk=change_id, next_step_at__lt=later).update(next_step_at=later)
