"""`caraus backup` and `caraus restore`: the database as one file, the keys apart from it."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from caraus import embedded
from caraus.commands.base import CommandError, database
from caraus.core import environment
from caraus.core.secret_files import SecretError, generated_secret, read_secret
from caraus.embedded.programs import programs

KEY_NAMES = ("CARAUS_SECRET_KEY", "CARAUS_TOKEN_KEYS")
# What lives for minutes or for one browser is not in a copy, and goes when one is put back: who is
# signed in, and what is counted (the last two are tables of earlier releases).
SHORT_LIVED = (
    *("accounts_session", "caraus_cache", "accounts_ratecount"),
    *("django_session", "usersessions_usersession"),
)


def backup(*, file: str, keys: str | None) -> int:
    """Write a consistent copy of the database while everything runs on (pg_dump's snapshot)."""
    target = Path(file).absolute()
    _require_new(target)
    if keys:
        _require_new(Path(keys).absolute())
    with _running():
        with _temporary_file(target) as aside:
            without = [f"--exclude-table-data={table}" for table in SHORT_LIVED]
            plain = ("--format=custom", "--no-owner", "--no-privileges")
            _run("pg_dump", *plain, *without, f"--file={aside}")
        print(f"{target}: {target.stat().st_size / 2**20:.1f} MB, readable by its owner only.")
    if keys:
        _write_keys(Path(keys).absolute())
        print(f"{keys}: the keys. Whoever has both files has the authorizations: keep them apart.")
    else:
        print(
            "The keys are not in it. ANAF's tokens and the second factors in this file are "
            "encrypted under CARAUS_TOKEN_KEYS: keep those elsewhere (--keys FILE writes them), "
            "or after a restore everybody must authorize again."
        )
    return 0


def restore(*, file: str, keys: str | None, replace: bool) -> int:
    """Put a copy into this installation's database, then bring it to this version's schema."""
    source = Path(file).absolute()
    if not source.is_file():
        raise CommandError(f"{file} is not there.", exit_code=2)
    _require_copy(source)
    if keys:
        _restore_keys(Path(keys))
    with _running():
        _require_empty(replace=replace)
        _restore_database(source, replace=replace)
    with database(migrated=False):
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=0)
        _empty_short_lived()
        return _report()


def _empty_short_lived() -> None:
    """Sign everybody out: a copy made by an older release holds sessions."""
    from django.db import connection

    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table in existing.intersection(SHORT_LIVED):
            cursor.execute(f"TRUNCATE {connection.ops.quote_name(table)}")


def _report() -> int:
    """Report what came back, and whether the keys here open its authorizations."""
    from caraus.accounts.models import Company, User
    from caraus.authorizations.models import Authorization
    from caraus.core.crypto import UnreadableTokenError, decrypt
    from caraus.transports.models import Transport

    print(
        f"Restored: {User.objects.count()} user(s), {Company.objects.count()} company(ies), "
        f"{Transport.objects.count()} UIT(s)."
    )
    alive = Authorization.objects.filter(status=Authorization.Status.ACTIVE)
    try:
        for authorization in alive:
            decrypt(authorization.refresh_token_sealed)
    except UnreadableTokenError:
        print(
            "The keys of this installation do not open the restored authorizations. Restore again "
            "with --keys FILE and --replace (or set CARAUS_TOKEN_KEYS to the old keys); otherwise "
            "everybody must authorize again."
        )
        return 1
    print(f"The keys here open all {alive.count()} living authorization(s).")
    return 0


@contextlib.contextmanager
def _running() -> Iterator[None]:
    """Run the server meanwhile; nothing is migrated and Django is not used."""
    if environment.is_embedded():
        with embedded.acquire(embedded.data_dir()):
            yield
    else:
        yield


def _url() -> str:
    return environment.database_url()


def _run(program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs, those that came with the wheel: they know servers up to
    their own version. A password goes by the environment, as other users see the arguments."""
    address, variables = _without_password(_url())
    done = subprocess.run(
        [str(programs() / program), *arguments, address],
        capture_output=True,
        text=True,
        check=False,
        env=_of_client(variables),
    )
    if done.returncode:
        raise CommandError(f"{program} could not do it: {done.stderr.strip()}")
    return done.stdout


def _of_client(variables: dict[str, str]) -> dict[str, str]:
    """Return what PostgreSQL's programs need of the environment: where its passwords stand, for
    one."""
    own = {name: value for name, value in os.environ.items() if name.startswith("PG")}
    return embedded.child_environment(**own | variables)


def _require_copy(source: Path) -> None:
    """Refuse what is no copy before anything is started or touched."""
    command = [str(programs() / "pg_restore"), "--list", str(source)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=_of_client({}),
    )
    if done.returncode:
        raise CommandError(
            f"{source} is no copy made by `caraus backup`: {done.stderr.strip()}", exit_code=2
        )


def _restore_database(source: Path, *, replace: bool) -> None:
    """Restore all in one transaction: a copy that proves to be damaged leaves what was there."""
    address, variables = _without_password(_url())
    read = [str(programs() / "pg_restore"), "--file=-", "--no-owner", "--no-privileges"]
    write = [str(programs() / "psql"), "--quiet", "--no-psqlrc", "--output=/dev/null"]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [*read, "--no-comments", str(source)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_of_client({}),
        ) as reader,
        subprocess.Popen(
            [*write, "--set=ON_ERROR_STOP=1", address],
            stdin=subprocess.PIPE,
            stderr=errors,
            env=_of_client(variables),
        ) as writer,
    ):
        script, server = cast("IO[bytes]", reader.stdout), cast("IO[bytes]", writer.stdin)
        whole = False
        with contextlib.suppress(BrokenPipeError):  # psql has ended: it said why
            server.write(b"SET client_min_messages = warning; BEGIN;\n")
            if replace:
                server.write(b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
            shutil.copyfileobj(script, server)
            if whole := not reader.wait():
                server.write(b"COMMIT;\n")
        with contextlib.suppress(BrokenPipeError):
            server.close()
        if writer.wait() or not whole:
            errors.seek(0)
            raise CommandError(
                f"{source} could not be put back, and nothing was changed: {errors.read().strip()}"
            )


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    from urllib.parse import unquote

    match = re.match(r"(?P<start>[a-z]+://[^:/@]*):(?P<password>[^@]*)@(?P<rest>.*)", url)
    if not match:
        return url, {}
    return f"{match['start']}@{match['rest']}", {"PGPASSWORD": unquote(match["password"])}


def _require_new(target: Path) -> None:
    if target.exists():
        raise CommandError(
            f"{target} is there already. A copy is never written over another: choose a new name.",
            exit_code=2,
        )
    if not target.parent.is_dir():
        raise CommandError(f"The folder {target.parent} is not there.", exit_code=2)


@contextlib.contextmanager
def _temporary_file(target: Path) -> Iterator[Path]:
    """Written beside it, for its owner only, and renamed when whole: half a copy is none."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(descriptor)
    try:
        yield Path(name)
        Path(name).rename(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _require_empty(*, replace: bool) -> None:
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    if (
        not replace
        and _run("psql", "--tuples-only", "--no-align", f"--command={query}").strip() != "0"
    ):
        raise CommandError(
            "The database is not empty. Stop web and worker, and give --replace to put the copy in "
            "the place of what is there; or restore into a new folder (CARAUS_DATA_DIR).",
            exit_code=2,
        )


def _write_keys(target: Path) -> None:
    try:
        keys = {name: environment.secret(name, make=_missing) for name in KEY_NAMES}
    except SecretError as error:
        raise CommandError(str(error)) from error
    with _temporary_file(target) as aside:
        aside.write_text("".join(f"{name}={value}\n" for name, value in keys.items()))


def _missing() -> str:
    raise SecretError("This installation has no keys yet: nothing was ever encrypted here.")


def _restore_keys(file: Path) -> None:
    """Make the keys of the copy this installation's own, unless it has others."""
    if not environment.is_embedded():
        raise CommandError(
            "With DATABASE_URL set, keys are yours to keep: set CARAUS_SECRET_KEY and "
            f"CARAUS_TOKEN_KEYS to what {file} holds, and restore without --keys.",
            exit_code=2,
        )
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.", exit_code=2) from error
    keys = dict(line.split("=", 1) for line in lines if "=" in line)
    if set(keys) < set(KEY_NAMES):
        raise CommandError(f"{file} holds no keys of `caraus backup --keys`.", exit_code=2)
    for name in KEY_NAMES:
        try:
            here = read_secret(name, os.environ) or generated_secret(
                embedded.data_dir(),
                name,
                lambda name=name: keys[name],  # type: ignore[misc]
            )
        except SecretError as error:
            raise CommandError(str(error)) from error
        if here != keys[name]:
            raise CommandError(
                f"This installation has another {name}. Restore into a new folder "
                f"(CARAUS_DATA_DIR), or move {embedded.data_dir() / 'secrets'} away first.",
                exit_code=2,
            )
