"""The real engine, run in this process until nothing is due any more."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.utils import timezone

from caraus.authorizations.models import Authorization
from caraus.sync.models import SyncState
from caraus.sync.poller import Poller
from caraus.sync.schedule import plan


def _due() -> bool:
    """Return whether a company is due or being polled."""
    now = timezone.now()
    states = SyncState.objects.filter(
        company__archived_at=None,
        company__organization__authorizations__status=Authorization.Status.ACTIVE,
    )
    due = states.filter(next_sync_at__lte=now).exists()
    busy = states.filter(claimed_until__gt=now).exists()
    connections.close_all()
    return due or busy


def drain(*, at_once: int = 20) -> Poller:
    """Poll as a worker does, until every company that is due has been polled."""
    plan.clear_plan_cache()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _drain(at_once)).result(60)


async def _drain(at_once: int) -> Poller:
    engine, stop = Poller(at_once=at_once), asyncio.Event()
    running = asyncio.create_task(engine.run(stop))
    while not running.done() and await asyncio.to_thread(_due):
        await asyncio.sleep(0.02)
    stop.set()
    await running
    return engine
