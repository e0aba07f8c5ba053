"""Ten minutes of storm: four workers, 500 companies, 30 % faults, kills, PostgreSQL killed twice.

    uv run python benchmarks/storm.py [--seconds 600] [--companies 500] [--cap 900]

Afterwards every UIT that the simulated ANAF shows must be stored once, as it is shown; no 60
seconds may have seen more calls than the cap; no authorization may be lost. Prints what was found.
"""

import argparse
import shutil
import sys
from collections import Counter

from tests.folders import make_folder
from tests.simulator_process import SimulatorProcess
from tests.storm import Storm


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--companies", type=int, default=500)
    parser.add_argument("--cap", type=int, default=900)
    wanted = parser.parse_args()
    top = make_folder("caraus-storm-")
    try:
        with SimulatorProcess(client_id="b", client_secret="a-secret-of-benchmarks") as anaf:
            storm = Storm(
                top / "data",
                anaf,
                seconds=wanted.seconds,
                companies=wanted.companies,
                cap=wanted.cap,
                press_every=15,
            )
            with storm.prepared():
                anaf.forget_calls()
                storm.rage()
                asked = Counter(str(call["status"]) for call in anaf.calls("info"))
                storm.settle(600)
                took = storm.stop()
                return report(storm, asked, took)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def report(storm: Storm, asked: Counter[str], took: list[float]) -> int:
    differences = storm.differences()
    most = storm.most_calls_in_a_minute()
    print(f"workers killed {storm.kills}, PostgreSQL killed {storm.restarts}")
    print(f"answers during the storm by HTTP status: {dict(asked)}")
    print(f"UITs not stored once as ANAF shows them: {len(differences)}   (goal 0)")
    print(f"most calls in any 60 s: {most}   (cap {storm.cap})")
    print(f"authorizations lost: {storm.lost_authorizations()}   (goal 0)")
    print(f"companies asked about twice at once: {storm.asked_in_parallel()}   (goal 0)")
    print(f"slowest end after SIGTERM: {max(took):.1f} s   (goal 10)")
    for difference in differences[:20]:
        print("  ", difference)
    return int(bool(differences) or most > storm.cap)


if __name__ == "__main__":
    sys.exit(main())
