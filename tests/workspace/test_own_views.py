"""Columns, saved views and quick filters of the list; pages with a fixed number of queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts import personal_data
from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import today
from caraus.sync.models import SyncState
from caraus.transports.marks import mark_transports
from caraus.transports.models import Transport
from caraus.workspace import columns, pagination, saved_views
from caraus.workspace.filters import SORTS
from caraus.workspace.models import SavedView
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport, without_plan_queries

LIST, VIEWS = "/transporturi/", "/transporturi/vederi/"
# Those of the bare page are of the frame, on every page.
QUERIES = {"bare": 4, "list": 14, "search": 16, "week": 9, "map": 6, "uit": 14, "panel": 13}


def test_columns_are_chosen_and_remembered_for_the_person(
    signed_in: Client, client: Client, make: MakeTransport, organization: Organization
) -> None:
    make(plate="B12ABC", declarant_ref="CMD-7", documents=[{"text": "CMR 1"}])
    usual = page_of(signed_in.get(LIST))
    assert "col-vehicle" in usual
    assert "col-changed" not in usual
    form = {"coloane": ["last_changed", "documents", "altceva"], "vedere": "q=b12&sortare=expira"}
    response = signed_in.post(f"{LIST}coloane/", form)
    assert response["Location"] == f"{LIST}?q=b12&sortare=expira"
    page = page_of(signed_in.get(LIST))
    assert "CMR 1" in page
    assert "col-changed" in page
    for absent in ("col-vehicle", "col-validity", "col-declarant", "CMD-7"):
        assert absent not in page
    other_client = Client()
    other_client.force_login(factories.member(organization, "viewer"))
    assert "col-vehicle" in page_of(other_client.get(LIST))
    signed_in.post(f"{LIST}coloane/", {"obisnuite": "1"})
    assert "col-vehicle" in page_of(signed_in.get(LIST))


def test_the_density_is_remembered_and_says_more_of_each_uit(
    signed_in: Client, make: MakeTransport, organization: Organization
) -> None:
    company = factories.company(organization, cui="900030302", name="A DOUA SRL")
    make(company=company, declarant_cui="900117817", documents=[{"text": "CMR 1"}])
    compact = page_of(signed_in.get(LIST)).split("<tbody")[1].split("</tbody>")[0]
    for detail in ("A DOUA SRL", "900117817", "CMR 1"):
        assert detail not in compact
    form = {"coloane": ["vehicle", "declarant"], "randuri": "airy"}
    signed_in.post(f"{LIST}coloane/", form)
    page = page_of(signed_in.get(LIST))
    assert 'value="airy" checked' in page
    airy = page.split("<tbody")[1].split("</tbody>")[0]
    for detail in ("A DOUA SRL", "900117817", "CMR 1"):
        assert detail in airy
    signed_in.post(f"{LIST}coloane/", {"coloane": ["vehicle"], "randuri": "altfel"})
    assert 'class="transports transports-compact"' in page_of(signed_in.get(LIST))


def test_each_column_alone_makes_a_list(signed_in: Client, make: MakeTransport) -> None:
    make()
    for key in columns.LIST_COLUMNS:
        signed_in.post(f"{LIST}coloane/", {"coloane": [key]})
        page = page_of(signed_in.get(LIST))
        heads = page.count('<th scope="col"')
        assert heads == (2 if key in columns.WITHOUT_CELL else 3)
        # A cell for each head, after the box.
        assert page.partition("<tr data-uit=")[2].partition("</tr>")[0].count("<td ") == heads + 1


def test_a_view_is_saved_renamed_opened_with_and_deleted(
    signed_in: Client, owner: User, make: MakeTransport
) -> None:
    factories.authorization(make(plate="CJ77NOU").company.organization)
    other_transport = make(plate="B12ABC")
    form = {"nume": "  Cluj   mâine ", "vedere": "?q=cj77&dupa=2026-01-01.5&x=y", "implicita": "1"}
    assert signed_in.post(VIEWS, form)["Location"] == f"{LIST}?q=cj77"
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_default) == ("Cluj mâine", "q=cj77", True)
    opened = signed_in.get(LIST)
    assert (opened.status_code, opened["Location"]) == (302, f"{LIST}?q=cj77")
    page = page_of(signed_in.get(f"{LIST}?arata="))
    assert other_transport.uit in page
    assert "Cluj mâine" in page
    shown = signed_in.get(LIST, headers={"hx-request": "true", "hx-trigger": "filtre"})
    assert shown["HX-Push-Url"] == f"{LIST}?arata="

    signed_in.post(VIEWS, {"nume": "CLUJ MÂINE", "vedere": "q=cj"})
    assert SavedView.objects.get().query == "q=cj"
    signed_in.post(VIEWS, {"nume": "Toate", "vedere": ""})
    everything = SavedView.objects.get(name="Toate")
    signed_in.post(f"{VIEWS}{everything.pk}/", {"ce": "implicita"})
    assert SavedView.objects.get(is_default=True) == everything
    assert signed_in.get(LIST)["Location"] == f"{LIST}?arata="
    signed_in.post(f"{VIEWS}{everything.pk}/", {"nume": "cluj mâine"})
    assert "Ai deja o vedere" in page_of(signed_in.get(VIEWS))
    signed_in.post(f"{VIEWS}{everything.pk}/", {"nume": "Tot"})
    signed_in.post(f"{VIEWS}{everything.pk}/", {"ce": "obisnuita"})
    assert signed_in.get(LIST).status_code == 200
    assert personal_data.export_personal_data(owner)["vederi salvate"][0]["query"] == "q=cj"
    signed_in.post(f"{VIEWS}{everything.pk}/", {"ce": "sterge"})
    assert not SavedView.objects.filter(name="Tot").exists()


def test_a_view_without_a_name_and_one_too_many_are_refused_in_words(
    signed_in: Client, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = signed_in.post(VIEWS, {"nume": " \0", "vedere": "q=x"}, follow=True)
    assert "Dă un nume vederii" in page_of(response)
    monkeypatch.setattr(saved_views, "MAX_SAVED_VIEWS", 1)
    signed_in.post(VIEWS, {"nume": "Una"})
    response = signed_in.post(VIEWS, {"nume": "Două"}, follow=True)
    assert "Șterge una" in page_of(response)
    assert SavedView.objects.count() == 1


def test_a_view_is_visible_to_its_owner_alone(
    signed_in: Client, organization: Organization, company: Company
) -> None:
    colleague = factories.member(organization, "dispatcher")
    view = SavedView.objects.create(organization=organization, user=colleague, name="A ei")
    assert "A ei" not in page_of(signed_in.get(LIST))
    assert signed_in.post(f"{VIEWS}{view.pk}/", {"ce": "sterge"}).status_code == 404
    assert SavedView.objects.exists()


def test_the_quick_filters_count_what_needs_a_look(
    signed_in: Client, make: MakeTransport, organization: Organization
) -> None:
    factories.authorization(organization)
    tomorrow, old = today() + timedelta(days=1), timezone.now() - timedelta(days=2)
    make()
    make(first_expired_day=tomorrow)
    make(first_expired_day=tomorrow, first_seen_at=old)
    make(state="delisted")
    second = factories.company(organization, cui="900030302")
    make(company=second)
    response = signed_in.get(LIST, {"q": "nimic"})
    labelled = [(item.count.number, item.label) for item in response.context["quick_filters"]]
    assert labelled == [(3, "noi în 24 h"), (2, "expiră în 24 h"), (0, "cu probleme")]
    response = signed_in.get(LIST, {"firma": second.cui, "arata": "noi"})
    new, expiring, _ = response.context["quick_filters"]
    assert (new.count.number, new.label, new.is_active) == (1, "nou în 24 h", True)
    assert expiring.count.number == 0
    assert new.address == f"firma={second.cui}&arata=noi"


def test_the_expired_are_counted_the_same_in_every_list(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    """The list as it opens takes the number from its groups, others count."""
    done, _ = (make(state="expired", first_expired_day=today()) for _ in range(2))
    make(first_expired_day=today(), plate="B77ABC")
    make(plate="B77ABC")  # replaces the one before
    mark_transports([done], "fine", owner)
    for query in ("?arata=", f"?firma={done.company.cui}", "?arata=noi", "?q=nimic"):
        first = signed_in.get(LIST + query).context["quick_filters"][0]
        assert (first.label, first.count.number) == ("expirat, nerezolvat", 1), query


def test_a_hidden_tab_does_not_bring_the_next_poll_forward(
    signed_in: Client, company: Company
) -> None:
    SyncState.objects.create(company=company, last_attempt_at=timezone.now())
    signed_in.get(LIST, headers={"hx-request": "true", "caraus-hidden": "1"})
    assert SyncState.objects.get().viewed_at is None
    signed_in.get(LIST)
    assert SyncState.objects.get().viewed_at is not None


@pytest.mark.parametrize("page", QUERIES)
def test_a_page_has_as_many_queries_for_many_rows_as_for_few(
    signed_in: Client,
    owner: User,
    make: MakeTransport,
    organization: Organization,
    page: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    factories.authorization(organization)
    companies = [*Company.objects.all(), factories.company(organization, cui="900030302")]
    row = make(plate="B12ABC", documents=[{"text": "CMR"}])
    query = {
        "bare": "/cont/date/",
        "list": LIST,
        "search": f"{LIST}?q={row.uit}",
        "week": f"{LIST}saptamana/",
        "map": f"{LIST}harta/",
        "uit": f"{LIST}{row.pk}/",
        "panel": "/",
    }[page]

    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(query).status_code == 200
        return without_plan_queries(captured)

    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 2)
    for number in range(2):
        make(company=companies[number % 2])
    queries()
    few = queries()
    monkeypatch.undo()
    for number in range(60):
        make(company=companies[number % 2])
    for number in range(5):
        SavedView.objects.create(organization=organization, user=owner, name=f"Vederea {number}")
    many = queries()
    assert len(many) == len(few) == QUERIES[page], "\n".join(many)


def test_no_row_reads_a_column_later(
    signed_in: Client, make: MakeTransport, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns.save_list_settings(owner, columns.LIST_COLUMNS, "airy")
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 2)
    for state in ("active", "missing", "delisted", "expired"):
        make(state=state, vehicle_changes=[{"plate": "B1", "trailer1": "", "trailer2": ""}])
    for sort in SORTS.values():
        address = f"{LIST}?arata=toate&sortare={sort.url_word}"
        with CaptureQueriesContext(connection) as captured:
            assert "Mai departe" in page_of(signed_in.get(address))
        later = 'WHERE "transports_transport"."id" = '
        assert not any(later in query["sql"] for query in captured), sort.url_word


def test_a_row_is_drawn_anew_when_anything_in_it_changed(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    now = timezone.now()
    row = make(plate="B12ABC", first_seen_at=now - timedelta(minutes=5))
    columns.save_list_settings(owner, columns.LIST_COLUMNS, "airy")
    pages = {page_of(signed_in.get(LIST))}
    for changed in (
        {"plate": "B13ABC"},
        {"trailer1": "CT12REM"},
        {"vehicle_changes": [{"at": None, "plate": "B14ABC", "trailer1": "", "trailer2": ""}]},
        {"documents": [{"text": "CMR 1"}]},
        {"start": {"county": "AR", "locality": "Nădlac"}},
        {"expiry_computed": True},
        {"state": "missing"},
        {"first_seen_at": now - timedelta(minutes=9)},
        {"last_changed_at": now + timedelta(minutes=1)},
    ):
        Transport.objects.filter(pk=row.pk).update(**changed)
        page = page_of(signed_in.get(LIST)).split("<tbody")[1].split("</tbody>")[0]
        assert page not in pages, changed
        pages.add(page)
    Company.objects.update(name="Nume nou")
    factories.company(row.company.organization, cui="900030302")
    assert "Nume nou" in page_of(signed_in.get(LIST)).split("<tbody")[1]
    User.objects.filter(pk=owner.pk).update(language="en")
    english = page_of(signed_in.get(LIST))
    assert "9 minutes ago" in english
    assert 'data-label="Vehicle"' in english
    User.objects.filter(pk=owner.pk).update(language="ro")
    assert 'data-label="Vehicul"' in page_of(signed_in.get(LIST))


def test_own_data_lists_saved_views_in_the_order_of_their_creation(
    organization: Organization, owner: User
) -> None:
    for name in ("Prima", "A doua", "A treia"):
        SavedView.objects.create(organization=organization, user=owner, name=name, query=name)
    # A row that is written anew lies behind the others, where PostgreSQL reads all of them.
    SavedView.objects.filter(name="Prima").update(query="q=b12")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
    names = [view["name"] for view in personal_data.export_personal_data(owner)["vederi salvate"]]
    assert names == ["Prima", "A doua", "A treia"]


def test_a_view_of_many_odd_fields_is_taken_for_what_can_be_read(
    signed_in: Client, make: MakeTransport
) -> None:
    make()
    odd = "a=1&" * 60 + "q=b12"
    assert signed_in.post(VIEWS, {"nume": "Ciudată", "vedere": odd})["Location"] == f"{LIST}?q=b12"
