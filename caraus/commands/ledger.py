"""`caraus verify-ledger`: whether the ledger is as it was written."""

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from caraus.commands.base import database

if TYPE_CHECKING:
    from caraus.ledger.verify import Chain

VERIFY_HELP = """Check the ledger of what ANAF said and what was filed, and name the first break.

Every entry holds the SHA-256 of its content and of the entry before it. The chain 0 is the whole
installation's: outages of ANAF. Entries cut off the end of a chain can be noticed only beside a
last_hash noted elsewhere before.

--json prints one object:
  ok          whether no chain is broken and the database refuses changes
  protected   whether the triggers that refuse changes are there
  chains      list of {organization_id, entries, deleted, last_hash, first_break}
              entries      good ones, up to the break
              deleted      those whose content the organization's retention has deleted
              first_break  null, or {number, reason}

Exit codes: 0 ok; 1 broken, or not protected."""


def add_ledger_commands(
    command: Callable[
        [str, Callable[[argparse.Namespace], int], str],
        argparse.ArgumentParser,
    ],
) -> None:
    """Add the command with `command(name, run, text)`."""
    parser = command(
        "verify-ledger", lambda options: verify_ledger(as_json=options.json), VERIFY_HELP
    )
    parser.add_argument("--json", action="store_true")


def verify_ledger(*, as_json: bool) -> int:
    """Check every chain and print what was found."""
    with database():
        from caraus.ledger import verify

        chains = verify.verify_chains()
        protected = verify.is_protected()
    ok = protected and not any(chain.first_break for chain in chains)
    if as_json:
        report = {"ok": ok, "protected": protected, "chains": [asdict(chain) for chain in chains]}
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        for chain in chains:
            print(_line(chain))
        if not protected:
            print("The triggers that refuse changes of the ledger are missing or off.")
        print("The ledger is as it was written." if ok else "The ledger is NOT as it was written.")
    return 0 if ok else 1


def _line(chain: "Chain") -> str:
    owner = f"organization {chain.organization_id}" if chain.organization_id else "installation"
    if chain.first_break is None:
        return f"{owner}: {chain.entries} entries, last {chain.last_hash}"
    broken = chain.first_break
    return f"{owner}: BROKEN at entry {broken.number}: {broken.reason}"
