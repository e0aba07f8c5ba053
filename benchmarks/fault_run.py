"""Ten minutes of faults: four workers, 500 companies, 30 % faults, kills, PostgreSQL killed twice.

    uv run python benchmarks/fault_run.py [--seconds 600] [--companies 500] [--cap 900]

Afterwards every UIT that the simulated ANAF shows must be stored once, as it is shown; no 60
seconds may have seen more calls than the cap; no authorization may be lost. Prints what was found.
"""

import argparse
import shutil
import sys
from collections import Counter

from tests.fault_run import FaultRun
from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--companies", type=int, default=500)
    parser.add_argument("--cap", type=int, default=900)
    wanted = parser.parse_args()
    top = make_folder("caraus-faults-")
    try:
        with SimulatorProcess(client_id="b", client_secret="a-secret-of-benchmarks") as anaf:
            fault_run = FaultRun(
                top / "data",
                anaf,
                seconds=wanted.seconds,
                companies=wanted.companies,
                cap=wanted.cap,
                press_every=15,
            )
            with fault_run.prepared():
                anaf.forget_calls()
                fault_run.inject_faults()
                responses = Counter(str(call["status"]) for call in anaf.calls("info"))
                fault_run.await_calm(600)
                took = fault_run.stop()
                return report(fault_run, responses, took)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def report(fault_run: FaultRun, responses: Counter[str], took: list[float]) -> int:
    differences = fault_run.differences()
    most = fault_run.most_calls_in_a_minute()
    print(f"workers killed {fault_run.kills}, PostgreSQL killed {fault_run.restarts}")
    print(f"responses during the run by HTTP status: {dict(responses)}")
    print(f"UITs not stored once as ANAF shows them: {len(differences)}   (goal 0)")
    print(f"most calls in any 60 s: {most}   (cap {fault_run.cap})")
    print(f"authorizations lost: {fault_run.lost_authorizations()}   (goal 0)")
    print(f"companies asked about twice at once: {fault_run.parallel_polls()}   (goal 0)")
    print(f"slowest end after SIGTERM: {max(took):.1f} s   (goal 10)")
    for difference in differences[:20]:
        print("  ", difference)
    return int(bool(differences) or most > fault_run.cap)


if __name__ == "__main__":
    sys.exit(main())
