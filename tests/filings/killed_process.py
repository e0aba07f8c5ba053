"""Processes of their own that work on a change, over the test's database and the simulated ANAF,
and are killed at a chosen point."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
from django.db import connection as database

from caraus.filings import processor
from caraus.filings.models import VehicleChange
from caraus.sync.company_sync import sync_company
from tests.authorizations.processes import until
from tests.forked_process import ForkedProcess, begin
from tests.simulator_process import SimulatorProcess

type Work = Callable[[VehicleChange], Callable[[], object]]


def step(change: VehicleChange) -> Callable[[], object]:
    """Return the next step of the filing."""
    return partial(_step, change.pk)


def sync(change: VehicleChange) -> Callable[[], object]:
    """Ask ANAF about the company."""
    return partial(_sync, change.company_id)


def _step(pk: int) -> None:
    processor.step(pk)


def _sync(pk: int) -> None:
    sync_company(company_id=pk)


def working(anaf: SimulatorProcess, change: VehicleChange, work: Work = step) -> ForkedProcess:
    """Return a worker about to do `work`; it begins when `begin` says so."""
    return ForkedProcess(
        work(change),
        ANAF_LOGIN_URL=anaf.url,
        ANAF_API_URL=anaf.url,
        ANAF_TIMEOUT_SECONDS=60,
    )


def killed(
    anaf: SimulatorProcess,
    change: VehicleChange,
    *,
    when: Callable[[], object],
    work: Work = step,
) -> None:
    """Let a worker work until `when`, then end it with SIGKILL; nothing of it is left."""
    worker = working(anaf, change, work)
    begin(worker)
    until(when, 30)
    worker.kill()


@contextmanager
def lingering(event: str, table: str, condition: str = "true") -> Iterator[None]:
    """Let PostgreSQL stop for a minute before it writes such a row."""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;"
            f"CREATE TRIGGER linger BEFORE {event} ON {table} FOR EACH ROW"
            f" WHEN ({condition}) EXECUTE FUNCTION linger()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION linger() CASCADE")


def is_sleeping() -> bool:
    """Return whether a session stands at the point of `lingering`."""
    return _is_waiting("wait_event = 'PgSleep'")


@contextmanager
def limiter_locked() -> Iterator[None]:
    """Hold the row of the rate limiter: whoever is about to open a socket waits."""
    address, name = os.environ["DATABASE_URL"], str(database.settings_dict["NAME"])
    with (
        psycopg.connect(address, dbname=name) as other_connection,
        other_connection.cursor() as cursor,
    ):
        cursor.execute("SELECT 1 FROM sync_ratelimiter FOR UPDATE")
        assert cursor.fetchone()
        yield


def is_waiting_for_a_lock() -> bool:
    return _is_waiting("wait_event_type = 'Lock'")


def _is_waiting(condition: str) -> bool:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            f" WHERE {condition} AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])
