"""From the first state of the schema, with its data, to this version's."""

import json
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


MIGRATE = """
import json, sys
import django
from django.core.management import call_command
django.setup()
for target in json.loads(sys.argv[1]):
    call_command("migrate", *target, verbosity=0)
"""


def migrate(url: str, *targets: tuple[str, ...]) -> None:
    """Migrate to each of the targets, as `caraus manage migrate` takes them, or to this
    version's."""
    command = [sys.executable, "-c", MIGRATE, json.dumps(targets or [()])]
    subprocess.run(command, check=True, env=os.environ | {"DATABASE_URL": url})


@pytest.fixture(scope="module")
def first_state() -> Iterator[str]:
    """Yield the address of a database that is only copied."""
    with environment.database() as address:
        migrate(address, *FIRST)
        yield address


@pytest.fixture
def url(first_state: str) -> Iterator[str]:
    with environment.database(template=first_state.rpartition("/")[2]) as address:
        yield address


def test_the_uits_of_the_first_state_are_there_after_every_migration(url: str) -> None:
    with psycopg.connect(url) as database:
        database.execute(FILL.encode())
    migrate(url)
    with psycopg.connect(url) as database:
        rows = database.execute(
            "SELECT organization_id, state, search_text FROM transports_transport ORDER BY uit"
        ).fetchall()
    assert rows == [(1, "active", "b07abc"), (1, "delisted", "b07abc")]


def test_a_database_of_another_version_is_refused_with_a_sentence_and_left_alone(url: str) -> None:
    with psycopg.connect(url) as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('accounts', '0002_of_another_version', now())"
        )
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
