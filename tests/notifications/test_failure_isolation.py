"""What people can't be notified of undoes nothing, holds up nobody, is counted, is notified later.

The database itself refuses the notifications: a trigger, for all or for one organization.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from caraus.accounts import members
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.anaf.errors import AnafError, Outcome
from caraus.authorizations import consent, deadlines, token_refresh
from caraus.authorizations.models import Authorization, ConsentRequest
from caraus.notifications import digest
from caraus.notifications.delivery_settings import save_delivery_settings
from caraus.notifications.models import (
    DeliverySettings,
    Notification,
    NotificationEmail,
    NotificationFailure,
)
from caraus.notifications.preferences import Channels, save_channels
from caraus.sync import maintenance
from caraus.sync.company_sync import sync_company
from caraus.sync.limiter import permits, quotas
from caraus.sync.models import Plan, RateLimiter, SyncState
from caraus.sync.notification_kinds import ANAF_OUTAGE
from caraus.sync.results import record_failure
from caraus.sync.schedule import plan
from caraus.transports import expiry
from caraus.transports.models import ExpiryWatch, Transport
from caraus.transports.notification_kinds import NEW_UIT
from tests import factories
from tests.authorize import authorize
from tests.notifications.uit_notices import make_notices, notify_uits
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)


@contextmanager
def no_notices(organization: Organization | None = None, code: str = "P0001") -> Iterator[None]:
    """Let the database take no notification, of this organization or of any."""
    condition = f"WHEN (NEW.organization_id = {organization.pk})" if organization else ""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$;"
            " CREATE TRIGGER refuse BEFORE INSERT ON notifications_notification"
            f" FOR EACH ROW {condition} EXECUTE FUNCTION refuse();"
        )
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse CASCADE")


def served(name: str) -> Organization:
    """Return an organization whose companies are polled, with an owner."""
    organization = factories.organization(name)
    factories.authorization(organization)
    factories.member(organization, "owner", name=name)
    return organization


def failed() -> dict[str, int]:
    return dict(NotificationFailure.objects.values_list("name", "number"))


def sent_titles() -> list[str]:
    """Return the organizations that were notified, once for each notification."""
    return sorted(Notification.objects.values_list("organization__name", flat=True))


@pytest.mark.parametrize("code", ["P0001", "40P01", "55P03", "22001"])
def test_a_synchronization_stores_the_response_though_nobody_can_be_notified(
    anaf: SimulatorProcess,
    organization: Organization,
    company: Company,
    owner: User,
    client: Client,
    settings: LazySettings,
    caplog: pytest.LogCaptureFixture,
    code: str,
) -> None:
    """Whatever the reason: our mistake, a deadlock, a lock, a text that is too long."""
    authorize(anaf, organization)
    assert sync_company(company_id=company.pk).outcome is Outcome.OK
    added = anaf.add_uit(company.cui)["uit"]
    with no_notices(code=code):
        assert sync_company(company_id=company.pk).counts.new == 1
        for record in anaf.active(company.cui):
            anaf.withdraw(record["uit"])
        result = sync_company(company_id=company.pk)
    assert result.outcome is Outcome.OK
    assert Transport.objects.get(uit=added).state == "missing"
    state = SyncState.objects.get(company=company)
    assert (state.last_outcome, state.failures_in_a_row) == (Outcome.OK, 0)
    counted = failed()
    assert counted["transports.notifications.on_transports_stored"] == 1
    assert counted["sync.notifications.notify_all_missing"] == 1
    settings.METRICS_TOKEN = "secret"
    page = client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()
    assert 'caraus_failed_notices_total{notice="sync.notifications.notify_all_missing"} 1.0' in page
    assert "notice_failed" in caplog.text
    assert owner.email not in caplog.text


def test_an_outage_is_reported_to_the_others_when_one_can_not_be_notified_and_to_it_later() -> None:
    first, second = served("Prima"), served("A doua")
    for organization in (first, second):
        (person,) = User.objects.filter(memberships__organization=organization)
        save_channels(user=person, organization=organization, kind=ANAF_OUTAGE, channels=Channels())
    plan.update_plan()
    permits.acquire_permit()
    RateLimiter.objects.update(open_since=timezone.now() - 61 * MINUTE)
    with no_notices(first):
        maintenance.notify_problems()
        maintenance.notify_problems()
    assert sent_titles() == ["A doua"]
    assert Plan.objects.get().notified_outage_since is None
    maintenance.notify_problems()
    maintenance.notify_problems()
    assert sent_titles() == ["A doua", "Prima"]
    assert Plan.objects.get().notified_outage_since == RateLimiter.objects.get().open_since


def test_a_pause_is_reported_to_the_others_when_one_can_not_be_notified_and_to_it_later() -> None:
    first, _ = served("Prima"), served("A doua")
    plan.update_plan()
    permits.acquire_permit()
    now = timezone.now()
    RateLimiter.objects.update(paused_since=now, paused_until=now + 15 * MINUTE)
    with no_notices(first):
        maintenance.notify_problems()
    assert sent_titles() == ["A doua"]
    assert Plan.objects.get().notified_pause_since is None
    maintenance.notify_problems()
    maintenance.notify_problems()
    assert sent_titles() == ["A doua", "Prima"]
    assert Plan.objects.get().notified_pause_since == now


@pytest.mark.parametrize("detail", ["de catre utilizator", "pentru CIF=900010100"])
def test_a_daily_limit_that_could_not_be_reported_is_kept_and_reported_later(detail: str) -> None:
    organization = served("Prima")
    company = factories.company(organization)
    plan.update_plan()
    permits.acquire_permit()
    now = timezone.now()
    refused = AnafError("daily_limit", detail=detail, limit=1000, http_status=200)
    with no_notices():
        record_failure(company, Authorization.objects.get(), refused, now)
    assert quotas.is_company_used_up(SyncState.objects.get(), now) or quotas.paused_authorizations(
        [organization.pk], now
    )
    assert sent_titles() == []
    maintenance.notify_problems()
    maintenance.notify_problems()
    assert sent_titles() == ["Prima"]
    assert "1000 de interogări" in Notification.objects.get().text


def test_what_expires_is_reported_to_the_others_when_one_can_not_be_notified_and_to_it_later() -> (
    None
):
    first, second = served("Prima"), served("A doua")
    end = datetime(2026, 11, 25, 22, tzinfo=UTC)
    day = date(2026, 11, 26)
    for organization in (first, second):
        Transport.objects.create(
            company=factories.company(organization),
            uit="1A2B3C4D5E6F7H88",
            transport_date=day - timedelta(days=4),
            first_expired_day=day,
            **dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), end),
        )
    due = end + timedelta(hours=7)
    expiry.notify_expiring(due - MINUTE)
    with no_notices(first):
        expiry.notify_expiring(due)
        expiry.notify_expiring(due + MINUTE)
    assert sent_titles() == ["A doua"]
    assert ExpiryWatch.objects.get().notified_until == due - MINUTE
    for minutes in (2, 3):
        expiry.notify_expiring(due + minutes * MINUTE)
    assert sent_titles() == ["A doua", "Prima"]
    assert ExpiryWatch.objects.get().notified_until == due + 3 * MINUTE


def test_hours_that_a_person_chose_are_kept_though_nothing_can_be_reported(
    organization: Organization, company: Company, owner: User
) -> None:
    now = timezone.now()
    Transport.objects.create(
        company=company,
        uit="1A2B3C4D5E6F7H88",
        transport_date=now.date(),
        first_expired_day=now.date() + timedelta(days=1),
        **dict.fromkeys(("first_seen_at", "last_seen_at", "last_changed_at"), now),
    )
    delivery_settings = DeliverySettings(
        user=owner, organization=organization, first_hours=72, last_hours=12
    )
    with no_notices():
        save_delivery_settings(delivery_settings)
    assert DeliverySettings.objects.get().first_hours == 72


def test_an_authorization_that_anaf_refused_is_marked_so_and_reported_later(
    anaf: SimulatorProcess,
) -> None:
    organization = served("Prima")
    Authorization.objects.all().delete()
    authorize(anaf, organization)
    anaf.turn_on("refresh_rejected")
    with no_notices(), pytest.raises(AnafError):
        token_refresh.refresh_authorization(authorization_id=Authorization.objects.get().pk)
    assert Authorization.objects.get().status == "reauthorize"
    assert sent_titles() == []
    deadlines.notify_of_deadlines()
    deadlines.notify_of_deadlines()
    assert sent_titles() == ["Prima"]
    deadlines.notify_of_deadlines(now=timezone.now() + timedelta(days=2))
    assert sent_titles() == ["Prima"]


def test_an_authorization_is_taken_back_and_an_owner_made_though_nobody_can_be_notified() -> None:
    organization = served("Prima")
    owner = Membership.objects.get(organization=organization)
    authorization = Authorization.objects.get()
    began = ConsentRequest.objects.create(
        organization=organization,
        authorization=authorization,
        state_digest="1",
        used_at=timezone.now(),
        expires_at=timezone.now(),
    )
    with no_notices():
        consent.undo_consent(began)
        successor = factories.member(organization, "admin", name="Dan")
        place = Membership.objects.get(user=successor)
        members.change_member(owner, place, role="owner", companies=None)
    authorization.refresh_from_db()
    assert (authorization.status, authorization.access_token_sealed) == ("disconnected", "")
    assert Membership.objects.get(user=successor).role == "owner"
    assert failed() == {
        "authorizations.notifications.was_taken_back": 1,
        "notifications.owner_notifications.notify_owners": 1,
    }


def test_a_daily_email_that_can_not_be_made_holds_up_no_other() -> None:
    now = timezone.now()
    waiting = []
    for name in ("Prima", "A doua"):
        organization = served(name)
        company = factories.company(organization)
        notify_uits(NEW_UIT, make_notices(company, f"of {name}"), now=now)
        waiting.append(organization)
    later = now + timedelta(days=2)
    with no_notices(waiting[0]):
        digest.create_due_digests(later)
    assert NotificationEmail.objects.get().notification.organization == waiting[1]
    digest.create_due_digests(later)
    assert NotificationEmail.objects.count() == 2
