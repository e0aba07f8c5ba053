"""The organization's part of addresses: made of its name, its own, and kept."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from caraus.accounts import organizations
from caraus.accounts.models import Membership, Organization, User
from tests import factories


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Demo Transport SRL", "demo-transport-srl"),
        ("MOȚII Țării & Șoferii", "motii-tarii-soferii"),
        ("Ţepeş  –  Cargo", "tepes-cargo"),
        ("a_b", "a_b"),
        ("Превоз ЕООД", "organizatie"),
        ("/// ---", "organizatie"),
        ("x" * 200, "x" * 50),
        (f"{'x' * 49} y", "x" * 49),
    ],
)
def test_it_is_made_of_the_name(db: None, name: str, slug: str) -> None:
    assert factories.organization(name).slug == slug


def test_each_organization_has_its_own(db: None) -> None:
    slugs = [factories.organization(name).slug for name in ("Trans", "TRANS", "trâns", "Trans 2")]
    assert slugs == ["trans", "trans-2", "trans-3", "trans-2-2"]
    long = [factories.organization("x" * 60).slug for _ in range(11)]
    assert long[0] == "x" * 50
    assert long[1] == f"{'x' * 48}-2"
    assert long[10] == f"{'x' * 47}-11"


def test_it_is_kept_when_the_organization_is_renamed(
    organization: Organization, owner: User
) -> None:
    organizations.change_organization(
        Membership.objects.get(user=owner),
        name="Alt nume",
        require_two_factors=False,
        keep_transports_months=None,
    )
    organization.refresh_from_db()
    assert (organization.name, organization.slug) == ("Alt nume", "trans-test")


def test_organizations_made_at_the_same_time_have_each_their_own(transactional_db: None) -> None:
    together = Barrier(6)

    def make() -> None:
        together.wait(20)
        factories.organization("Trans")
        connection.close()

    threads = [Thread(target=make) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slugs = set(Organization.objects.values_list("slug", flat=True))
    assert slugs == {"trans", *(f"trans-{number}" for number in range(2, 7))}
