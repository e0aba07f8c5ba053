"""No page is kept by a browser or a proxy: „back” after signing out shows nothing."""

import pytest
from django.test import Client

from caraus.accounts.models import Organization, User
from tests.web.addresses import ACCOUNT, DOORS, OPEN, OWN, THINGS, address


@pytest.mark.parametrize("route", sorted([*THINGS, *OWN, *OPEN, *DOORS, *ACCOUNT]))
def test_no_address_may_be_kept(
    client: Client, owner: User, organization: Organization, ids: dict[str, int], route: str
) -> None:
    path = address(route, ids).replace("<str:secret>", "x" * 43).replace("<slug:slug>", "x")
    for method in ("get", "post"):
        for person in (None, owner):
            asking = Client(raise_request_exception=False)
            if person is not None:
                asking.force_login(person)
            answer = getattr(asking, method)(path)
            assert "no-store" in answer["Cache-Control"], (method, person)


def test_static_files_may_be_kept(client: Client) -> None:
    answer = client.get("/static/caraus.css")
    assert answer.status_code == 200
    assert "max-age=60" in answer["Cache-Control"]
    assert "no-store" not in answer["Cache-Control"]
    for close in answer._resource_closers:  # type: ignore[attr-defined]  # the file; `close()` would ask for the database
        close()
