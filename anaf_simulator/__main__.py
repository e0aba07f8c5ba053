"""``python -m anaf_simulator``: start the simulator, or list its scenarios."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from anaf_simulator.scenarios import CATALOGUE
from anaf_simulator.server import PortTakenError, serve
from anaf_simulator.simulator import (
    DEFAULT_CLIENT_ID,
    DEFAULT_CLIENT_SECRET,
    Settings,
    Simulator,
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        # Whoever starts it under another name (`caraus simulator`) gives that name.
        prog=os.environ.get("SIMULATOR_PROG", "anaf_simulator"),
        description="A double of ANAF's OAuth and RO e-Transport services on this machine.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    add("--port", type=int, default=8100, help="main port (8100); 0 takes a free one")
    add("--control-port", type=int, help="control port (main port + 1; with --port 0 a free one)")
    add("--seed", type=int, default=1, help="the world and the signing key follow from it (1)")
    add(
        "--scenario",
        action="append",
        default=[],
        metavar="NAME",
        help="a fault or variant that is on from the start; repeatable, or separated by commas",
    )
    add(
        "--tls-dir",
        type=Path,
        metavar="DIR",
        help="also serve the login over TLS with client certificates, which are written here",
    )
    add(
        "--issued-file",
        type=Path,
        metavar="FILE",
        help="write every code and token given out here, to search a client's logs for them",
    )
    add("--list-scenarios", action="store_true", help="print the scenarios and exit")
    _add_application(parser)
    return parser  # fmt: skip


def _add_application(parser: argparse.ArgumentParser) -> None:
    """Add the options of the application as it would be registered with ANAF."""
    add = parser.add_argument_group("the registered application").add_argument
    add(
        "--client-id",
        default=os.environ.get("ANAF_CLIENT_ID") or DEFAULT_CLIENT_ID,
        help=f"$ANAF_CLIENT_ID, else {DEFAULT_CLIENT_ID}",
    )
    add(
        "--client-secret",
        default=os.environ.get("ANAF_CLIENT_SECRET") or DEFAULT_CLIENT_SECRET,
        help=f"$ANAF_CLIENT_SECRET, else {DEFAULT_CLIENT_SECRET}",
    )
    add("--redirect-uri", action="append", metavar="URI",
        help="a registered callback; repeatable ($SIMULATOR_REDIRECT_URI, separated by commas); "
        "without any, every loopback address is accepted")  # fmt: skip


def _settings(options: argparse.Namespace) -> Settings:
    names = [name for group in options.scenario for name in group.split(",") if name]
    from_environment = os.environ.get("SIMULATOR_REDIRECT_URI", "").split(",")
    uris = options.redirect_uri or [uri.strip() for uri in from_environment if uri.strip()]
    return Settings(
        seed=options.seed,
        scenarios=tuple(names),
        client_id=options.client_id,
        client_secret=options.client_secret,
        redirect_uris=tuple(uris),
        issued_file=options.issued_file,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator. Exit codes: 0 stopped by a signal, 1 a port is taken, 2 wrong use."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_scenarios:
        for scenario in CATALOGUE.values():
            print(f"{scenario.name:22} {scenario.summary}")
        return 0
    settings = _settings(options)
    for name in settings.scenarios:
        if name not in CATALOGUE:
            parser.error(f"no scenario is called {name}; see --list-scenarios")
    control_port = options.control_port
    if control_port is None:
        control_port = options.port + 1 if options.port else 0
    try:
        asyncio.run(
            serve(Simulator(settings), options.host, options.port, control_port, options.tls_dir)
        )
    except PortTakenError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
