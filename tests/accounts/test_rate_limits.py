"""How often a thing may be done: per person, per organization, over many processes at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import translation

from caraus.accounts import rate_limits
from caraus.accounts.models import Organization, RateCount, User
from caraus.core import environment as env
from tests import factories

NOW = datetime(2026, 11, 29, 8, 0, 30, tzinfo=UTC)


@pytest.fixture
def rate(settings: LazySettings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"card": "2/h/user,3/h/organization"}


def use(
    user: User, organization: Organization, *, at: datetime = NOW
) -> rate_limits.RateLimitExceeded | None:
    with patch("django.utils.timezone.now", return_value=at):
        return rate_limits.count_use("card", user=user, organization=organization)


def test_each_person_has_a_limit_and_the_organization_one_of_all(
    rate: None, organization: Organization, owner: User, teammate: User
) -> None:
    assert use(owner, organization) is None
    assert use(owner, organization) is None
    refused = use(owner, organization)
    assert refused
    assert refused.per == "user"
    # What was refused did not spend the organization's: one is left.
    assert use(teammate, organization) is None
    refused = use(teammate, organization)
    assert refused
    assert refused.per == "organization"
    other_organization = factories.organization("Alt Transport")
    assert use(factories.member(other_organization, "owner"), other_organization) is None


def test_after_its_time_it_begins_anew(rate: None, organization: Organization, owner: User) -> None:
    for _ in range(2):
        assert use(owner, organization) is None
    refused = use(owner, organization, at=NOW + timedelta(minutes=59))
    assert refused
    assert refused.until == NOW + timedelta(hours=1)
    assert use(owner, organization, at=NOW + timedelta(hours=1)) is None


@pytest.mark.django_db(transaction=True)
def test_many_processes_at_once_count_together(settings: LazySettings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"card": "20/h/organization"}
    organization = factories.organization()

    def use_ten(_: int) -> int:
        try:
            uses = [rate_limits.count_use("card", organization=organization) for _ in range(10)]
            return uses.count(None)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(use_ten, range(6))) == 20


def test_the_page_says_whose_limit_it_is_and_when_it_goes_on(
    settings: LazySettings, client: Client, organization: Organization, owner: User, teammate: User
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"list_export": "1/h/user,2/h/organization"}
    form = {"fel": "csv", "vedere": ""}
    client.force_login(owner)
    assert client.post("/transporturi/export/", form).status_code == 200
    response = client.post("/transporturi/export/", form)
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    page = response.content.decode()
    assert "Ai atins limita pentru această acțiune. Nu s-a pierdut nimic" in page
    assert "poți încerca din nou " in page
    client.force_login(teammate)
    client.post("/transporturi/export/", form)
    client.force_login(factories.member(organization, "viewer"))
    page = client.post("/transporturi/export/", form).content.decode()
    assert "Organizația ta a atins limita" in page


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=20), "poți încerca din nou peste un minut."),
        (timedelta(minutes=12, seconds=30), "poți încerca din nou azi la 10:13."),
        (timedelta(minutes=12, seconds=31), "poți încerca din nou azi la 10:14."),
        (timedelta(days=1), "poți încerca din nou mâine la 10:01."),
    ],
)
def test_the_moment_is_reported_rounded_up(left: timedelta, words: str) -> None:
    with patch("django.utils.timezone.now", return_value=NOW), translation.override("ro"):
        sentence = rate_limits.RateLimitExceeded("user", NOW + left).sentence
    assert sentence.endswith(words)


def test_posts_only_leaves_looking_free(settings: LazySettings, signed_in: Client) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"fleet_import": "1/h/user"}
    codes = [signed_in.get("/flota/import/").status_code for _ in range(3)]
    codes += [signed_in.post("/flota/import/").status_code for _ in range(2)]
    assert codes == [200, 200, 200, 200, 429]


def test_addresses_of_one_ipv6_network_are_one(
    db: None, settings: LazySettings, rf: RequestFactory
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"link": "2/m/ip"}

    def come(address: str) -> bool:
        request = rf.get("/", REMOTE_ADDR=address)
        from django.contrib.auth.models import AnonymousUser

        request.user = AnonymousUser()
        return rate_limits.count_request(request, "link") is None

    networks = ["2001:db8:1:2::1", "2001:db8:1:2::ff", "2001:db8:1:2:3::1", "2001:db8:1:3::1"]
    assert [come(address) for address in networks] == [True, True, False, True]


def test_what_is_over_is_deleted(organization: Organization, owner: User) -> None:
    rate_limits.count_use("card", user=owner)
    RateCount.objects.update(ends_at=NOW)
    rate_limits.count_use("card", organization=organization)
    assert rate_limits.delete_expired_counts() == 1
    assert RateCount.objects.count() == 1


def test_every_action_can_be_counted(settings: LazySettings) -> None:
    assert all(rate_limits.parse_rates(text) for text in settings.RATE_LIMITS.values())


@pytest.mark.parametrize("text", ["10", "10/h", "x/h/user", "10/h/user,5", "10/w/user"])
def test_a_limit_that_can_not_be_read_is_reported_at_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("CARAUS_EXPORT_LIMIT", text)
    with pytest.raises(env.SettingError, match="CARAUS_EXPORT_LIMIT must be like 60/h/user"):
        env.rates("CARAUS_EXPORT_LIMIT", "10/h/user")
    with pytest.raises(ValueError, match="is no limit like"):
        rate_limits.parse_rates(text)


def test_nobody_makes_many_organizations(
    settings: LazySettings, client: Client, owner: User
) -> None:
    """Each has limits of its own: many would be a way around them."""
    assert rate_limits.parse_rates(settings.RATE_LIMITS["organization_new"])[0].most <= 10
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"organization_new": "2/d/user"}
    client.force_login(owner)
    before = Organization.objects.count()
    names = ["", "Una", "Două", "Trei"]
    codes = [client.post("/organizatie/noua/", {"name": name}).status_code for name in names]
    assert codes == [200, 302, 302, 429]
    assert Organization.objects.count() == before + 2
