"""From the previous release's schema, with its data; and its processes beside the new schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from caraus.words import today

# The last migrations of release 0.1.0.
PREVIOUS = [
    ("accounts", "0001_initial"),
    ("connections", "0001_initial"),
    ("transports", "0001_initial"),
]


def state_of(targets: list[tuple[str, str]]) -> Any:
    """The models as the release of those migrations knew them."""
    executor = MigrationExecutor(connection)
    return executor.loader.project_state(targets).apps


@pytest.fixture
def previous(transactional_db: None) -> Iterator[Any]:
    """The database as release 0.1.0 left it, with data; brought back to this version afterwards."""
    for app in ("web", "notifications", "transports", "connections", "accounts"):
        names = [name for label, name in PREVIOUS if label == app]
        if app == "notifications":
            call_command("migrate", app, "zero", verbosity=0)
        elif names:
            call_command("migrate", app, names[0], verbosity=0)
    yield state_of(PREVIOUS)
    call_command("migrate", verbosity=0)


def fill(apps: Any, cui: str) -> dict[str, int]:
    """Rows as the previous release writes them."""
    now = timezone.now()
    user = apps.get_model("accounts", "User").objects.create(email=f"{cui}@example.ro")
    organization = apps.get_model("accounts", "Organization").objects.create(name="Trans")
    apps.get_model("accounts", "Membership").objects.create(
        user=user, organization=organization, role="owner"
    )
    company = apps.get_model("accounts", "Company").objects.create(
        organization=organization, cui=cui
    )
    authorization = apps.get_model("connections", "Connection").objects.create(
        organization=organization,
        authorized_by=user,
        person_name="Ana",
        access_token_sealed="sealed",
        refresh_token_sealed="sealed too",
        access_expires_at=now,
        refresh_expires_at=now,
    )
    apps.get_model("connections", "CompanyRight").objects.create(
        connection=authorization, company=company, state="covered"
    )
    apps.get_model("connections", "ConsentRequest").objects.create(
        state_digest=cui, user=user, organization=organization, expires_at=now
    )
    transport = apps.get_model("transports", "Transport").objects.create(
        company=company,
        uit="1A2B3C4D5E6F7H88",
        transport_date=now.date(),
        first_expired_day=now.date(),
        first_seen_at=now,
        last_seen_at=now,
        last_changed_at=now,
    )
    apps.get_model("transports", "SyncState").objects.create(company=company)
    apps.get_model("transports", "TransportEvent").objects.create(
        transport=transport, at=now, kind="appeared"
    )
    apps.get_model("transports", "SyncRun").objects.create(
        company=company, started_at=now, finished_at=now, outcome="ok"
    )
    apps.get_model("transports", "UnreadableRecord").objects.create(
        company=company, digest="d", raw="r", reason="r", first_seen_at=now, last_seen_at=now
    )
    return {"connection": authorization.pk, "transport": transport.pk, "user": user.pk}


def test_the_previous_releases_data_comes_along_and_its_processes_still_write(
    previous: Any,
) -> None:
    kept = fill(previous, "14399840")
    call_command("migrate", verbosity=0)

    from caraus.accounts.models import Membership
    from caraus.connections.models import Connection
    from caraus.transports.models import Transport

    assert Connection.objects.get(pk=kept["connection"]).refresh_token_sealed == "sealed too"
    assert Transport.objects.get(pk=kept["transport"]).uit == "1A2B3C4D5E6F7H88"
    membership = Membership.objects.get(user_id=kept["user"])
    assert (membership.role, membership.only_some_companies) == ("owner", False)

    # A process of the previous release goes on until it is restarted: it knows the old columns.
    later = fill(previous, "900010100")
    assert Transport.objects.filter(pk=later["transport"]).exists()
    assert not Membership.objects.get(user_id=later["user"]).only_some_companies


def test_what_a_cut_off_migration_of_the_list_left_is_made_anew(transactional_db: None) -> None:
    call_command("migrate", "workspace", "0001_initial", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX transport_search ON workspace_searchwords (words)")
        cursor.execute("CREATE INDEX list_by_day ON transports_transport (uit)")
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname IN ('transport_search', 'list_by_day')"
            " ORDER BY indexname"
        )
        (by_day,), (words,) = cursor.fetchall()
    assert "transport_date" in by_day
    assert "caraus_marked_pieces" in words


def test_the_words_of_before_are_written_anew_and_found(transactional_db: None) -> None:
    from caraus.workspace import listing
    from caraus.workspace.asked import Asked
    from tests import factories
    from tests.transports.test_views import transport

    company = factories.company(factories.organization())
    older = transport(company, plate="B07ABC", declarant_name="CLUJ SRL")
    words = "SELECT words FROM workspace_searchwords WHERE transport_id = %s"
    call_command("migrate", "workspace", "0007_end_and_start", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(words, [older.pk])
        ((before,),) = cursor.fetchall()
    newer = transport(company, uit="4E2A21D5GGCNNG05", plate="B07XYZ", state="delisted")
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(words, [older.pk])
        ((after,),) = cursor.fetchall()
    assert ";" not in before
    assert after.startswith(" 1a2b3c4d5e6f7h88 ; b07abc ")
    for asked, wanted in (
        (Asked(vehicul="b07", arata="toate"), {older.pk, newer.pk}),
        (Asked(vehicul="b07", arata="delistate"), {newer.pk}),
        (Asked(vehicul="cluj", arata="toate"), set()),
        (Asked(declarant="cluj", arata="toate"), {older.pk}),
    ):
        _, page = listing.shown(asked, [company.pk], today=today())
        assert {row.pk for row in page} == wanted
