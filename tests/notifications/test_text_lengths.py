"""Names, addresses and texts at their longest: nothing that is made of them fails to be stored."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from caraus.accounts import audit_log
from caraus.accounts.models import AuditLogEntry, Company, Membership, Organization, User
from caraus.authorizations import links
from caraus.authorizations.models import Authorization, ConsentRequest, ExternalLink
from caraus.authorizations.notification_kinds import AUTHORIZATION_NEEDED
from caraus.core import fields
from caraus.notifications.emails import compose_email
from caraus.notifications.models import Notification, NotifiedUit
from caraus.notifications.notify import notify
from caraus.sync import notifications
from caraus.sync.company_sync import sync_company
from caraus.sync.notification_kinds import ANAF_LIMITS
from caraus.transports.models import Transport
from tests import factories
from tests.authorize import authorize
from tests.notifications.plain import plain, plain_facts
from tests.simulator_process import SimulatorProcess
from tests.transports.conftest import noon

MINUTE = timedelta(minutes=1)
PASSWORD = "a-long-enough-password"
# 254 characters: RFC 5321's longest.
EMAIL = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.ro"
NAME = "Ș" * 150


@pytest.fixture
def longest(organization: Organization) -> User:
    """Return an owner whose every text is as long as its column, in an organization of such."""
    Organization.objects.filter(pk=organization.pk).update(name="Ț" * 200)
    organization.refresh_from_db()
    person = factories.user(EMAIL, name=NAME, password=PASSWORD)
    EmailAddress.objects.create(user=person, email=EMAIL, verified=True, primary=True)
    Membership.objects.create(user=person, organization=organization, role="owner")
    return person


@pytest.fixture
def wide(organization: Organization) -> Company:
    company = factories.company(organization, name="Ă" * 200)
    Company.objects.update(name_typed=True)
    return company


def test_the_address_is_the_longest() -> None:
    assert (len(EMAIL), len(NAME)) == (fields.EMAIL_LENGTH, fields.PERSON_NAME_LENGTH)


def test_who_has_the_longest_name_and_address_signs_in_and_is_in_the_audit_log_whole(
    client: Client, longest: User
) -> None:
    response = client.post("/cont/login/", {"login": EMAIL, "password": PASSWORD})
    assert response.status_code == 302
    entry = AuditLogEntry.objects.get(action="sign_in")
    assert entry.actor == f"{NAME} ({EMAIL})"
    for page in ("/", "/organizatie/", "/organizatie/jurnal/", "/cont/date/", "/notificari/"):
        assert client.get(page, follow=True).status_code == 200, page


def test_an_authorization_and_a_link_bear_the_longest_address(
    anaf: SimulatorProcess, longest: User, wide: Company, organization: Organization, client: Client
) -> None:
    User.objects.update(name="")
    longest.refresh_from_db()
    client.force_login(longest)
    begun = client.post("/integrari/autorizare/")
    callback = anaf.log_in("three", url=begun["Location"])
    assert client.get("/anaf/callback", callback).status_code == 200
    authorization = Authorization.objects.get()
    assert authorization.person_name == ConsentRequest.objects.get().person_name == EMAIL
    link, _ = links.create_link(Membership.objects.get(user=longest))
    assert ExternalLink.objects.get(pk=link.pk).sender_name == EMAIL
    notifications.notify_daily_limit(
        organization, whom=("autorizarea dată de {name}", EMAIL * 2), limit=1000, at=noon()
    )
    assert Notification.objects.filter(kind=ANAF_LIMITS.code).count() == 1


def test_all_notifications_of_a_synchronization_fit_whatever_the_length_of_names(
    anaf: SimulatorProcess, longest: User, wide: Company, organization: Organization
) -> None:
    """The company's name alone fills a title; the declarant's texts are longer still."""
    authorize(anaf, organization)
    now = noon()
    stays = anaf.add_uit(wide.cui)["uit"]
    sync_company(company_id=wide.pk, now=now)
    long = {"ref_decl": "R" * 1000, "den_decl": "D" * 1000, "nr_veh": "B" * 20}
    uit = anaf.add_uit(wide.cui, tr_den="T" * 1000, documente="C" * 1000, **long)["uit"]
    for number in (1, 2):
        result = sync_company(company_id=wide.pk, now=now + number * MINUTE)
        assert (result.error, result.counts.new + result.counts.changed) == (None, 1)
        anaf.correct(uit, ref_decl="S" * 1000, den_decl="E" * 1000)
    for record in anaf.active(wide.cui):
        if record["uit"] != stays:
            anaf.withdraw(record["uit"])
    for minutes in (5, 16, 27):
        result = sync_company(company_id=wide.pk, now=now + minutes * MINUTE)
        assert result.error is None
    anaf.turn_on("empty")
    assert sync_company(company_id=wide.pk, now=now + 30 * MINUTE).error is None
    assert set(Transport.objects.values_list("state", flat=True)) == {"missing", "delisted"}
    kinds = set(Notification.objects.values_list("kind", flat=True))
    assert {"uit_new", "uit_changed", "uit_delisted", "disappearance"} <= kinds
    titles = [notification.title for notification in Notification.objects.all()]
    titles += [notified_uit.title for notified_uit in NotifiedUit.objects.all()]
    assert max(map(len, titles)) == 200
    assert all(title.endswith("…") for title in titles if len(title) == 200)
    for notification in Notification.objects.select_related("user", "organization"):
        email = compose_email([notification])
        assert isinstance(email, EmailMultiAlternatives)
        assert email.message().as_bytes()


def test_a_key_that_is_cut_stays_unlike_others(organization: Organization, owner: User) -> None:
    def notify_user(key: str) -> int:
        notifications = notify(
            organization=organization,
            users=[owner],
            kind=AUTHORIZATION_NEEDED,
            key=key,
            message=plain,
            facts=plain_facts("T" * 500, "x", "A" * 500),
            address="/",
        )
        return len(notifications)

    assert [notify_user("k" * 300 + end) for end in ("1", "2", "1")] == [1, 1, 0]
    first = Notification.objects.order_by("pk")[0]
    assert (len(first.key), len(first.title), len(first.action)) == (200, 200, 80)


@pytest.mark.parametrize("name", ["N" * 500, "Numele  cu\nrânduri " * 30])
def test_a_name_that_is_too_long_for_its_column_is_cut_whoever_writes_it(
    organization: Organization, name: str
) -> None:
    company = factories.company(organization, name=name)
    person = factories.user(name=name)
    assert len(Company.objects.get(pk=company.pk).name) <= 200
    entry = audit_log.record_action("account", "Ceva.", user=person)
    assert len(User.objects.get(pk=person.pk).name) <= 150
    assert AuditLogEntry.objects.get(pk=entry.pk).actor.startswith(name[:4])
