"""The words of `caraus vehicle-change` and `caraus vehicle-changes`."""

import argparse
from collections.abc import Callable

CHANGE_HELP = """File a change of a UIT's vehicle with ANAF.

Without trailer arguments the present trailers stay; --no-trailer takes them away. --at is Romanian
time (default: now). With --wait this command does the work itself if no worker takes it.

--json prints one object:
  id, uit, state        state: queued | sending | processing | accepted | done | refused | unknown |
                        not_found | held | cancelled | closed (by a person: ANAF took it and
                        never said how it ended)
  message               a sentence in Romanian
  plate, trailer1, trailer2, at   what was declared
  attempts              list of {reference, sent_at, index, outcome, answer}

Exit codes: 0 queued, processing, accepted or done; 1 unknown, not found or closed, or ANAF's
trouble; 2 wrong use or refused by our rules; 3 a person must authorize again; 4 refused by ANAF."""
LIST_HELP = """Print the vehicle changes of a company, newest first, without rehearsals.

--json prints a list of the objects that `caraus vehicle-change --json` prints."""


def add_filing_commands(
    command: Callable[
        [str, Callable[[argparse.Namespace], int], str],
        argparse.ArgumentParser,
    ],
) -> None:
    """Add both commands with `command(name, run, text)`."""

    def change(options: argparse.Namespace) -> int:
        from caraus.commands.filings import file_vehicle_change

        return file_vehicle_change(options)

    parser = command("vehicle-change", change, CHANGE_HELP)
    for name in ("cui", "uit", "plate"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--trailer1", metavar="PLATE")
    parser.add_argument("--trailer2", metavar="PLATE")
    parser.add_argument("--no-trailer", action="store_true", help="there is no trailer any more")
    parser.add_argument("--at", metavar="2026-11-29T14:05", help="Romanian time; default now")
    parser.add_argument("--note", default="")
    parser.add_argument("--wait", type=float, metavar="SECONDS", default=0)
    parser.add_argument("--json", action="store_true")

    def changes(options: argparse.Namespace) -> int:
        from caraus.commands.filings import vehicle_changes

        return vehicle_changes(cui=options.cui, as_json=options.json)

    parser = command("vehicle-changes", changes, LIST_HELP)
    parser.add_argument("--cui", required=True)
    parser.add_argument("--json", action="store_true")
