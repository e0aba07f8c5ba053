"""Who may see what."""

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from caraus.accounts import access
from caraus.accounts.models import Company, Membership, Organization, RateCount, Role, Session, User
from caraus.notifications.models import NotificationFailure, PushKey, PushSubscription
from caraus.sync.models import OutcomeTotal, Plan, RateLimiter
from caraus.transports.models import ExpiryWatch
from tests import factories


def request_of(user: User | AnonymousUser, chosen: int | None = None) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    request.session = {} if chosen is None else {access.SESSION_KEY: chosen}  # type: ignore[assignment]
    return request


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("owner", {"owner", "admin", "dispatcher", "viewer"}),
        ("admin", {"admin", "dispatcher", "viewer"}),
        ("dispatcher", {"dispatcher", "viewer"}),
        ("viewer", {"viewer"}),
    ],
)
def test_a_role_may_do_all_that_stands_below_it(role: str, allowed: set[str]) -> None:
    assert {each.value for each in Role if access.has_role(Membership(role=role), each)} == allowed


def test_a_missing_role_is_named_in_the_refusal(organization: Organization, teammate: User) -> None:
    with pytest.raises(PermissionDenied, match=r"administrator.*cititor.*Trans Test"):
        access.require_role(request_of(teammate), Role.ADMIN)


def test_without_one_in_the_address_it_is_the_one_used_last_else_the_first(owner: User) -> None:
    first, chosen = factories.organization("Aaa"), factories.organization("Zzz")
    for organization in (first, chosen):
        Membership.objects.create(user=owner, organization=organization, role="viewer")
    assert access.current_organization(request_of(owner)) == first
    assert access.current_organization(request_of(owner, chosen.pk)) == chosen
    assert access.current_membership(request_of(owner, chosen.pk)).role == "viewer"


def test_memberships_are_queried_once_for_a_page_and_never_kept_beyond_it(
    owner: User,
    teammate: User,
    stranger: User,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    request = request_of(owner)
    with django_assert_num_queries(1):
        assert access.current_membership(request) is access.current_membership(request)
        assert [membership.role for membership in access.memberships(request)] == ["owner"]
    request.user = stranger  # signed in anew meanwhile
    assert access.current_membership(request).user_id == stranger.pk

    memberships = Membership.objects.filter(user=owner)
    changing = request_of(owner)
    changing.method = "POST"
    assert access.current_membership(changing).role == "owner"
    memberships.update(role="viewer")
    assert access.current_membership(changing).role == "viewer"
    memberships.update(role="owner")

    client.force_login(owner)
    for role, status in {"owner": 200, "viewer": 403, "admin": 200, "": 404}.items():
        memberships.update(role=role) if role else memberships.delete()
        assert client.get("/organizatie/membri/").status_code == status
        assert ("/organizatie/jurnal/" in client.get("/cont/date/").content.decode()) is (
            status == 200
        )
    Membership.objects.filter(user=teammate).update(role="owner")
    client.force_login(teammate)
    assert client.get("/organizatie/membri/").status_code == 200


def test_an_organization_that_one_has_left_is_no_longer_in_use(
    organization: Organization, owner: User, stranger: User
) -> None:
    theirs = Organization.objects.get(memberships__user=stranger)
    assert access.current_organization(request_of(owner, theirs.pk)) == organization
    Membership.objects.filter(user=owner).delete()
    with pytest.raises(Http404, match="invitație"):
        access.current_organization(request_of(owner, organization.pk))


def test_the_anonymous_have_no_organization() -> None:
    with pytest.raises(PermissionDenied):
        access.current_organization(request_of(AnonymousUser()))


def test_only_the_own_rows_are_in_scope(
    organization: Organization, owner: User, company: Company, stranger: User
) -> None:
    theirs = Company.objects.exclude(organization=organization).get()
    assert list(access.scope(Company.objects.all(), organization)) == [company]
    assert access.get_object(request_of(owner), Company.objects.all(), company.pk) == company
    for pk in (theirs.pk, 0, -1, 10**30):
        with pytest.raises(Http404):
            access.get_object(request_of(owner), Company.objects.all(), pk)


TENANT_MODELS = [
    model
    for label in ("accounts", "authorizations", "notifications", "transports", "fleet")
    for model in apps.get_app_config(label).get_models()
    # Of the whole installation, or of a browser.
    if model
    not in {
        User,
        RateCount,
        Session,
        RateLimiter,
        ExpiryWatch,
        Plan,
        OutcomeTotal,
        NotificationFailure,
        PushKey,
        PushSubscription,
    }
]


@pytest.mark.parametrize("model", TENANT_MODELS)
def test_every_tenant_model_hangs_on_an_organization(
    organization: Organization, model: type[Model]
) -> None:
    assert not access.scope(model._default_manager.exclude(pk=organization.pk), organization)


def test_the_address_names_an_own_organization_or_none(owner: User, stranger: User) -> None:
    other = factories.organization("A doua")
    Membership.objects.create(user=owner, organization=other)
    theirs = Organization.objects.get(memberships__user=stranger)
    named = {}
    for slug in (other.slug, theirs.slug, "nu-exista"):
        request = request_of(owner, theirs.pk)
        request.path = f"/o/{slug}/firme/"
        membership = access.selected_membership(request)
        named[slug] = membership and membership.organization
    assert named == {other.slug: other, theirs.slug: None, "nu-exista": None}
