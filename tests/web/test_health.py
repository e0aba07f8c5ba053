"""/healthz and /readyz: alive, and able to work."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.test.utils import CaptureQueriesContext


@pytest.fixture
def heartbeat(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")


def test_alive_makes_no_query(client: Client) -> None:
    """No database is allowed in this test."""
    assert client.get("/healthz").content == b"ok\n"


def test_ready_with_database_migrations_and_a_worker(client: Client, heartbeat: None) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (200, True)


def test_without_a_living_worker_it_is_not_ready(client: Client, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '5 minutes')"
        )
    response = client.get("/readyz")
    assert (response.status_code, response.json()["worker"]) == (503, "no heartbeat")


def test_with_a_migration_missing_it_is_not_ready(client: Client, heartbeat: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'accounts' AND name = "
            "(SELECT max(name) FROM django_migrations WHERE app = 'accounts')"
        )
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "pending" in response.json()["migrations"]


def test_with_a_full_disk_it_is_not_ready_until_there_is_space(
    client: Client, heartbeat: None, settings: LazySettings
) -> None:
    settings.EMBEDDED = True
    settings.LEAST_FREE_MB = 2**40
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["disk"].endswith(" MB free")
    settings.LEAST_FREE_MB = 0
    assert client.get("/readyz").status_code == 200


@pytest.fixture
def no_database(db: None) -> Iterator[None]:
    """Let every query fail, as when the server is gone."""

    def fail(*_: object) -> None:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(fail):
        yield


def test_without_a_database_it_says_so(client: Client, no_database: None) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "does not answer")


def test_ready_makes_two_cheap_queries_and_reads_no_file(
    client: Client, heartbeat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    # The migrations of the code are known by now: nothing of them is read again.
    monkeypatch.setattr(MigrationLoader, "load_disk", None)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/readyz").status_code == 200
    assert len(queries) == 2
