"""What the ledger costs: bytes of an entry, and milliseconds of a response with changed records.

    uv run python benchmarks/ledger.py [--rounds 60]

A database of its own takes the responses of a simulated ANAF's carrier, of whose records some are
changed in each round. Rounds with the ledger and without it (nothing is appended) alternate, so
that other work on the machine meets both. At the end the chain is checked, and timed.
"""

import argparse
import statistics
import time
from typing import Any
from unittest import mock

from benchmarks.database import migrated_database
from tests.simulator_process import SimulatorProcess

CARRIER = "900010100"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    wanted = parser.parse_args()
    with migrated_database("ledger"):
        with SimulatorProcess(client_id="b", client_secret="a-secret-of-benchmarks") as anaf:
            records = anaf.active(CARRIER)
        measure(records, wanted.rounds)


def measure(records: list[dict[str, Any]], rounds: int) -> None:
    from caraus.ledger.models import LedgerEntry
    from caraus.ledger.verify import verify_chains
    from tests import factories

    company = factories.company(factories.organization())
    authorization = factories.authorization(company.organization)
    respond(company, authorization, records)
    size_before, entries_before = size(), LedgerEntry.objects.count()
    print(f"{len(records)} records; ms of a response, of {rounds} rounds", flush=True)
    print(
        "  changed   median: without, with      fastest: without, with, more for each", flush=True
    )
    for number in (1, 10, len(records)):
        without, with_ledger = [], []
        for turn in range(rounds):
            for times, append in ((without, False), (with_ledger, True)):
                change(records, number, f"{turn}{append}")
                times.append(respond(company, authorization, records, append=append))
        medians = [statistics.median(times) * 1000 for times in (without, with_ledger)]
        # Other work on the machine only adds to a time.
        fastest = [min(times) * 1000 for times in (without, with_ledger)]
        more = (fastest[1] - fastest[0]) / number
        print(
            f"{number:>9} {medians[0]:>17.1f} {medians[1]:>6.1f}"
            f" {fastest[0]:>19.1f} {fastest[1]:>6.1f} {more:>6.2f}",
            flush=True,
        )
    entries = LedgerEntry.objects.count() - entries_before
    print(f"{entries} entries, {(size() - size_before) / entries:.0f} bytes each with the index")
    began = time.perf_counter()
    assert all(chain.first_break is None for chain in verify_chains())
    seconds = time.perf_counter() - began
    print(f"the chain is checked at {entries / seconds:.0f} entries a second")


def change(records: list[dict[str, Any]], number: int, name: str) -> None:
    for place, record in enumerate(records[:number]):
        record["nr_veh"] = f"B{name}{place}".upper()


def respond(
    company: Any, authorization: Any, records: list[dict[str, Any]], *, append: bool = True
) -> float:
    """Record one response as the poller does; return the seconds that it took."""
    from django.utils import timezone

    from caraus.anaf.info import body_digest, parse_info
    from caraus.sync.results import ParsedResponse, record_success
    from tests.anaf.samples import body_of

    body, now = body_of(records), timezone.now()
    response = ParsedResponse(now, body_digest(body), parse_info(body, received_at=now))
    with mock.patch("caraus.ledger.entries.append") if not append else mock.MagicMock():
        began = time.perf_counter()
        record_success(company, authorization, response, now)
        return time.perf_counter() - began


def size() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size('ledger_ledgerentry')")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
