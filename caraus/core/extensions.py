"""The PostgreSQL extensions that the search needs.

They are trusted: the owner of a database may create them, on managed servers too.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

EXTENSIONS = ("pg_trgm", "btree_gin", "unaccent")


class ExtensionsMissingError(ImproperlyConfigured):
    """The database lacks extensions that its user may not create; the text says what to do."""

    def __init__(self, names: Sequence[str]) -> None:
        commands = " ".join(f"CREATE EXTENSION {name};" for name in names)
        super().__init__(
            f"The database lacks the PostgreSQL extension(s) {', '.join(names)}, and its user may "
            "not create them or the server does not have them: as administrator of the server "
            "(with PostgreSQL's contrib package installed), run in this database: " + commands
        )


def missing_extensions() -> list[str]:
    """Return the names of those that the database does not have yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        present = {name for (name,) in cursor.fetchall()}
    return [name for name in EXTENSIONS if name not in present]


def create_extensions(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create, in a migration, what is missing. Raises ExtensionsMissingError."""
    names = missing_extensions()
    try:
        for name in names:
            schema_editor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except ProgrammingError as error:
        raise ExtensionsMissingError(names) from error
