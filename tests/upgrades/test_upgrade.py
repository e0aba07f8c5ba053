"""From an earlier state of the schema, with its data, to this version's."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests import environment

# Where the migrations stood before search, states and sessions were rewritten.
EARLIER = [
    ("accounts", "0005_rate_limits"),
    ("transports", "0006_lapses"),
    ("workspace", "0008_beside_words"),
]
FILL = """
INSERT INTO accounts_organization (id, name, created_at, require_two_factors)
    VALUES (1, 'Trans', now(), false);
INSERT INTO accounts_company (id, organization_id, cui, name, name_typed, created_at)
    VALUES (1, 1, '14399840', 'Trans SRL', false, now());
INSERT INTO transports_transport (company_id, uit, state, declarant_cui, declarant_name,
    declarant_ref, transport_date, first_expired_day, expiry_computed, carrier_cui, carrier_name,
    plate, trailer1, trailer2, vehicle_changes, start, "end", documents, extra, raw, first_seen_at,
    last_seen_at, last_changed_at)
SELECT 1, '3V0P0L0P0T3JUW4' || n, (ARRAY['active', 'withdrawn'])[n], '', 'CLUJ ȘTEFAN SRL', '',
    '2026-11-20', '2026-11-25', false, '', '', 'B07ABC', '', '', '[]', '{"county": "CJ"}', '{}',
    '[]', '{}', '{}', now(), now(), now()
FROM generate_series(1, 2) AS n;
"""


def migrate(url: str, *target: str) -> None:
    command = [sys.executable, "-m", "caraus.cli", "manage", "migrate", "-v", "0", *target]
    subprocess.run(command, check=True, env=os.environ | {"DATABASE_URL": url})


@pytest.fixture
def url() -> Iterator[str]:
    with environment.database() as address:
        for app, name in EARLIER:
            migrate(address, app, name)
        yield address


def test_the_uits_of_before_are_found_and_their_state_is_renamed(url: str) -> None:
    with psycopg.connect(url) as database:
        database.execute(FILL.encode())
    migrate(url)
    with psycopg.connect(url) as database:
        rows = database.execute(
            "SELECT organization_id, state, search_text, sort_vehicle, sort_declarant, sort_route"
            " FROM transports_transport ORDER BY uit"
        ).fetchall()
    assert [row[:2] for row in rows] == [(1, "active"), (1, "delisted")]
    text = " 3v0p0l0p0t3juw41 \n b07abc \n clujstefansrl \n  \n cj "
    assert rows[0][2:] == (text, "b07abc", "clujstefansrl", "cj")


def test_the_tables_of_sessions_whose_keys_were_cookies_are_emptied(url: str) -> None:
    """Processes of before still find their table; nobody else reads it."""
    with psycopg.connect(url) as database:
        database.execute("CREATE TABLE django_session (session_key text, session_data text)")
        database.execute("INSERT INTO django_session VALUES ('cookie', 'readable')")
    migrate(url)
    with psycopg.connect(url) as database:
        assert database.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
