"""From the previous release's schema, with its data; and its processes beside the new schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

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
