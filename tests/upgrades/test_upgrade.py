"""From the first state of the schema, with its data, to this version's."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests import environment

# The state of 0.1.0. Django migrates what these depend on with them.
FIRST = [
    ("transports", "0001_initial"),
    ("workspace", "0001_initial"),
    ("notifications", "0001_initial"),
    ("fleet", "0001_initial"),
]
FILL = """
INSERT INTO accounts_organization (id, name, slug, created_at, require_two_factors)
    VALUES (1, 'Trans', 'trans', now(), false);
INSERT INTO accounts_company (id, organization_id, cui, name, name_typed, created_at)
    VALUES (1, 1, '14399840', 'Trans SRL', false, now());
INSERT INTO transports_transport (organization_id, company_id, uit, state, declarant_cui,
    declarant_name, declarant_ref, transport_date, first_expired_day, expiry_computed, carrier_cui,
    carrier_name, plate, trailer1, trailer2, vehicle_changes, start, "end", documents, extra, raw,
    first_seen_at, last_seen_at, last_changed_at, search_text, sort_vehicle, sort_declarant,
    sort_route, sort_reference)
SELECT 1, 1, '3V0P0L0P0T3JUW4' || n, (ARRAY['active', 'delisted'])[n], '', 'CLUJ ȘTEFAN SRL', '',
    '2026-11-20', '2026-11-25', false, '', '', 'B07ABC', '', '', '[]', '{"county": "CJ"}', '{}',
    '[]', '{}', '{}', now(), now(), now(), 'b07abc', 'b07abc', 'clujstefansrl', 'cj', ''
FROM generate_series(1, 2) AS n;
"""

# In one process: most of the time goes into loading the product.
UPGRADE = """
import sys
import django
from django.core.management import call_command
from django.db import connection
django.setup()
for target in %r:
    call_command("migrate", *target, verbosity=0)
with connection.cursor() as cursor:
    cursor.execute(sys.stdin.read())
call_command("migrate", verbosity=0)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Yield the address of a database that was filled in its first state, then migrated as by
    `caraus migrate`."""
    with environment.database() as address:
        subprocess.run(
            [sys.executable, "-c", UPGRADE % FIRST],
            input=FILL,
            text=True,
            check=True,
            env=os.environ | {"DATABASE_URL": address},
        )
        yield address


def test_the_uits_of_the_first_state_are_there_after_every_migration(url: str) -> None:
    with psycopg.connect(url) as database:
        rows = database.execute(
            "SELECT organization_id, state, search_text FROM transports_transport ORDER BY uit"
        ).fetchall()
    assert rows == [(1, "active", "b07abc"), (1, "delisted", "b07abc")]


def test_a_database_of_another_version_is_refused_with_a_sentence_and_left_alone(url: str) -> None:
    applied = "SELECT count(*) FROM django_migrations"
    with psycopg.connect(url) as database:
        database.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations)"
        )  # one that would be due
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('accounts', '0002_of_another_version', now())"
        )
        before = database.execute(applied).fetchone()
    done = subprocess.run(
        [sys.executable, "-m", "caraus.cli", "transports", "--cui", "14399840"],
        env=os.environ | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "made by another version of Cărăuș" in done.stderr
    assert "accounts.0002_of_another_version" in done.stderr
    assert "Traceback" not in done.stderr
    with psycopg.connect(url) as database:
        assert database.execute(applied).fetchone() == before
