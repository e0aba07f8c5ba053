"""The audit log: written, searched, exported, and never changed."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from caraus.accounts import audit_log
from caraus.accounts.models import AuditLogEntry, Organization, User
from caraus.workspace import exports
from caraus.workspace.models import ListExport
from tests import factories


@pytest.fixture
def entry(organization: Organization, owner: User) -> AuditLogEntry:
    return audit_log.record_action(
        "company", "A adăugat firma.", user=owner, organization=organization
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditlogentry SET text = 'altceva'",
        "UPDATE accounts_auditlogentry SET at = at - interval '9 years'",
        "DELETE FROM accounts_auditlogentry",
        "TRUNCATE accounts_auditlogentry CASCADE",
    ],
)
def test_the_database_refuses_every_change(entry: AuditLogEntry, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    entry.refresh_from_db()
    assert entry.text == "A adăugat firma."


def test_django_can_not_change_it_either(entry: AuditLogEntry) -> None:
    entry.text = "altceva"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.save()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        entry.delete()


def test_only_entries_older_than_three_years_are_deleted(organization: Organization) -> None:
    now = timezone.now()
    for days in (10, 365 * 3 - 2, 365 * 3 + 5):
        AuditLogEntry.objects.create(
            organization_id=organization.pk,
            at=now - timedelta(days=days),
            actor="Ana",
            action="sign_in",
            text=f"{days}",
        )
    assert audit_log.delete_expired_entries() == 1
    assert AuditLogEntry.objects.count() == 2


def test_acts_leave_a_trace_with_their_author(
    client: Client, organization: Organization, owner: User
) -> None:
    client.force_login(owner)
    client.post("/firme/", {"cui": "14399840", "name": "Trans"})
    authorization_row = factories.authorization(organization)
    client.post(f"/integrari/{authorization_row.pk}/deconectare/")
    client.post("/organizatie/membri/", {"email": "nou@example.ro", "role": "viewer"})
    texts = dict(AuditLogEntry.objects.values_list("action", "text"))
    assert "14399840" in texts["company"]
    assert "deconectat" in texts["authorization"]
    assert "nou@example.ro" in texts["invitation"]
    assert {each.actor for each in AuditLogEntry.objects.all()} == {f"Ana Pop ({owner.email})"}
    assert {each.ip for each in AuditLogEntry.objects.all()} == {"127.0.0.1"}


def test_it_is_searched_by_words_kind_and_day(
    client: Client, organization: Organization, owner: User, entry: AuditLogEntry
) -> None:
    audit_log.record_action(
        "settings", "A schimbat denumirea.", user=owner, organization=organization
    )
    client.force_login(owner)

    def shown(query: str) -> tuple[bool, bool]:
        page = client.get(f"/organizatie/jurnal/?{query}").content.decode()
        return "A adăugat firma." in page, "A schimbat denumirea." in page

    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert shown("") == (True, True)
    assert shown("q=adăugat") == (True, False)
    assert shown("q=Ana+denumirea") == (False, True)
    assert shown("fel=settings") == (False, True)
    assert shown(f"de={tomorrow}") == (False, False)
    assert shown(f"pana={timezone.localdate().isoformat()}") == (True, True)
    assert shown("de=prostii&q=%00&pagina=zz") == (True, True)


def test_an_entry_is_searched_in_each_language_that_is_offered(
    organization: Organization, settings: LazySettings
) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("de", "Deutsch")]
    entry = audit_log.record_action("company", "A adăugat firma.", organization=organization)
    translations = {"en": "Added the company.", "de": "Firma hinzugefügt."}
    other_entry = audit_log.record_action(
        "company", "A adăugat firma.", organization=organization, translations=translations
    )
    entries = AuditLogEntry.objects.filter(pk__in=[entry.pk, other_entry.pk])
    for query in ("hinzugefügt", "added COMPANY"):
        assert list(audit_log.search_entries(entries, query=query)) == [other_entry]


def test_it_is_exported_safely_for_a_spreadsheet(
    client: Client, organization: Organization, owner: User
) -> None:
    audit_log.record_action("company", "=HYPERLINK(1)", user=owner, organization=organization)
    client.force_login(owner)
    redirect = client.post("/organizatie/jurnal/export/", {"vedere": "fel=company"})
    exports.run_export(export_id=ListExport.objects.get().pk)
    response: Any = client.get(f"{redirect['Location']}fisier/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][0] == "când"
    assert [row[3] for row in rows[1:]] == ["'=HYPERLINK(1)"]
    assert AuditLogEntry.objects.filter(action="export").exists()


def test_exports_are_limited(client: Client, owner: User, settings: LazySettings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"export": "1/h/user"}
    client.force_login(owner)
    codes = [client.post("/organizatie/jurnal/export/").status_code for _ in range(2)]
    assert codes == [302, 429]


def test_an_unknown_kind_is_a_mistake_of_ours(db: None) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        audit_log.record_action("nonsense", "x")
