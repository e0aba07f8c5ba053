"""Saved views: counted on their chips, the active one as the title, shared with the team."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caraus.accounts.models import Organization, User
from caraus.core.formatting import today
from caraus.transports.marks import mark_transports
from caraus.transports.models import TransportNote
from caraus.workspace import saved_views
from caraus.workspace.models import SavedView
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport, without_plan_queries

LIST, VIEWS = "/transporturi/", "/transporturi/vederi/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def chips(client: Client, query: str = "?arata=") -> dict[str, int]:
    """Return how many UITs each view shows, by its name."""
    summary = client.get(LIST + query).context["view_chips"]
    return {chip.view.name: chip.count.number for chip in summary}


def save(client: Client, name: str, view: str, **more: str) -> None:
    assert client.post(VIEWS, {"nume": name, "vedere": view, **more}).status_code == 302


def test_each_view_is_counted_as_the_list_counts_it(
    signed_in: Client, make: MakeTransport, owner: User, organization: Organization
) -> None:
    factories.authorization(organization)
    second = factories.company(organization, cui="900030302", name="Dunărea SRL")
    done, noted = make(plate="B12ABC"), make(plate="B13ABC")
    make(plate="CJ01ABC", first_expired_day=today() + timedelta(days=1), company=second)
    make(plate="B14ABC", state="expired", first_expired_day=today() - timedelta(days=30))
    TransportNote.objects.create(transport=noted, text="la rampă")
    mark_transports([done], "unloaded", owner)
    views = {
        "Toate active": "sortare=expira",
        "Numai B": "q=b1",
        "Toate B": "q=b1&arata=toate",
        "Notate": "q=rampă",
        "A doua": f"firma={second.cui}",
        "A altora": "firma=900020201",
        "Expiră": "arata=expira",
    }
    for name, view in views.items():
        save(signed_in, name, view)
    shown_chips = chips(signed_in)
    assert shown_chips == {
        "Toate active": 3,
        "Numai B": 2,
        "Toate B": 3,
        "Notate": 1,
        "A doua": 1,
        "A altora": 0,
        "Expiră": 1,
    }
    for name, view in views.items():
        if name != "A altora":
            assert signed_in.get(f"{LIST}?{view}").context["count"].number == shown_chips[name], (
                name
            )


def test_the_counts_cost_no_query_more(signed_in: Client, make: MakeTransport) -> None:
    make(plate="B12ABC")
    counts = set()
    for number in range(6):
        save(signed_in, f"Vederea {number}", f"q=b{number}abc&vehicul=b12")
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(f"{LIST}?arata=")
        counts.add(len(without_plan_queries(queries)))
    assert len(counts) == 1


def test_the_active_view_is_the_title(
    signed_in: Client, make: MakeTransport, organization: Organization
) -> None:
    factories.authorization(organization)
    for plate in ("B12ABC", "CJ01ABC", "CJ02ABC"):
        make(plate=plate)
    save(signed_in, "Cluj", "q=cj0")
    page = page_of(signed_in.get(f"{LIST}?q=cj0"))
    assert "<h1>Cluj</h1>" in page
    assert "2 din 3" in page
    assert "fără vedere" in page
    # Folded groups and pages are still the view; another filter is not.
    assert "<h1>Cluj</h1>" in page_of(signed_in.get(f"{LIST}?q=cj0&grupe=azi"))
    for query in ("?q=cj", "?arata=", "?q=cj0&vehicul=cj01"):
        page = page_of(signed_in.get(LIST + query))
        assert "<h1>Transporturi</h1>" in page
        assert "fără vedere" not in page
    # The title comes anew with the filters of a person, not with its own refreshing.
    for asking, is_titled in (("filtre", True), ("lista", False)):
        headers = {"hx-request": "true", "hx-trigger": asking}
        part = page_of(signed_in.get(f"{LIST}?q=cj0", headers=headers))
        assert ('id="titlu"' in part) == is_titled


def test_a_shared_view_is_seen_by_all_and_changed_by_few(
    organization: Organization, owner: User, make: MakeTransport
) -> None:
    make(plate="CJ01ABC")
    dispatcher, colleague, viewer = (
        factories.member(organization, role) for role in ("dispatcher", "dispatcher", "viewer")
    )
    save(client_of(dispatcher), "Cluj", "q=cj0", echipa="1", implicita="1")
    view = SavedView.objects.get()
    assert view.is_shared
    address = f"{VIEWS}{view.pk}/"
    for member in (colleague, viewer, owner):
        client = client_of(member)
        assert chips(client) == {"Cluj": 1}
        assert client.get(LIST).status_code == 200  # the default of another opens no list
        page = page_of(client.get(VIEWS))
        assert "Cluj" in page
        assert ("Da, șterge" in page) == (member == owner)
    for member in (colleague, viewer):
        for action in ("sterge", "numai-eu", ""):
            response = client_of(member).post(address, {"ce": action, "nume": "Altfel"})
            assert response.status_code == 403
    # An administrator may end it; its default stays its owner's.
    client_of(owner).post(address, {"ce": "obisnuita"})
    assert SavedView.objects.get().is_default
    client_of(owner).post(address, {"ce": "numai-eu"})
    assert chips(client_of(viewer)) == {}
    assert client_of(owner).post(address, {"ce": "sterge"}).status_code == 404
    client_of(dispatcher).post(address, {"ce": "echipa"})
    client_of(owner).post(address, {"ce": "sterge"})
    assert not SavedView.objects.exists()


def test_who_may_only_look_shares_nothing(
    organization: Organization, make: MakeTransport, owner: User
) -> None:
    make()
    viewer = client_of(factories.member(organization, "viewer"))
    save(viewer, "A mea", "q=x", echipa="1")
    view = SavedView.objects.get()
    assert not view.is_shared
    assert viewer.post(f"{VIEWS}{view.pk}/", {"ce": "echipa"}).status_code == 403
    assert not SavedView.objects.get().is_shared
    assert "Pentru toată echipa" not in page_of(viewer.get(f"{LIST}?arata="))
    assert chips(client_of(owner)) == {}
    stranger = client_of(factories.stranger())
    SavedView.objects.update(is_shared=True)
    assert stranger.post(f"{VIEWS}{view.pk}/", {"ce": "sterge"}).status_code == 404


def test_a_team_has_a_limit_of_shared_views(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    make()
    monkeypatch.setattr(saved_views, "MAX_SHARED_VIEWS", 1)
    save(signed_in, "Una", "q=a", echipa="1")
    response = signed_in.post(VIEWS, {"nume": "Două", "vedere": "q=b", "echipa": "1"}, follow=True)
    assert "Echipa are deja 1 de vederi" in page_of(response)
    assert SavedView.objects.filter(is_shared=True).count() == 1
