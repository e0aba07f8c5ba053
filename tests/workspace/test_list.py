"""The list: pages by cursor, filters, and an address that holds the whole view."""

import re
from datetime import date, timedelta
from html import unescape
from itertools import chain
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus import __version__
from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.formatting import today
from caraus.transports.models import Mark, Transport
from caraus.workspace import columns, pagination, urgency
from caraus.workspace.filters import SHOW, SORTS, ListFilters
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport, without_plan_queries

LIST = "/transporturi/"
LONG_AGO = timezone.now() - timedelta(days=9)


def listed_uits(client: Client, query: str = "", **fields: str) -> list[str]:
    response = client.get(LIST + query, fields)
    assert response.status_code == 200
    return [row.uit for row in response.context["page"]]


def link_of(page: str, rel: str) -> str | None:
    match = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return unescape(match[1]) if match else None


def test_markup_in_any_field_is_text(
    signed_in: Client, owner: User, organization: Organization, make: MakeTransport
) -> None:
    markup = "\"'><img src=x onerror=y>"
    owner.name = markup
    owner.save()
    factories.company(organization, cui="900030302", name=markup)
    place = {"county": markup, "locality": markup, "full_address": markup}
    fields = ("declarant_name", "declarant_cui", "declarant_ref", "plate", "trailer1", "trailer2")
    transport = make(
        **dict.fromkeys(fields, markup),
        uit="<i>",
        company=Company.objects.get(name=markup),
        start=place,
        end=place,
        documents=[{"text": markup}] * 3,
    )
    make(plate=markup, vehicle_changes=[{"plate": "B1", "trailer1": "", "trailer2": ""}])
    Mark.objects.create(transport=transport, kind="taken", by=owner, at=timezone.now())
    columns.save_list_settings(owner, columns.LIST_COLUMNS, "airy")
    page = signed_in.get(LIST).content.decode()
    assert "<img src=x" not in page
    assert "<i>" not in page
    assert page.count("&lt;img src=x onerror=y&gt;") >= 12


@pytest.mark.parametrize("company_count", [1, 3])
def test_pages_forwards_and_back_show_every_row_once_and_in_order(
    signed_in: Client,
    organization: Organization,
    make: MakeTransport,
    monkeypatch: pytest.MonkeyPatch,
    company_count: int,
    subtests: pytest.Subtests,
) -> None:
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 4)
    companies = list(Company.objects.all())
    more = ("900030302", "900040403")[: company_count - 1]
    companies += [factories.company(organization, cui=cui) for cui in more]
    for number in range(11):  # equal moments and days among them: the key breaks the tie
        moment = timezone.now() - timedelta(hours=number // 3)
        day = today() + timedelta(days=number // 3)
        make(
            company=companies[number % company_count],
            **dict.fromkeys(("first_seen_at", "last_changed_at"), moment),
            transport_date=day,
            first_expired_day=day + timedelta(days=1),
        )
    for sort in pagination.ORDERS:
        with subtests.test(sort):
            _read_forwards_and_back(signed_in, sort)


def _read_forwards_and_back(client: Client, sort: str) -> None:
    pages, query = [], f"?sortare={SORTS[sort].url_word}"
    while True:
        response = client.get(LIST + query)
        pages.append([row.uit for row in response.context["page"]])
        if (following := link_of(page_of(response), "next")) is None:
            break
        query = following
    assert [len(page) for page in pages] == [4, 4, 3]
    assert len({uit for page in pages for uit in page}) == 11
    assert list(chain.from_iterable(pages)) == _in_order(sort)
    for earlier in reversed(pages[:-1]):
        previous = link_of(page_of(response), "prev")
        assert previous
        response = client.get(LIST + previous)
        assert [row.uit for row in response.context["page"]] == earlier
    assert link_of(page_of(response), "prev") is None


def _in_order(sort: str) -> list[str]:
    rows = urgency.with_urgency(Transport.objects.all(), today=today())
    return [row.uit for row in rows.order_by(*pagination.ORDERS[sort].order_by(backwards=False))]


@pytest.mark.parametrize(
    "query",
    [
        *("?dupa=x", "?dupa=2026-11-24.5", "?dupa=2026-11-24T10:00:00.5", "?inainte=.", "?dupa=.1"),
        *("?dupa=2026-11-24T10:00:00%2B00:00.99999999999999999999", "?sortare=expira&dupa=9.9"),
        *("?dupa=9999-12-31T23:59:59-23:59.5", "?inainte=0001-01-01T00:00:00%2B23:59.0"),
        "?dupa=2026-11-29T10:00:00.5",
        *("?arata=altceva", "?de_la=ieri", "?sortare=nu", "?firma=%00", "?q=%00", "?pagina=x"),
    ],
)
def test_an_address_that_makes_no_sense_shows_the_list(
    signed_in: Client, make: MakeTransport, query: str
) -> None:
    row = make()
    assert listed_uits(signed_in, query) == [row.uit]


def test_a_row_follows_its_values_and_its_reader(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    row = make(plate="B12ABC", declarant_name="Vechi SRL", declarant_ref="R-1")
    same = make(plate="B12ABC", declarant_name="Vechi SRL", declarant_ref="R-1")
    columns.save_list_settings(owner, columns.LIST_COLUMNS, "compact")

    def row_html(transport: Transport) -> str:
        page = page_of(signed_in.get(LIST))
        return page.partition(f'<tr data-uit="{transport.uit}"')[2].partition("</tr>")[0]

    first = row_html(row)
    assert f'href="/transporturi/{row.pk}/"' in first
    assert f'href="/transporturi/{same.pk}/"' in row_html(same)
    row.vehicle_changes = [{"at": None, "plate": "CJ07NOU", "trailer1": "", "trailer2": ""}]
    row.declarant_name, row.documents = "<b>Nou</b> & Fiii", [{"text": "CMR 7"}]
    row.start = {"county": "CJ", "locality": "Dej"}
    row.save()
    changed = row_html(row)
    for words in ("CJ07NOU", "declarat: B12ABC", "CMR 7", "Dej (CJ)", "&lt;b&gt;Nou&lt;/b&gt;"):
        assert words in changed
        assert words not in first
    assert "Vechi SRL" not in changed
    assert "B12ABC" in row_html(same)
    assert "CJ07NOU" not in row_html(same)
    User.objects.filter(pk=owner.pk).update(language="en")
    assert "declared: B12ABC" in row_html(row)
    assert "declarat" not in row_html(row)


def test_a_view_of_a_company_that_one_does_not_see_says_so(
    signed_in: Client, make: MakeTransport
) -> None:
    row = make()
    response = signed_in.get("/transporturi/?firma=900099999")
    assert "Firma cu CUI 900099999 nu este printre cele pe care le vezi" in page_of(response)
    assert [transport.uit for transport in response.context["page"]] == [row.uit]
    assert "1 transport activ" in page_of(response)  # nothing is filtered
    for view in ("saptamana", "harta"):
        page = page_of(signed_in.get(f"/transporturi/{view}/?firma=900099999"))
        assert "Firma cu CUI 900099999 nu este printre cele pe care le vezi" in page
        assert "Sunt puse filtrele" not in page
    own = page_of(signed_in.get(f"/transporturi/?firma={row.company.cui}"))
    assert "nu este printre cele pe care le vezi" not in own


# A UIT's fields, days from today among them, and the lists that show it beside that of all.
STATES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"", "in-curs"}),
    ({"transport_date": 2}, {"", "viitoare"}),
    ({"first_expired_day": 1}, {"", "in-curs", "expira"}),
    ({"first_expired_day": 0}, {"", "expirate-nerezolvate", "expirate"}),
    ({"state": "expired", "first_expired_day": 0}, {"", "expirate-nerezolvate", "expirate"}),
    ({"state": "missing", "first_expired_day": 0}, {"", "expirate-nerezolvate", "expirate"}),
    ({"state": "expired", "first_expired_day": -1}, {"", "expirate-nerezolvate", "expirate"}),
    ({"state": "expired", "first_expired_day": -7}, {"expirate"}),
    ({"state": "expired", "first_expired_day": -9}, {"expirate"}),
    ({"state": "delisted"}, {"", "delistate"}),
    ({"state": "delisted", "last_changed_at": LONG_AGO}, {"delistate"}),
    ({"state": "delisted", "first_expired_day": 0}, {"delistate"}),
    ({"state": "missing"}, {"", "in-curs", "neregasite"}),
    ({"carrier_cui": factories.CUI}, {"", "in-curs"}),
    ({"carrier_cui": factories.OTHER_CUI}, {"", "in-curs", "schimbate"}),
    (
        {"carrier_cui": factories.OTHER_CUI, "first_expired_day": 0},
        {"", "expirate-nerezolvate", "expirate"},
    ),
    ({"uit": "1A2B3C4D5E6F7H88"}, {"", "in-curs", "nevalidate"}),
    ({"uit": "<1A2B3C4D5E6F7H>"}, {"", "in-curs", "nevalidate"}),
]


def test_each_state_has_its_own_lists(signed_in: Client, make: MakeTransport) -> None:
    """Ask each list once for the UITs of all states."""
    expected: dict[str, set[str]] = {}
    for fields, shown_by in STATES:
        days = {
            name: today() + timedelta(days=value) if isinstance(value, int) else value
            for name, value in fields.items()
        }
        is_new = "" in shown_by and not shown_by & {"expirate", "delistate"}
        expected[make(**days).uit] = shown_by | {"toate"} | ({"noi"} if is_new else set())
    assert len(expected) == len(STATES)
    shown: dict[str, set[str]] = {uit: set() for uit in expected}
    for option in SHOW.values():
        for uit in listed_uits(signed_in, arata=option.url_word):
            shown[uit].add(option.url_word)
    assert shown == expected


@pytest.mark.parametrize(
    ("fields", "is_listed"),
    [
        ({"declarant": "baragan"}, True),
        ({"declarant": "9001178"}, True),
        ({"declarant": "RO 900117817"}, True),
        ({"declarant": "b12abc"}, False),
        ({"vehicul": "ct 83"}, True),
        ({"vehicul": "ar-55-nou"}, True),
        ({"vehicul": "baragan"}, False),
        ({"loc": "Cluj Napoca"}, True),
        ({"loc": "cj"}, True),
        ({"loc": "b12"}, False),
        ({"modificate": "1"}, True),
        ({"de_la": "2026-01-05", "pana_la": "2026-01-05"}, True),
        ({"de_la": "2026-01-06"}, False),
        ({"pana_la": "2026-01-04"}, False),
        ({"q": "b12", "declarant": "agro", "vehicul": "ct83", "loc": "nădlac"}, True),
    ],
)
def test_a_filter_looks_in_its_own_field(
    signed_in: Client,
    make: MakeTransport,
    fields: dict[str, str],
    is_listed: bool,
) -> None:
    make(
        plate="B12ABC",
        trailer1="CT83WPT",
        vehicle_changes=[{"at": None, "plate": "AR55NOU", "trailer1": "", "trailer2": ""}],
        declarant_name="AGRO BĂRĂGAN",
        declarant_cui="900117817",
        transport_date=date(2026, 1, 5),
        start={"county": "AR", "locality": "Nădlac"},
        end={"county": "CJ", "locality": "Cluj-Napoca"},
        last_changed_at=timezone.now() + timedelta(hours=1),
    )
    assert bool(listed_uits(signed_in, **fields)) == is_listed


def test_only_changed_leaves_out_what_only_appeared(signed_in: Client, make: MakeTransport) -> None:
    now = timezone.now()
    make(first_seen_at=now, last_changed_at=now)
    assert listed_uits(signed_in, modificate="1") == []


def test_the_address_holds_the_whole_view() -> None:
    query = {
        "q": "b 12",
        "firma": factories.CUI,
        "arata": "toate",
        "de_la": "2026-01-05",
        "pana_la": "2026-02-05",
        "declarant": "agro",
        "vehicul": "B12",
        "loc": "CJ",
        "modificate": "1",
        "sortare": "expira",
    }
    filters = ListFilters.from_query(query)
    assert QueryDict(filters.page_address).dict() == query
    assert ListFilters.from_query(QueryDict(filters.page_address)) == filters
    assert filters.extra_count == 6


def test_the_filters_stand_in_the_form(signed_in: Client, make: MakeTransport) -> None:
    factories.authorization(make().company.organization)
    filters = {"q": '"><b>', "loc": "Iași", "de_la": "2026-01-05"}
    text = page_of(signed_in.get(LIST, filters))
    assert 'value="&quot;&gt;&lt;b&gt;"' in text
    assert 'value="Iași"' in text
    assert 'value="2026-01-05"' in text
    assert "Filtre (2)" in text
    assert "Șterge căutarea și filtrele" in text


def test_a_member_restricted_to_a_company_finds_nothing_of_the_others(
    client: Client, organization: Organization, make: MakeTransport
) -> None:
    own = make(plate="B12ABC")
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    make(company=other_company, plate="B12ABC")
    viewer = factories.member(organization, "viewer")
    membership = Membership.objects.get(user=viewer)
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(own.company)
    client.force_login(viewer)
    for fields in (
        {},
        {"q": "b12"},
        {"firma": other_company.cui},
        {"vehicul": "b12", "arata": "toate"},
    ):
        assert listed_uits(client, **fields) == [own.uit], fields


def test_a_large_past_is_counted_up_to_the_limit(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caraus.workspace.listing.COUNT_LIMIT", 3)
    monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", 3)
    for _ in range(3):
        make()
    assert "peste" not in page_of(signed_in.get(LIST))
    make()
    assert "peste 3 transporturi active" in page_of(signed_in.get(LIST))


@pytest.mark.parametrize(
    "fields", [{}, {"q": "b12"}, {"arata": "toate", "vehicul": "b12"}, {"loc": "cluj"}]
)
def test_more_rows_cost_no_more_queries(
    signed_in: Client,
    make: MakeTransport,
    fields: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed_uits(signed_in, **fields)  # the plan in force is remembered for a minute
    counts = set()
    for more, page_size in ((3, 2), (60, 50)):
        monkeypatch.setattr(pagination, "TRANSPORTS_PER_PAGE", page_size)
        for _ in range(more):
            make(plate="B12ABC", end={"locality": "Cluj"})
        with CaptureQueriesContext(connection) as queries:
            listed_uits(signed_in, **fields)
        counts.add(len(without_plan_queries(queries)))
    assert len(counts) == 1


def test_what_expired_is_found_and_counted_until_it_is_dealt_with(
    signed_in: Client, make: MakeTransport
) -> None:
    fresh = make(uit="4E2A21D5GGCNNG05", plate="B77ABC", state="expired", first_expired_day=today())
    old = make(plate="B78ABC", state="expired", first_expired_day=today() - timedelta(days=7))
    make(uit="0A1C2D3E4F5H6J42")
    page = page_of(signed_in.get("/transporturi/?arata="))
    assert "<strong>1</strong>expirat, nerezolvat" in page
    assert 'class="group group-bad" href="?arata=expirate-nerezolvate"' in page
    assert "2 transporturi</p>" in page  # not „active”
    assert 'class="pill pill-bad" data-status="expired"' in page
    assert listed_uits(signed_in, q="b77abc") == [fresh.uit]
    assert listed_uits(signed_in, q="b78abc") == []
    assert listed_uits(signed_in, arata="expirate-nerezolvate") == [fresh.uit]
    assert listed_uits(signed_in, arata="azi-noapte") == [fresh.uit]  # its word before
    Transport.objects.filter(pk=fresh.pk).update(first_expired_day=old.first_expired_day)
    page = page_of(signed_in.get("/transporturi/?arata="))
    assert "expirat, nerezolvat</span>" not in page
    assert "1 transport activ" in page


def test_days_that_are_reversed_are_said_so(
    signed_in: Client, organization: Organization, make: MakeTransport
) -> None:
    factories.authorization(organization)
    make(plate="B12ABC")
    words = (
        "Zilele sunt inversate: „de la” (joi, 10 decembrie 2026) vine după "
        "„până la” (marți, 1 decembrie 2026)."
    )
    page = page_of(signed_in.get(f"{LIST}?de_la=2026-12-10&pana_la=2026-12-01"))
    assert words in page
    page = page_of(signed_in.get(f"{LIST}?de_la=2020-12-01&pana_la=2020-12-10"))
    assert "Niciun transport nu se potrivește" in page
    assert "inversate" not in page


def test_the_foot_of_each_page_leads_to_help_and_names_the_version(
    signed_in: Client, organization: Organization
) -> None:
    page = page_of(signed_in.get(LIST))
    foot = page[page.index("<footer") :]
    assert "/integrari/ajutor/" in foot
    assert "/cont/date/" in foot
    assert f"versiunea {__version__}" in foot
