"""A run of faults over a whole installation: several workers, a faulty ANAF, kills, restarts of
PostgreSQL.

The test plays a short one, `benchmarks/fault_run.py` a long one. Everything is a process of its
own, as in production; afterwards the database is compared with what the simulated ANAF knows.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg

from caraus import embedded
from tests.commands.installation import PASSWORD, Installation
from tests.program_family import still_running
from tests.simulator_process import SimulatorProcess

EMAIL = "furtuna@example.ro"
_WEIGHTS = (7, 5, 3, 2, 1, 7, 5, 3, 2)

# Faults of all kinds, each for some calls. What silences for a day (a daily limit) or for hours (a
# refused right) has tests of its own: under faults nothing would be left to see.
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("down_502", {}),
    ("down_503", {}),
    ("timeout", {}),
    ("slow", {"seconds": 1}),
    ("html_rejected", {}),
    ("my_policy", {}),
    ("cut_json", {}),
    ("empty_body", {}),
    ("technical_error", {}),
    ("malformed_record", {}),
    ("empty_once", {}),
    ("token_refused", {}),
    ("rate_limited", {"seconds": 1}),
)


def cuis(number: int) -> list[str]:
    """Fictional fiscal codes with good check digits."""
    return [_with_check_digit(f"70{index:06d}") for index in range(1, number + 1)]


def _with_check_digit(digits: str) -> str:
    weighted = zip(digits.zfill(9), _WEIGHTS, strict=True)
    return digits + str(sum(int(digit) * weight for digit, weight in weighted) * 10 % 11 % 10)


@dataclass
class FaultRun:
    """Seconds; a worker is killed every `kill_every`, PostgreSQL `restarts` times."""

    folder: Path
    anaf: SimulatorProcess
    seconds: float
    companies: int
    cap: int
    workers: int = 4
    kill_every: float = 20.0
    restarts: int = 2
    faulty: float = 0.3
    # Every company is made due anew so often, to have more polls than the schedule plans.
    press_every: float | None = None
    seed: int = 1
    declared: dict[str, str] = field(default_factory=dict)
    kills: int = 0
    calls: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.cuis = cuis(self.companies)
        self.installation = Installation(self.folder, self.anaf)
        self.installation.environment |= {"ANAF_CALLS_PER_MINUTE": str(self.cap)}
        self._running: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Make an organization with its companies, authorized; PostgreSQL is held meanwhile."""
        for cui in self.cuis:
            self.anaf.control("carrier", {"cui": cui, "name": f"FURTUNA {cui} SRL", "per_day": 1})
        self.anaf.rights("three", cuis=self.cuis)
        self._held = embedded.acquire(self.folder)
        try:
            many = [part for cui in self.cuis for part in ("--cui", cui)]
            command = ("createuser", "--email", EMAIL, "--password-stdin", "--organization", "F")
            done = self.installation.run(*command, *many, stdin=PASSWORD + "\n")
            assert done.returncode == 0, done.stderr
            with self.installation.web() as client:
                assert "a reușit" in self.installation.authorize(client, email=EMAIL)
            yield
        finally:
            for process in self._running:
                process.kill()
                process.wait()
            self._held.release()

    def inject_faults(self) -> None:
        """Send faults, kills and restarts for the time of the run."""
        self._running = [self._worker() for _ in range(self.workers)]
        began = time.monotonic()
        kill_at, press_at = self.kill_every, 0.0
        restart_at = [self.seconds * (n + 1) / (self.restarts + 1) for n in range(self.restarts)]
        while (at := time.monotonic() - began) < self.seconds:
            self._fault()
            self._declare()
            self._restart_ended()
            if at >= kill_at:
                kill_at += self.kill_every
                self._kill_one()
            if restart_at and at >= restart_at[0]:
                restart_at.pop(0)
                self._restart_postgres()
            if self.press_every is not None and at >= press_at:
                press_at = at + self.press_every
                self.make_due()
            time.sleep(0.5)  # the run's own beat
        for name, _ in FAULTS:
            self.anaf.turn_off(name)

    def await_calm(self, seconds: float) -> None:
        """Make no more faults: wait until every company has been polled since."""
        calm = datetime.now().astimezone()
        deadline = time.monotonic() + seconds
        while True:
            self.make_due(older_than=calm)
            self._restart_ended()
            left = self.query(
                "SELECT count(*) FROM sync_syncstate"
                " WHERE last_good_at IS NULL OR last_good_at < %s",
                calm,
            )[0][0]
            if not left:
                return
            assert time.monotonic() < deadline, f"{left} companies are not asked about"
            time.sleep(0.5)

    def stop(self) -> list[float]:
        """SIGTERM to all; seconds that each took to end."""
        took = []
        for process in self._running:
            self._await_handler(process)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            took.append(time.monotonic() - began)
        self._running = []
        return took

    def _await_handler(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until the process handles SIGTERM: one that has just begun would die of it."""
        status = Path(f"/proc/{process.pid}/status")
        deadline = time.monotonic() + 60
        while True:
            caught = re.search(r"^SigCgt:\s*(\w+)", status.read_text(), re.MULTILINE)
            if caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1:
                return
            assert process.poll() is None, f"a worker ended by itself: {process.returncode}"
            assert time.monotonic() < deadline, "a worker has not begun"
            time.sleep(0.05)

    # -- what is true afterwards ---------------------------------------------------------------

    def differences(self) -> list[str]:
        """Return what is not as ANAF has it; empty when all is well."""
        faults = []
        rows = self.query(
            "SELECT c.cui, t.uit, t.state, t.raw FROM transports_transport t"
            " JOIN accounts_company c ON c.id = t.company_id"
        )
        stored = {(cui, uit): (state, raw) for cui, uit, state, raw in rows}
        if len(stored) != len(rows):
            faults.append("a UIT is stored twice")
        shown = set()
        for cui in self.cuis:
            for record in self.anaf.active(cui):
                key = (cui, record["uit"])
                shown.add(key)
                state, raw = stored.get(key, ("not stored", None))
                if state != "active" or raw != record:
                    faults.append(
                        f"{key} is {state}, raw {'equal' if raw == record else 'differs'}"
                    )
        faults += [
            f"{key} is {state} although ANAF does not show it"
            for key, (state, _) in stored.items()
            if state == "active" and key not in shown
        ]
        faults += [
            f"{uit} was never stored"
            for uit in self.declared.values()
            if uit not in {k[1] for k in stored}
        ]
        doubled = self.query(
            "SELECT transport_id FROM transports_transportevent WHERE kind = 'appeared'"
            " GROUP BY 1 HAVING count(*) > 1"
        )
        faults += [f"transport {row[0]} appeared twice" for row in doubled]
        return faults

    def lost_authorizations(self) -> int:
        return int(
            self.query(
                "SELECT count(*) FROM authorizations_authorization WHERE status <> 'active'"
            )[0][0]
        )

    def most_calls_in_a_minute(self) -> int:
        """Return, of the simulator's own log, the most calls to the services in any 60 seconds."""
        moments = sorted(self._service_calls())
        most = first = 0
        for last, moment in enumerate(moments):
            while moment - moments[first] >= timedelta(seconds=60):
                first += 1
            most = max(most, last - first + 1)
        return most

    def parallel_polls(self) -> int:
        """Count the polls of a company that began before the one before had ended."""
        by_cui: dict[str, list[tuple[datetime, datetime]]] = {}
        for call in self.anaf.calls("info"):
            start = datetime.fromisoformat(call["time"])
            seconds = (call.get("duration_ms") or 0) / 1000
            by_cui.setdefault(call["cui"], []).append((start, start + timedelta(seconds=seconds)))
        return sum(
            second[0] < first[1]
            for calls in by_cui.values()
            for first, second in zip(sorted(calls), sorted(calls)[1:], strict=False)
        )

    def _service_calls(self) -> list[datetime]:
        return [
            datetime.fromisoformat(call["time"])
            for call in self.anaf.calls()
            if call["endpoint"] in {"info", "hello", "lista"}
        ]

    def query(self, text: str, *values: Any) -> list[Any]:
        url = embedded.embedded_database_url(self.folder)
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def make_due(self, *, older_than: datetime | None = None) -> None:
        self.query(
            "UPDATE sync_syncstate SET next_sync_at = now(), claimed_until ="
            " CASE WHEN %s::timestamptz IS NULL THEN claimed_until END"
            " WHERE id IN (SELECT id FROM sync_syncstate WHERE next_sync_at > now() AND"
            " (%s::timestamptz IS NULL OR last_good_at IS NULL OR last_good_at < %s)"
            " FOR UPDATE SKIP LOCKED)",
            *(older_than, older_than, older_than),
        )
        self.query("UPDATE sync_ratelimiter SET probe_at = now() WHERE open_since IS NOT NULL")

    # -- the forces --------------------------------------------------------------------------------

    def _worker(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "caraus.cli", "worker"],
            env=self.installation.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if not os.environ.get("STORM_LOG") else None,
        )

    def _fault(self) -> None:
        """About so many of the calls of this beat go wrong, in one way."""
        name, options = self.rng.choice(FAULTS)
        expected = self.cap / 60 * 0.5 * 0.85
        times = sum(self.rng.random() < self.faulty for _ in range(max(round(expected), 1)))
        if times:
            self.anaf.turn_on(name, times=times, **options)

    def _declare(self) -> None:
        """Let a UIT appear, correct it, or delete it."""
        cui = self.rng.choice(self.cuis)
        done = self.rng.random()
        declared = self.declared.get(cui)
        if declared is None:
            self.declared[cui] = self.anaf.add_uit(cui)["uit"]
        elif done < 0.7:
            self.anaf.correct(declared, nr_veh=f"B{self.rng.randrange(100, 999)}FUR")
        elif done < 0.85:
            self.anaf.change_vehicle(declared, nr_veh=f"CJ{self.rng.randrange(10, 99)}FUR")

    def _kill_one(self) -> None:
        victim = self._running.pop(0)
        victim.kill()
        victim.wait()
        self.kills += 1
        self._running.append(self._worker())

    def _restart_ended(self) -> None:
        """Start anew, as a supervisor does, what ended by itself: a worker that begins while
        PostgreSQL is away says so and ends."""
        self._running = [
            process if process.poll() is None else self._worker() for process in self._running
        ]

    def _restart_postgres(self) -> None:
        """Restart it as when its machine is turned off: no good-byes, and recovered at the
        start."""
        pid = int((self.folder / "postgres/postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        server.send_signal(signal.SIGQUIT)
        assert still_running([server], 20) == []
        cluster = embedded.acquire(self.folder)
        self._held.release()
        self._held = cluster
