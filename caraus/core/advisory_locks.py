"""PostgreSQL's advisory locks: what is done by one process at a time.

All numbers stand here, so that no two subjects share a lock. A lock until commit ends with the
transaction. A lock of the session ends with `unlock`, or with the connection of a killed process.
"""

from enum import IntEnum

from django.db import connection as database


class LockSpace(IntEnum):
    """What is locked: the first key of a lock. The second is a row's key, or 0."""

    LEDGER = 0x1E  # of an organization: who appends to its chain
    COMPANY_SYNC = 0x5C  # of a company
    TOKEN_REFRESH = 0x5E  # of an authorization
    FILING = 0x5F  # of a vehicle change
    SYNC_SUMS = 0x5C50
    SCHEDULE_PLAN = 0x5CA1
    MIGRATION = 0xCA4A
    FIRST_USER = 0xCA4B
    NOTIFICATION_EMAIL = 0xE3A1  # of a person and a kind
    FLEET_ISSUES = 0xF1EE  # of a company


_LOCK_UNTIL_COMMIT = "SELECT pg_advisory_xact_lock(%s, %s::int)"


def lock_until_commit(space: LockSpace, key: int = 0) -> None:
    """Wait for the lock and hold it until the transaction ends."""
    with database.cursor() as cursor:
        cursor.execute(_LOCK_UNTIL_COMMIT, [int(space), key])


def try_lock_until_commit(space: LockSpace, key: int = 0) -> bool:
    """Take the lock until the transaction ends, unless it is held; return whether it was free."""
    return _is_free("SELECT pg_try_advisory_xact_lock(%s, %s::int)", space, key)


def lock(space: LockSpace, key: int = 0) -> None:
    """Wait for the lock and hold it in this session. Its holder may take it again."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s::int)", [int(space), key])


def try_lock(space: LockSpace, key: int = 0) -> bool:
    """Take the lock in this session, unless another holds it; return whether it was free."""
    return _is_free("SELECT pg_try_advisory_lock(%s, %s::int)", space, key)


def unlock(space: LockSpace, key: int = 0) -> None:
    """Release a lock of this session."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s::int)", [int(space), key])


def _is_free(statement: str, space: LockSpace, key: int) -> bool:
    with database.cursor() as cursor:
        cursor.execute(statement, [int(space), key])
        return bool(cursor.fetchone()[0])
