"""The `caraus` command: its words, its help, its exit codes. Each command's work is in `commands/`.

Exit codes: 0 good, 1 an error of ANAF or of the network (or a failure that is said), 2 wrong use,
3 a person must authorize again, 4 refused by ANAF.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Protocol

from caraus import __version__
from caraus.commands.filing_options import add_filing_commands
from caraus.commands.ledger import add_ledger_commands

GOOD, FAILURE, WRONG_USE, REAUTHORIZE = 0, 1, 2, 3

SYNC_HELP = """Poll ANAF now and print what came of it.

--json prints a list, one object per company:
  cui         the carrier's CUI, digits only
  outcome     ok | unavailable | rate_limited | bad_response | no_rights | reauthorize
  seen        UITs in the answer that were understood
  new         UITs seen for the first time
  changed     known UITs with a changed field
  missing     open UITs that the answer did not hold (kept; see docs/architecture.md when delisted)
  unreadable  records without a usable UIT (kept, with their raw text)
  message     a sentence in Romanian

Exit codes: 0 all ok; 1 ANAF or the network failed for some; 3 a person must authorize again."""

_CONCURRENCY = "jobs of its own at once, half of them periodic; people's have theirs (default 8)"

TRANSPORTS_HELP = """Print the UITs of a company, newest first; only open ones without --all.

--json prints a list, one object per UIT. Dates are ISO 8601; moments carry their offset (UTC).
  uit, state            state: active | missing | expired | delisted | unreadable
  declarant_cui, declarant_name, declarant_ref
  transport_date        declared day of transport
  first_expired_day     first day on which the UIT is expired (ANAF: data_exp_uit)
  last_valid_day        the day before; each of the three is null where ANAF gave no readable date
  expiry_computed       whether the end was computed (5 days), for ANAF gave none that is readable
  unreadable_fields     {ANAF's name: what stood there} of fields that could not be read, or not
                        whole; their values above are what was understood, or last read
  plate, trailer1, trailer2   as first declared
  current_plate, current_trailer1, current_trailer2   after the last vehicle change
  carrier_cui, carrier_name
  start, end            {kind, full_address, county, locality, street, number, other}
  documents             list of {text, value}: words for a reader, and what ANAF gave
  vehicle_changes       list of {at, plate, trailer1, trailer2, note, declared_by, reference,
                        declared_at}
  first_seen_at, last_seen_at
  events                list of {at, kind, changes: {field: [old, new]}}, oldest first;
                        kind: appeared | changed | vehicle_changed | carrier_changed | returned |
                        expired | delisted
A record without a usable UIT has "state": "unreadable", "raw" (its text) and "reason";
its other fields are null or empty."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the console script's entry."""
    if message := _take_env_file():
        return _print_error(message, WRONG_USE)
    parser = _parser()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["manage"]:  # Django's own commands take all that follows, --help too
        return _run(lambda: _manage(arguments[1:]))
    if arguments[:1] == ["simulator"]:  # another program, with options of its own
        return _run(lambda: _simulator(arguments[1:]))
    options = parser.parse_args(arguments)
    os.umask(0o077)  # what is written here is its owner's alone
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "caraus.settings")
    return _run(lambda: options.run(options))


def _take_env_file() -> str:
    """Take settings from the file that CARAUS_ENV_FILE names (NAME=value lines, the value in quotes
    or not, as systemd and compose take them); what is set already stays. Returns what is wrong with
    it, in a sentence."""
    name = os.environ.get("CARAUS_ENV_FILE")
    if not name:
        return ""
    try:
        with open(name, encoding="utf-8") as file:  # noqa: PTH123 - the command starts fast
            lines = [line.strip() for line in file]
    except OSError as error:
        return f"CARAUS_ENV_FILE names {name}, which cannot be read: {error.strerror}."
    except UnicodeDecodeError:
        return f"CARAUS_ENV_FILE names {name}, which is no text in UTF-8."
    for line in lines:
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            os.environ.setdefault(key.strip(), _unquoted(value.strip()))
    return ""


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _run(command: Callable[[], int]) -> int:
    """Run a command and return its exit code; what it can't do is a sentence on stderr, never a
    traceback."""
    from django.core.exceptions import ImproperlyConfigured, ValidationError
    from django.db.utils import OperationalError

    from caraus.commands.base import CommandError
    from caraus.embedded import EmbeddedError

    # Ended politely, an embedded PostgreSQL that nobody else holds ends too.
    signal.signal(signal.SIGTERM, _end)
    try:
        return command()
    except CommandError as error:
        return _print_error(error, error.exit_code)
    except EmbeddedError as error:
        return _print_error(error, FAILURE)
    except ImproperlyConfigured as error:
        return _print_error(error, WRONG_USE)
    except ValidationError as error:
        return _print_error(" ".join(error.messages), WRONG_USE)
    except OperationalError as error:
        return _print_error(f"The database did not answer: {str(error).strip()}", FAILURE)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe left; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _print_error(error: object, code: int) -> int:
    print(f"caraus: {error}", file=sys.stderr)
    return code


def _manage(arguments: list[str]) -> int:
    from caraus.commands.serve import manage

    return manage(arguments)


def _simulator(arguments: list[str]) -> int:
    from caraus.commands.serve import simulator

    return simulator(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="caraus",
        description="Every RO e-Transport notification in which you are the carrier, by itself.",
    )
    parser.add_argument("--version", action="version", version=f"caraus {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _demo(commands)
    _servers(commands)
    _people(commands)
    _data(commands)
    add_filing_commands(partial(_command, commands))
    add_ledger_commands(partial(_command, commands))
    _copies(commands)
    _keys(commands)
    return parser


class Commands(Protocol):
    """What argparse adds commands to."""

    @property
    def add_parser(self) -> Callable[..., argparse.ArgumentParser]: ...


def _command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text.splitlines()[0],
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _port(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port (1–65535)")
    return value


def _positive(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def _demo(commands: Commands) -> None:
    def run(options: argparse.Namespace) -> int:
        from caraus.commands.demo import demo

        return demo(
            port=options.port,
            data_dir=options.data_dir,
            reset=options.reset,
            browser=not options.no_browser,
            history=not options.without_history,
        )

    parser = _command(
        commands,
        "demo",
        run,
        "Everything on this machine, against a simulated ANAF, in one terminal.",
    )
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--data-dir", metavar="DIR", help="where the demo keeps its data")
    parser.add_argument("--reset", action="store_true", help="start from nothing")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument(
        "--without-history", action="store_true", help="begin without the thirty days before"
    )


def _servers(commands: Commands) -> None:
    def web(options: argparse.Namespace) -> int:
        from caraus.commands.web import web

        return web(host=options.host, port=options.port, workers=options.workers)

    parser = _command(commands, "web", web, "Serve the pages.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--workers", type=_positive, default=1, help="processes (default 1)")

    def worker(options: argparse.Namespace) -> int:
        from caraus.commands.serve import worker

        return worker(concurrency=options.concurrency)

    parser = _command(commands, "worker", worker, "Poll ANAF and do all other background work.")
    parser.add_argument("--concurrency", type=_positive, default=8, help=_CONCURRENCY)

    _serve(commands)

    def migrate(_: argparse.Namespace) -> int:
        from caraus.commands.serve import manage

        return manage(["migrate", "--no-input"])

    _command(commands, "migrate", migrate, "Bring the database to this version's schema.")

    # These two are run before the parser runs; here they are only described.
    programs = {
        "simulator": "ANAF's double: login, e-Transport and faults by name, for any integration.",
        "manage": "Django's own commands, e.g. `caraus manage shell`.",
    }
    for name, text in programs.items():
        _command(commands, name, lambda _: GOOD, text)


def _serve(commands: Commands) -> None:
    def serve(options: argparse.Namespace) -> int:
        from caraus.commands.serve import serve

        return serve(
            host=options.host,
            port=options.port,
            workers=options.workers,
            concurrency=options.concurrency,
        )

    parser = _command(commands, "serve", serve, "Web and worker in one, for one machine.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--workers", type=_positive, default=1, help="web processes (default 1)")
    parser.add_argument("--concurrency", type=_positive, default=8, help=_CONCURRENCY)


def _copies(commands: Commands) -> None:
    def backup(options: argparse.Namespace) -> int:
        from caraus.commands.backup import backup

        return backup(file=options.file, keys=options.keys)

    parser = _command(commands, "backup", backup, "Write a consistent copy of the database.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--keys", metavar="FILE", help="write the keys too, to a file of their own")

    def restore(options: argparse.Namespace) -> int:
        from caraus.commands.backup import restore

        return restore(file=options.file, keys=options.keys, replace=options.replace)

    parser = _command(commands, "restore", restore, "Put a copy back, and check that its keys fit.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--keys", metavar="FILE", help="the keys that `backup --keys` wrote")
    parser.add_argument("--replace", action="store_true", help="in the place of what is there")


def _keys(commands: Commands) -> None:
    def rotate_keys(_: argparse.Namespace) -> int:
        from caraus.commands.keys import rotate_keys

        return rotate_keys()

    _command(
        commands,
        "rotate-keys",
        rotate_keys,
        "Seal everything under the first of CARAUS_TOKEN_KEYS, so that the others may go.",
    )


def _people(commands: Commands) -> None:
    def run(options: argparse.Namespace) -> int:
        from caraus.commands.people import createuser

        return createuser(
            email=options.email,
            password_stdin=options.password_stdin,
            name=options.name,
            organization=options.organization,
            cuis=options.cui or [],
            without_second_factor=options.without_second_factor,
        )

    parser = _command(
        commands,
        "createuser",
        run,
        "Make a user whose e-mail counts as confirmed; what exists is reused.",
    )
    parser.add_argument("--email", required=True)
    parser.add_argument("--name", default="", help="the person's name, as shown on authorizations")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    parser.add_argument("--organization", default="", metavar="NAME")
    parser.add_argument(
        "--without-second-factor",
        action="store_true",
        help="take away the person's second factors (a lost phone)",
    )
    parser.add_argument("--cui", action="append", help="a company's CUI; may be repeated")


def _data(commands: Commands) -> None:
    def sync(options: argparse.Namespace) -> int:
        from caraus.commands.data import sync

        return sync(cui=options.cui, as_json=options.json)

    parser = _command(commands, "sync", sync, SYNC_HELP)
    parser.add_argument("--cui", help="only this company")
    parser.add_argument("--json", action="store_true")

    def transports(options: argparse.Namespace) -> int:
        from caraus.commands.data import transports

        return transports(cui=options.cui, everything=options.all, as_json=options.json)

    parser = _command(commands, "transports", transports, TRANSPORTS_HELP)
    parser.add_argument("--cui", required=True)
    parser.add_argument("--all", action="store_true", help="closed ones too")
    parser.add_argument("--json", action="store_true")

    def doctor(options: argparse.Namespace) -> int:
        from caraus.commands.doctor import doctor

        return doctor(new_secrets=options.new_secrets)

    parser = _command(
        commands,
        "doctor",
        doctor,
        "What is configured, what answers, what is missing (without secrets).",
    )
    parser.add_argument(
        "--new-secrets", action="store_true", help="print new values for the secrets, and no more"
    )


if __name__ == "__main__":
    sys.exit(main())
