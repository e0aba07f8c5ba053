"""Processes of their own that renew, over the test's database and the simulated ANAF."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection as database

from tests.simulator_process import SimulatorProcess

_RENEW = """
import django
django.setup()
from datetime import datetime
from caraus.authorizations.token_refresh import refresh_authorization
from caraus.authorizations.tasks import renew_one
print("ready", flush=True)
input()
{call}
"""


def renewing(
    anaf: SimulatorProcess, pk: int, *, now: datetime | None = None
) -> "subprocess.Popen[str]":
    """A worker about to renew; it begins when a line is written to it. `now`: by another clock."""
    tests = database.settings_dict
    url = os.environ["DATABASE_URL"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    call = f"renew_one.func(authorization_id={pk})"
    if now is not None:
        moment = f"datetime.fromisoformat('{now.isoformat()}')"
        call = f"refresh_authorization(authorization_id={pk}, only_if_due=True, now={moment})"
    return subprocess.Popen(
        [sys.executable, "-c", _RENEW.format(call=call)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=kept
        | {
            "DATABASE_URL": _with_database(url, str(tests["NAME"])),
            "ANAF_LOGIN_URL": anaf.url,
            "ANAF_API_URL": anaf.url,
        },
    )


def killed_after_the_answer(
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
        assert ended(worker) == -9
        # The database notices a dead client when it next speaks to it; here that is made short.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE wait_event = 'PgSleep' AND datname = current_database()"
        )
        until(lambda: not _saving(cursor))
        cursor.execute("DROP FUNCTION linger() CASCADE")
    assert [call["status"] for call in anaf.calls("token")] == [200]


def _saving(cursor: Any) -> bool:
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event = 'PgSleep' AND datname = current_database()"
    )
    return bool(cursor.fetchone()[0])


def _with_database(url: str, name: str) -> str:
    front, _, query = url.partition("?")
    return front.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")


def begin(*processes: "subprocess.Popen[str]") -> None:
    """All at the same moment, when all are ready."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()


def ended(process: "subprocess.Popen[str]") -> int:
    code = process.wait(30)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    return code


def until(condition: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
