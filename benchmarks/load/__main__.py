"""How many dispatchers two web processes serve until the 95th percentile passes 300 ms.

    uv run --group load python -m benchmarks.load

Two web processes and PostgreSQL on this machine, an organization with 20 companies and 4000 UITs,
users who read as dispatchers do (locustfile.py; one request about every 2 seconds each). Each step
ramps up in 8 seconds and is then measured for 20. Prints a line per step, and which processes were busy at the last.
"""

import csv
import os
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path

import psutil

from tests.running.cluster import Cluster, until_responding
from tests.simulator_process import SimulatorProcess

HERE = Path(__file__).resolve().parent
STEPS = (20, 40, 60, 80, 120, 160, 240, 320)
SECONDS = 20
LIMIT = 300  # ms

DATA = """
from datetime import timedelta
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.crypto import encrypt
from caraus.authorizations.models import Authorization
from caraus.sync.models import SyncState
from caraus.transports.models import Transport, TransportEvent
import sys
now = timezone.now()
org = Organization.objects.create(name="Load")
companies = [Company.objects.create(organization=org, cui=str(10_000_000 + n), name=f"Firma {n}") for n in range(20)]
Authorization.objects.create(organization=org, person_name="Ana", access_token_sealed=encrypt("a"), refresh_token_sealed=encrypt("r"), access_expires_at=now + timedelta(days=90), refresh_expires_at=now + timedelta(days=365))
for company in companies:
    SyncState.objects.create(company=company, next_sync_at=now + timedelta(days=1), last_attempt_at=now, last_good_at=now)
place = {"kind": "ADR", "county": "Cluj", "locality": "Turda", "street": "Str. Mare", "number": "1", "full_address": "Turda, Str. Mare 1"}
rows = Transport.objects.bulk_create(
    Transport(company=companies[n % 20], uit=f"{n:016d}", declarant_name=f"Declarant {n % 97} SRL", declarant_cui="14399840", declarant_ref=f"CMD-{n}", transport_date=now.date() - timedelta(days=n % 4), first_expired_day=now.date() + timedelta(days=1 + n % 4), plate=f"CJ{n % 90 + 10}ABC", trailer1="B10XYZ", start=place, end=place, documents=[{"text": "CMR 1", "value": "1"}], first_seen_at=now - timedelta(minutes=n), last_seen_at=now, last_changed_at=now, raw=place)
    for n in range(4000))
TransportEvent.objects.bulk_create(TransportEvent(transport=row, at=now, kind="appeared") for row in rows)
store = import_module(settings.SESSION_ENGINE).SessionStore
keys = []
for n in range(320):
    user = User.objects.create_user(f"d{n}@example.ro", name=f"Dispecer {n}")
    Membership.objects.create(user=user, organization=org, role="dispatcher")
    session = store()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    keys.append(session.session_key)
open("{folder}/sessions", "w").write("\\n".join(keys))
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("ANALYZE")  # as autovacuum does within a minute
open("{folder}/uits", "w").write("\\n".join(str(row.pk) for row in rows))
"""


def main() -> None:
    with (
        SimulatorProcess(client_id="load", client_secret="load") as anaf,
        Cluster(anaf, webs=2, workers=1) as cluster,
    ):
        cluster.environment["CARAUS_URL"] = "http://127.0.0.1:8000"
        cluster.run("migrate")
        cluster.run("manage", "shell", "-v0", "-c", DATA.replace("{folder}", str(cluster.folder)))
        for web in cluster.webs:
            web.start()
        for port in cluster.ports:
            until_responding(f"http://127.0.0.1:{port}/healthz")
        balancer = start_balancer(cluster)
        try:
            step(cluster, 10)  # warm
            for users in STEPS:
                p95 = step(cluster, users)
                if p95 > LIMIT:
                    break
        finally:
            balancer.terminate()
            balancer.wait()


def start_balancer(cluster: Cluster) -> "subprocess.Popen[bytes]":
    """Caddy without TLS, as the balance between the two."""
    upstreams = [word for port in cluster.ports for word in ("--to", f"127.0.0.1:{port}")]
    caddy = str(Path(sys.executable).parent / "caddy")
    process = subprocess.Popen(
        [caddy, "reverse-proxy", "--from", "http://127.0.0.1:8765", *upstreams],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until_responding("http://127.0.0.1:8765/healthz")
    return process


def step(cluster: Cluster, users: int) -> float:
    """Run one number of users for a while; return the 95th percentile in ms."""
    busy: dict[str, list[float]] = defaultdict(list)
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=(cluster, busy, over))
    watcher.start()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(str(Path(sys.executable).parent / "locust"), "-f", str(HERE / "locustfile.py")),
                *("--headless", "--host", "http://127.0.0.1:8765", "--users", str(users)),
                *("--spawn-rate", str(users / 8), "--run-time", f"{SECONDS + 8}s", "--reset-stats"),
                *("--csv", f"{folder}/out", "--only-summary", "--exit-code-on-error", "0"),
            ],
            env=os.environ
            | {
                "LOAD_SESSIONS": str(cluster.folder / "sessions"),
                "LOAD_UITS": str(cluster.folder / "uits"),
            },
            check=True,
            capture_output=True,
        )
        with Path(folder, "out_stats.csv").open() as file:
            rows = list(csv.DictReader(file))
    total = next(row for row in rows if row["Name"] == "Aggregated")
    over.set()
    watcher.join()
    p95 = float(total["95%"])
    cpu = ", ".join(f"{name} {sum(values) / len(values):.0f}%" for name, values in busy.items())
    print(
        f"{users:4d} users: {float(total['Requests/s']):6.1f} requests/s, median "
        f"{total['50%']} ms, 95% {total['95%']} ms, failures {total['Failure Count']}; CPU: {cpu}",
        flush=True,
    )
    if p95 > LIMIT:
        slow = sorted((float(row["95%"]), row["Name"]) for row in rows if row is not total)
        print("      95% by page:", ", ".join(f"{name} {ms:.0f} ms" for ms, name in slow[::-1]))
    return p95


def watch(cluster: Cluster, busy: "dict[str, list[float]]", over: threading.Event) -> None:
    """Per cent of one core, by part."""
    before: dict[int, float] = {}
    while not over.wait(2):
        sums: dict[str, float] = defaultdict(float)
        for process in psutil.process_iter(["pid", "name", "cmdline", "cpu_times"]):
            words = " ".join(process.info["cmdline"] or [])
            part = "web" if "caraus.cli web" in words else ""
            part = part or ("postgres" if process.info["name"] == "postgres" else "")
            part = part or ("caddy" if process.info["name"] == "caddy" else "")
            part = part or ("locust" if "locust" in words else "")
            times = process.info["cpu_times"]
            if part and times:
                used = times.user + times.system
                sums[part] += used - before.get(process.info["pid"], used)
                before[process.info["pid"]] = used
        for name, value in sums.items():
            busy[name].append(value / 2 * 100)


if __name__ == "__main__":
    main()
