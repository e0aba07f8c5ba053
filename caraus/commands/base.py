"""What the commands share: the database they need, and errors that are sentences."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from caraus import embedded
from caraus.core import environment


class CommandError(Exception):
    """A command can't go on; its text is said as it is. `exit_code` as in `caraus.cli`."""

    def __init__(self, text: str, *, exit_code: int = 1) -> None:
        super().__init__(text)
        self.exit_code = exit_code


@contextmanager
def database(*, migrated: bool = True) -> Iterator[Callable[[], None]]:
    """Set Django up over a running database; start the embedded one and hold it meanwhile.

    With `migrated`, the embedded database is brought to this version's schema; an external one
    that is not is refused with a sentence, since other processes may be using it.

    Yields what a long-running command calls every second or so: it starts an embedded server that
    has died anew, and raises EmbeddedError when that fails.
    """
    if not environment.is_embedded():
        set_up_django()
        if migrated:
            _require_migrated()
        yield lambda: None
        return
    with embedded.acquire(embedded.data_dir()) as handle:
        set_up_django()
        if migrated:
            _migrate()
        yield partial(_restart_database, handle)
        close_connections()


def set_up_django() -> None:
    """Set Django up; never look through what that loads for garbage, which takes a fifth of a short
    command's time."""
    import django

    gc.disable()
    try:
        django.setup()
        gc.freeze()
    finally:
        gc.enable()


def _restart_database(handle: embedded.ServerHandle) -> None:
    import structlog

    if handle.restart_if_dead():
        structlog.get_logger(__name__).error("postgresql_had_died_and_was_started_anew")


def close_connections() -> None:
    """Close the database connections of this thread."""
    from django.db import connections

    connections.close_all()


def pending_migrations() -> int:
    """Return how many migrations the database lacks."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _refuse_another_versions_database() -> None:
    """Raise CommandError where the database has migrations of ours that this version lacks.

    Migrating such a database would fail halfway; working with it could lose what it holds.
    """
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    own = {app.label for app in apps.get_app_configs() if app.name.startswith("caraus.")}
    unknown = sorted(
        f"{label}.{name}"
        for label, name in loader.applied_migrations
        if label in own and (label, name) not in loader.disk_migrations
    )
    if unknown:
        others = " and others" if len(unknown) > 1 else ""
        raise CommandError(
            "The database was made by another version of Cărăuș: this one does not know "
            f"{unknown[0]}{others}. Nothing was changed. Use the version that made it, "
            "or give this one a database of its own (`caraus demo --reset` begins a demo anew)."
        )


def _require_migrated() -> None:
    _refuse_another_versions_database()
    if count := pending_migrations():
        raise CommandError(
            f"The database lacks {count} migration(s) of this version. Run `caraus migrate` first."
        )


def _migrate() -> None:
    """Migrate under a lock, since web and worker may start at the same moment."""
    from django.core.management import call_command

    from caraus.core.advisory_locks import LockSpace, lock, unlock

    lock(LockSpace.MIGRATION)
    try:
        _refuse_another_versions_database()
        if pending_migrations():
            call_command("migrate", interactive=False, verbosity=0)
    finally:
        unlock(LockSpace.MIGRATION)


def end_with_parent() -> None:
    """End a child when the parent does, even when it is killed (Linux only). Call it before
    exec."""
    import ctypes
    import signal
    import sys

    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
