"""Companies in numbers, settings, and a deletion that waits a week."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts import audit_log, organizations
from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.authorizations.models import Authorization
from caraus.transports.models import Transport
from caraus.workspace import exports
from caraus.workspace.models import ListExport
from tests import factories
from tests.authorize import at_once

GOOD = ("14399840", "900010100", "900020201")


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_list_pasted_twice_at_once_adds_each_once(transactional_db: None) -> None:
    organization = factories.organization()
    actor = Membership.objects.get(user=factories.member(organization, "admin"))
    pairs = [(cui, "") for cui in GOOD]
    results = at_once(*[lambda: organizations.add_companies(actor, pairs) for _ in range(3)])
    assert not [result for result in results if isinstance(result, Exception)]
    assert organization.companies.count() == len(GOOD)


def test_an_archived_company_is_polled_no_more_and_comes_back(
    owner: User, organization: Organization, company: Company
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from caraus.sync import claims, maintenance
    from caraus.sync.models import SyncState

    def due() -> int:
        maintenance.add_missing_states()
        SyncState.objects.update(next_sync_at=timezone.now() - timedelta(minutes=1))
        claimed = [claim.company_id for claim in claims.claim_due(10)]
        claims.unlock_companies(claimed)
        claims.release_claims(claimed)
        return len(claimed)

    factories.authorization(organization)
    client = client_of(owner)
    client.post(f"/firme/{company.pk}/arhivare/")
    assert due() == 0
    row = f'data-cui="{company.cui}"'
    assert row not in client.get("/firme/").content.decode()
    assert row in client.get("/firme/?stare=arhivate").content.decode()
    client.post(f"/firme/{company.pk}/arhivare/", {"arhivata": "nu"})
    assert due() == 1


def settings_form(**values: object) -> dict[str, object]:
    return {"name": "Trans Test"} | values


def test_settings_are_stored_and_reported(owner: User, organization: Organization) -> None:
    client_of(owner).post(
        "/organizatie/setari/", settings_form(name="Alt Nume", keep_transports_months="60")
    )
    organization.refresh_from_db()
    assert (organization.name, organization.keep_transports_months) == ("Alt Nume", 60)
    entry = AuditLogEntry.objects.get(action="settings").text
    assert "Alt Nume" in entry
    assert "60 de luni" in entry


def test_deletion_wants_an_export_first_and_waits_a_week(
    owner: User, organization: Organization, company: Company
) -> None:
    factories.authorization(organization)
    client = client_of(owner)
    form = {"denumire": organization.name}
    page = client.post("/organizatie/stergere/", form, follow=True)
    assert "Descarcă întâi exportul" in page.content.decode()
    redirect = client.post("/organizatie/export/")
    exports.run_export(export_id=ListExport.objects.get().pk)
    page = client.post("/organizatie/stergere/", form, follow=True)
    assert "Descarcă întâi exportul" in page.content.decode()  # it was not taken yet
    export: Any = client.get(f"{redirect['Location']}fisier/")
    assert b"".join(export)[:2] == b"PK"
    wrong = client.post("/organizatie/stergere/", {"denumire": "altceva"}, follow=True)
    assert "nu este cea a organizației" in wrong.content.decode()
    client.post("/organizatie/stergere/", form)
    organization.refresh_from_db()
    assert organization.delete_at is not None
    left = organization.delete_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert organizations.delete_due_organizations() == 0
    assert "se șterge pe" in client.get("/organizatie/").content.decode()

    client.post("/organizatie/pastrare/")
    later = timezone.now() + timedelta(days=8)
    assert organizations.delete_due_organizations(now=later) == 0
    client.post("/organizatie/stergere/", form)
    assert organizations.delete_due_organizations(now=later) == 1
    assert not Organization.objects.filter(pk=organization.pk).exists()
    assert not Authorization.objects.exists()
    assert not Company.objects.exists()
    # What was done stays notified.
    entry = AuditLogEntry.objects.filter(organization_id=organization.pk, action="deletion")
    assert "a fost ștearsă" in entry[0].text


def test_transports_are_purged_as_the_organization_set(
    organization: Organization, company: Company
) -> None:
    from caraus.web.retention import apply_retention

    now = timezone.now()
    for number, days in enumerate((400, 300)):
        Transport.objects.create(
            company=company,
            uit=f"UIT{number}",
            transport_date=now.date() - timedelta(days=days + 5),
            first_expired_day=now.date() - timedelta(days=days),
            first_seen_at=now,
            last_seen_at=now,
            last_changed_at=now,
        )
    assert apply_retention().transports == 0  # for ever, until somebody says otherwise
    organization.keep_transports_months = 12
    organization.save()
    assert apply_retention().transports == 1
    assert Transport.objects.get().uit == "UIT1"
    entry = AuditLogEntry.objects.get(action="deletion")
    assert (entry.actor, entry.organization_id) == (audit_log.SYSTEM_ACTOR, organization.pk)


def test_a_deletion_goes_in_small_transactions_and_goes_on_when_it_was_cut_off(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    organization = factories.organization()
    owner, company = factories.member(organization, "owner"), factories.company(organization)
    monkeypatch.setattr(organizations, "DELETE_BATCH_SIZE", 2)
    other_company = factories.company(
        factories.organization("Alt Transport"), cui=factories.OTHER_CUI
    )
    now = timezone.now()
    for place in (company, other_company):
        for number in range(5):
            Transport.objects.create(
                company=place,
                uit=f"UIT{number}",
                transport_date=now.date(),
                first_expired_day=now.date(),
                first_seen_at=now,
                last_seen_at=now,
                last_changed_at=now,
            )
    Organization.objects.filter(pk=organization.pk).update(delete_at=now)

    def cut_off(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('DELETE FROM "transports_transport"') and company.transports.count() == 1:
            raise DatabaseError("the worker is killed")
        return execute(sql, *rest)

    with connection.execute_wrapper(cut_off), pytest.raises(DatabaseError):
        organizations.delete_due_organizations()
    assert company.transports.count() == 1  # what is gone stays gone
    assert not organization.memberships.exists()
    with CaptureQueriesContext(connection) as queries:
        assert organizations.delete_due_organizations() == 1
    assert not Organization.objects.filter(pk=organization.pk).exists()
    assert other_company.transports.count() == 5
    assert User.objects.filter(pk=owner.pk).exists()
    # When the organization itself goes nothing hangs on it any more.
    (last,) = [
        at
        for at, query in enumerate(queries)
        if query["sql"].startswith('DELETE FROM "accounts_organization"')
    ]
    assert not any('DELETE FROM "transports' in query["sql"] for query in list(queries)[last:])
    assert organizations.delete_due_organizations() == 0
