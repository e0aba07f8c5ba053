"""Seconds from the confirmation of a vehicle change to „apare la ANAF”.

    uv run python benchmarks/filings.py [--changes 30] [--at-once 100]

The simulated ANAF, which takes its usual 3 s to process an upload, and one worker are processes of
their own. First single changes, one after another, then many at once, each of a UIT of its own.
"""

import argparse
import os
import shutil
import statistics
import time
from typing import Any

from tests.fault_run import FaultRun
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess

DEADLINE_SECONDS = 300


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--changes", type=int, default=30)
    parser.add_argument("--at-once", type=int, default=100)
    arguments = parser.parse_args()
    top = make_folder("caraus-filings-")
    try:
        with SimulatorProcess(client_id="b", client_secret="a-secret-of-benchmarks") as anaf:
            installation = FaultRun(top / "data", anaf, seconds=0, companies=1, cap=10**6)
            with installation.prepared():
                measure(installation, arguments.changes, arguments.at_once)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def measure(installation: FaultRun, number: int, at_once: int) -> None:
    os.environ |= installation.installation.environment
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")
    import django

    django.setup()
    transports = declared_transports(installation, number + at_once)
    single = sorted(file_and_wait([transport])[-1] for transport in transports[:number])
    print(
        f"{number} changes, one after another: median {statistics.median(single):.1f} s,"
        f" 95 % {single[round(0.95 * (number - 1))]:.1f} s, longest {single[-1]:.1f} s",
        flush=True,
    )
    together = file_and_wait(transports[number:])
    uploads = [upload for upload in installation.anaf.uploads() if upload["kind"] == "MVH"]
    print(
        f"{at_once} changes at once: median {statistics.median(together):.1f} s,"
        f" all after {together[-1]:.1f} s; {len(uploads)} uploads for {number + at_once} changes",
        flush=True,
    )


def declared_transports(installation: FaultRun, number: int) -> list[Any]:
    """Have ANAF know so many UITs and a worker store them; it ends with the program."""
    from caraus.core.formatting import today
    from caraus.transports.models import Transport

    day = today().isoformat()
    for _ in range(number):
        installation.anaf.add_uit(
            installation.cuis[0], data_transp=day, nr_veh="B12ABC", nr_rem1="", nr_rem2=""
        )
    installation._running.append(installation._worker())
    uits = Transport.objects.filter(plate="B12ABC").select_related("company")
    await_count(uits, number)
    return list(uits.order_by("pk"))


def file_and_wait(transports: list[Any]) -> list[float]:
    """Confirm a change of each UIT; return the seconds to its end, in order."""
    from django.db import transaction
    from django.utils import timezone

    from caraus.filings import changes
    from caraus.filings.models import VehicleChange
    from caraus.filings.rules import VehicleChangeInput
    from caraus.filings.states import ChangeState

    for transport in transports:
        transport.refresh_from_db()
    change_input = VehicleChangeInput(
        plate="CJ77XYZ", trailer1="", trailer2="", moment=timezone.now()
    )
    drafts = [changes.create_draft(transport, change_input, user=None) for transport in transports]
    with transaction.atomic():
        confirmed = changes.confirm(drafts, user=None)
    began = timezone.now()
    rows = VehicleChange.objects.filter(pk__in=[change.pk for change in confirmed])
    await_count(rows.filter(state=ChangeState.DONE), len(transports))
    ends = rows.values_list("state_since", flat=True)
    return sorted((end - began).total_seconds() for end in ends)


def await_count(rows: Any, number: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (count := rows.count()) < number:
        if time.monotonic() > deadline:
            raise SystemExit(f"{count} of {number} after {DEADLINE_SECONDS} s")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
