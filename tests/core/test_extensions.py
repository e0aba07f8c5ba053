"""PostgreSQL's extensions: created by the migrations, or said in one sentence."""

import pytest
from django.db import connection, transaction

from caraus.commands import doctor
from caraus.core.extensions import ExtensionsMissingError, create_extensions, missing_extensions

SENTENCE = "run in this database: CREATE EXTENSION unaccent;"


def test_a_migrated_database_has_them(db: None) -> None:
    assert missing_extensions() == []


def test_who_may_not_create_one_reads_what_the_administrator_must_run(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION unaccent")
        cursor.execute("CREATE ROLE caraus_without_rights")
        cursor.execute("SET ROLE caraus_without_rights")
        try:
            with (
                pytest.raises(ExtensionsMissingError, match=SENTENCE),
                transaction.atomic(),
                connection.schema_editor() as editor,
            ):
                create_extensions(None, editor)
        finally:
            cursor.execute("RESET ROLE")
    assert any(state == doctor.BAD and SENTENCE in text for state, text in doctor._database())
