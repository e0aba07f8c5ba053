"""Processes of their own that refresh, over the test's database and the simulated ANAF."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection as database

from caraus.authorizations.tasks import refresh_if_due
from caraus.authorizations.token_refresh import refresh_authorization
from tests.forked_process import ForkedProcess, begin
from tests.simulator_process import SimulatorProcess


def renewing(anaf: SimulatorProcess, pk: int, *, now: datetime | None = None) -> ForkedProcess:
    """Return a worker that is about to refresh and begins when `begin` says so. `now`: by
    another clock."""
    return ForkedProcess(partial(_renew, pk, now), ANAF_LOGIN_URL=anaf.url, ANAF_API_URL=anaf.url)


def _renew(pk: int, now: datetime | None) -> None:
    if now is None:
        refresh_if_due.func(authorization_id=pk)
    else:
        refresh_authorization(authorization_id=pk, only_if_due=True, now=now)


def killed_after_the_response(
    anaf: SimulatorProcess, pk: int, *, now: datetime | None = None
) -> None:
    """-9 at the worst moment: ANAF has given new tokens, and they are not saved yet."""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;"
            "CREATE TRIGGER linger BEFORE UPDATE ON authorizations_authorization "
            "FOR EACH ROW EXECUTE FUNCTION linger()"
        )
        anaf.forget_calls()
        worker = renewing(anaf, pk, now=now)
        begin(worker)
        until(lambda: _saving(cursor))
        worker.kill()
        cursor.execute("DROP FUNCTION linger() CASCADE")
    assert [call["status"] for call in anaf.calls("token")] == [200]


def _saving(cursor: Any) -> bool:
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event = 'PgSleep' AND datname = current_database()"
    )
    return bool(cursor.fetchone()[0])


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
