"""How many companies one worker process asks about in a second, beside a bare loop.

    uv run python benchmarks/throughput.py [--companies 200] [--seconds 20] [--profile]

The simulated ANAF and one worker are processes of their own, each on a core of its own where there
are two (PostgreSQL goes where it likes). Every company is made due again and again. The bare loop
fetches and parses the same answers over the same client, many at once, in this process, and keeps
nothing. `--profile` runs the engine in this process under cProfile instead, and says where the
time goes.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import random
import shutil
import sys
import threading
import time

import psutil

from caraus.anaf.async_client import AsyncAnafClient
from caraus.anaf.http import AnafSettings
from caraus.anaf.info import read_response
from tests.fault_run import FaultRun
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess

AT_ONCE = 30


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--profile", action="store_true")
    wanted = parser.parse_args()
    top = make_folder("caraus-throughput-")
    try:
        with SimulatorProcess(client_id="b", client_secret="a-secret-of-benchmarks") as anaf:
            anaf.limits(per_minute=10**9)
            pin(anaf._process.pid if anaf._process else 0, 1)
            installation = FaultRun(
                top / "data", anaf, seconds=wanted.seconds, companies=wanted.companies, cap=10**9
            )
            installation.installation.environment |= {
                "ANAF_CALLS_PER_DAY_PER_COMPANY": str(10**9),
                "CARAUS_SYNC_AT_ONCE": str(AT_ONCE),
            }
            with installation.prepared():
                measure(installation, wanted.seconds, profile=wanted.profile)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def measure(installation: FaultRun, seconds: float, *, profile: bool) -> None:
    token = token_of(installation)
    bare = asyncio.run(bare_loop(installation, token, seconds / 2))
    print(f"bare loop, fetch and parse:     {bare:7.1f} a second", flush=True)
    if profile:
        profiled(installation, seconds)
        return
    worker = installation._worker()
    pin(worker.pid, 0)
    try:
        while installation.query("SELECT 1 FROM sync_syncstate WHERE calls_today < 3 LIMIT 1"):
            synced(installation, 2, 0.0)  # every company has had its first answers
        for share in (0.0, 0.05):
            rate = synced(installation, seconds, share)
            words = "unchanged answers" if not share else "5 % of answers changed"
            print(
                f"one worker, {words:<22}{rate:7.1f} a second ({rate / bare:.2f} x bare)",
                flush=True,
            )
    finally:
        worker.terminate()
        worker.wait()


def synced(installation: FaultRun, seconds: float, share: float) -> float:
    """Good answers kept in a second."""
    ended = threading.Event()
    pressing = threading.Thread(target=press, args=(installation, ended))
    pressing.start()
    began, count = time.monotonic(), runs(installation)
    done = count
    while (passed := time.monotonic() - began) < seconds:
        if share:
            now = runs(installation)
            change(installation, round((now - done) * share))
            done = now
        time.sleep(min(0.2, seconds - passed))
    rate = (runs(installation) - count) / (time.monotonic() - began)
    ended.set()
    pressing.join()
    return rate


def press(installation: FaultRun, ended: threading.Event) -> None:
    while not ended.wait(0.25):
        installation.query(
            "UPDATE sync_syncstate SET next_sync_at = now() WHERE id IN (SELECT id FROM"
            " sync_syncstate WHERE next_sync_at > now() FOR UPDATE SKIP LOCKED)"
        )


def change(installation: FaultRun, number: int) -> None:
    for cui in random.choices(installation.cuis, k=number):
        uit = installation.declared.get(cui) or installation.anaf.add_uit(cui)["uit"]
        installation.declared[cui] = uit
        installation.anaf.correct(uit, nr_veh=f"B{random.randrange(100, 999)}NOU")


def runs(installation: FaultRun) -> int:
    return int(installation.query("SELECT count(*) FROM sync_syncrun WHERE outcome = 'ok'")[0][0])


async def bare_loop(installation: FaultRun, token: str, seconds: float) -> float:
    settings = AnafSettings(
        "b", "x", "https://x.example/anaf/callback", api_url=installation.anaf.url
    )
    done, end = 0, time.monotonic() + seconds
    async with AsyncAnafClient(settings, connections=AT_ONCE) as client:

        async def send(offset: int) -> None:
            nonlocal done
            number = offset
            while time.monotonic() < end:
                cui = installation.cuis[number % len(installation.cuis)]
                read_response(await client.request_info(access_token=token, carrier_cui=cui))
                number, done = number + AT_ONCE, done + 1

        await asyncio.gather(*(send(number) for number in range(AT_ONCE)))
    return done / seconds


def token_of(installation: FaultRun) -> str:
    script = (
        "from caraus.authorizations.models import Authorization;"
        "from caraus.authorizations import token_refresh;"
        "print('TOKEN', token_refresh.usable_access_token(Authorization.objects.get()))"
    )
    output = installation.installation.run("manage", "shell", "-c", script)
    return output.stdout.split("TOKEN ")[1].split()[0]


def profiled(installation: FaultRun, seconds: float) -> None:
    """Run the poller in this process; its event loop's thread is what is profiled."""
    os.environ |= installation.installation.environment
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")
    django.setup()
    from caraus.sync.poller import Poller

    async def engine() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, stop.set)
        await Poller(at_once=AT_ONCE).run(stop)

    ended = threading.Event()
    pressing = threading.Thread(target=press, args=(installation, ended))
    pressing.start()
    profile = cProfile.Profile()
    before = runs(installation)
    profile.runcall(asyncio.run, engine())
    ended.set()
    pressing.join()
    print(
        f"under the profiler:             {(runs(installation) - before) / seconds:7.1f} a second"
    )
    pstats.Stats(profile).sort_stats("tottime").print_stats(18)


def pin(pid: int, core: int) -> None:
    if pid and (os.cpu_count() or 1) > 1 and sys.platform == "linux":
        psutil.Process(pid).cpu_affinity([core])


if __name__ == "__main__":
    main()
