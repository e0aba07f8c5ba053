"""The week by vehicle and the map by county: the UITs of the list in other views."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.core.formatting import today
from caraus.fleet.models import Vehicle
from caraus.transports.marks import mark_transports
from caraus.transports.models import Mark
from caraus.workspace import week
from caraus.workspace.counties import COUNTIES, GRID_COLUMNS, GRID_ROWS
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport

WEEK, MAP = "/transporturi/saptamana/", "/transporturi/harta/"
MONDAY = date(2026, 3, 2)
CLUJ, ARAD = {"county": "CJ", "locality": "Cluj-Napoca"}, {"county": "AR", "locality": "Nădlac"}


def bars(client: Client, **query: str) -> dict[str, tuple[str, int, int]]:
    """Return for each UIT of the week its plate, first and last column."""
    shown = client.get(WEEK, query).context["week"]
    return {
        bar.transport.uit: (row.plate, bar.start, bar.end)
        for row in shown.rows
        for lane in row.lanes
        for bar in lane
    }


@pytest.mark.parametrize(
    ("first", "expired", "columns"),
    [
        (0, 5, (1, 5)),
        (2, 7, (3, 7)),
        (-3, 2, (1, 2)),
        (6, 11, (7, 9)),
        (-4, 11, (1, 9)),
        (-5, 0, None),
        (9, 14, None),
        (-90, 200, None),  # no UIT of ANAF is valid for so long
    ],
)
def test_a_bar_covers_the_days_of_validity_in_the_week(
    signed_in: Client,
    make: MakeTransport,
    first: int,
    expired: int,
    columns: tuple[int, int] | None,
) -> None:
    row = make(
        plate="B12ABC",
        transport_date=MONDAY + timedelta(days=first),
        first_expired_day=MONDAY + timedelta(days=expired),
    )
    assert bars(signed_in, saptamana="2026-03-03") == (
        {row.uit: ("B12ABC", *columns)} if columns else {}
    )


def test_bars_stand_with_the_vehicle_that_drives_and_beside_no_other(
    signed_in: Client, make: MakeTransport
) -> None:
    days = {"transport_date": MONDAY, "first_expired_day": MONDAY + timedelta(days=3)}
    later = {
        "transport_date": MONDAY + timedelta(days=3),
        "first_expired_day": MONDAY + timedelta(days=6),
    }
    change = {"plate": "AR55NOU", "trailer1": "", "trailer2": ""}
    make(plate="B12ABC", **days)
    make(plate="B12ABC", **days)
    make(plate="B12ABC", **later)
    make(plate="B12ABC", vehicle_changes=[change], **days)
    make(plate="CT01AAA", vehicle_changes=[{**change, "plate": ""}], **days)
    shown = signed_in.get(WEEK, {"saptamana": "2026-03-03"}).context["week"]
    assert [(row.plate, [len(lane) for lane in row.lanes]) for row in shown.rows] == [
        ("AR55NOU", [1]),
        ("B12ABC", [2, 1]),
        ("CT01AAA", [1]),
    ]


def test_pages_of_vehicles_and_a_plate_that_is_a_filler(
    signed_in: Client, make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(week, "VEHICLES_PER_PAGE", 2)
    monkeypatch.setattr(week, "BARS_PER_VEHICLE", 4)
    for plate in ("A", "A", "B", "B", "C D&E", "F", "F", "F", "F", "F", "G", "G", "G", "G"):
        make(plate=plate)
    address, uits, cut = f"{WEEK}?ordine=numar", [], []
    while address:
        response = signed_in.get(address)
        cut.append("mai multe UIT-uri decât încap" in page_of(response))
        rows = response.context["week"].rows
        uits.append([(row.plate, sum(map(len, row.lanes))) for row in rows])
        address = ""
        for link in re.findall(r'href="(\?[^"]*pagina=\d+)"', page_of(response)):
            if int(link.rpartition("=")[2]) > len(uits):
                address = WEEK + link.replace("&amp;", "&")
    assert uits == [[("A", 2), ("B", 2)], [("C D&E", 1), ("F", 4)], [("G", 4)]]
    assert cut == [False, True, False]  # who has too many does not hide who comes after


def test_what_ends_first_stands_first_and_the_idle_lorries_last(
    signed_in: Client, make: MakeTransport, company: Company
) -> None:
    for plate, days in (("B01AAA", 5), ("B02BBB", 1), ("B03CCC", 3), ("B04DDD", -1)):
        make(plate=plate, first_expired_day=today() + timedelta(days=days))
    make(plate="B01AAA", first_expired_day=today() + timedelta(days=2))
    for plate in ("B02BBB", "B77IDL"):
        Vehicle.objects.create(company=company, plate=plate, driver="Ionescu Vasile")
    shown = signed_in.get(WEEK).context["week"]
    assert [row.plate for row in shown.rows] == ["B02BBB", "B01AAA", "B03CCC"]
    assert [vehicle.plate for vehicle in shown.idle] == ["B77IDL"]
    assert (shown.period.first, len(shown.period.days)) == (today() - timedelta(days=1), 9)
    page = page_of(signed_in.get(WEEK, {"ordine": "numar"}))
    plates = re.findall(r'<span class="plate">(\w+)</span>', page)
    assert plates == ["B01AAA", "B02BBB", "B03CCC", "B77IDL"]
    assert "fără UIT · Ionescu Vasile" in page


def test_the_week_begins_with_what_has_expired_and_ends_with_what_is_dealt_with(
    signed_in: Client, make: MakeTransport, owner: User
) -> None:
    ends = {"B01DON": 1, "B02TON": 1, "B03EXP": 0, "B04LAT": 4}
    loads = {
        plate: make(plate=plate, first_expired_day=today() + timedelta(days=days))
        for plate, days in ends.items()
    }
    mark_transports([loads["B01DON"]], "unloaded", owner)
    response = signed_in.get(WEEK)
    plates = [row.plate for row in response.context["week"].rows]
    assert plates == ["B03EXP", "B02TON", "B04LAT", "B01DON"]
    page = page_of(response)
    bars = re.findall(r'class="strip-bar strip-(\w+)[^"]*" ?data-uit="(\w+)"', page)
    tones = {uit: tone for tone, uit in bars}
    assert tones[loads["B01DON"].uit] == "off"
    assert tones[loads["B02TON"].uit] == "bad"
    assert "descărcat, valabil" in page


def test_the_week_keeps_the_filters_and_leads_to_its_neighbours(
    signed_in: Client, make: MakeTransport
) -> None:
    make(plate="B12ABC")
    make(plate="CT99XYZ")
    response = signed_in.get(WEEK, {"q": "b12", "saptamana": today().isoformat()})
    page = page_of(response)
    assert [row.plate for row in response.context["week"].rows] == ["B12ABC"]
    for days in (-7, 7):
        assert f"?q=b12&amp;saptamana={today() + timedelta(days=days)}" in page
    assert f"/transporturi/?q=b12&amp;arata=toate&amp;de_la={today() - timedelta(days=1)}" in page
    assert 'style="' not in page


@pytest.mark.parametrize("path", [WEEK, MAP])
@pytest.mark.parametrize(
    "query",
    [
        *("saptamana=x", "saptamana=0001-01-01", "saptamana=9999-12-31", "ordine=%00"),
        *("de_la=9999-12-31", "pana_la=0001-01-01", "de_la=2026-05-01&pana_la=2026-01-01"),
        *("firma=%00", "arata=nu", "pagina=x", "saptamana=2026-02-30"),
    ],
)
def test_an_address_that_makes_no_sense_still_opens(
    signed_in: Client, make: MakeTransport, path: str, query: str
) -> None:
    make()
    assert signed_in.get(f"{path}?{query}").status_code == 200


def test_the_tiles_are_the_42_counties_each_at_its_own_position() -> None:
    assert len(COUNTIES) == 42
    positions = {county.position for county in COUNTIES.values()}
    assert len(positions) == 42
    assert all(0 <= x < GRID_COLUMNS and 0 <= y < GRID_ROWS for x, y in positions)


def test_the_map_counts_what_leaves_and_what_is_under_way_on_a_day(
    signed_in: Client, make: MakeTransport
) -> None:
    sunday = MONDAY + timedelta(days=6)
    validity = {"transport_date": sunday, "first_expired_day": sunday + timedelta(days=5)}
    for _ in range(3):
        make(**validity, start=ARAD, end=CLUJ)
    make(**validity, start=CLUJ, end=ARAD)
    make(**validity, start=CLUJ, end=CLUJ)
    make(**validity, start=CLUJ, end={})
    since_monday = {"transport_date": MONDAY, "first_expired_day": MONDAY + timedelta(days=7)}
    make(**since_monday, start=ARAD, end=CLUJ)
    unloaded = make(**since_monday, start=ARAD, end=CLUJ)
    Mark.objects.create(transport=unloaded, kind=Mark.Kind.UNLOADED, at=timezone.now())
    make(transport_date=MONDAY, first_expired_day=sunday, start=CLUJ, end=CLUJ)
    make(transport_date=sunday + timedelta(days=1), start=CLUJ, end=CLUJ)
    response = signed_in.get(MAP, {"zi": "2026-03-08"})
    shown = response.context["map"]
    flows = [(flow.start, flow.end, flow.leaving, flow.under_way) for flow in shown.flows]
    assert flows == [
        ("AR", "CJ", 3, 4),
        ("CJ", "", 1, 1),
        ("CJ", "AR", 1, 1),
        ("CJ", "CJ", 1, 1),
    ]
    tiles = {tile.county.code: (tile.leaving, tile.arriving, tile.shade) for tile in shown.tiles}
    assert (tiles["CJ"], tiles["AR"], tiles["B"]) == ((3, 5, 5), (3, 1, 3), (0, 0, 0))
    assert (shown.leaving, shown.under_way, shown.arrows) == (6, 7, ())
    page = page_of(response)
    assert 'aria-label="Cluj: pleacă 3, vin 5"' in page
    assert "fără județ" in page
    assert 'href="?zi=2026-03-08&amp;judet=CJ"' in page
    assert 'style="' not in page


def test_a_chosen_county_shows_its_own_flows_with_their_arrows(
    signed_in: Client, make: MakeTransport
) -> None:
    make(start=ARAD, end=CLUJ)
    make(start=CLUJ, end=CLUJ)
    make(start={"county": "CT"}, end={"county": "B"})
    response = signed_in.get(MAP, {"judet": "CJ"})
    shown = response.context["map"]
    assert {(flow.start, flow.end) for flow in shown.flows} == {("AR", "CJ"), ("CJ", "CJ")}
    assert [(arrow.flow.start, arrow.flow.end) for arrow in shown.arrows] == [("AR", "CJ")]
    page = page_of(response)
    assert re.search(r'href="/transporturi/\?[^"]*loc=CJ[^"]*"', page)
    assert re.findall(r'class="map-link" aria-current="true" data-county="(..)"', page) == ["CJ"]
    assert signed_in.get(MAP, {"judet": "XX"}).context["map"].county is None


def test_without_a_county_the_ten_busiest_flows_are_listed(
    signed_in: Client, make: MakeTransport
) -> None:
    for code in sorted(COUNTIES)[:12]:
        make(start={"county": code}, end={"county": code})
    shown = signed_in.get(MAP).context["map"]
    assert (len(shown.flows), len(shown.table_flows), shown.is_cut) == (12, 10, True)


def test_large_numbers_stand_below_one_another_in_their_tile(
    signed_in: Client, make: MakeTransport
) -> None:
    for _ in range(100):
        make(start=CLUJ, end=CLUJ)
    make(start=ARAD, end=ARAD)
    page = page_of(signed_in.get(MAP))
    assert re.findall(r">(\d+[↑↓])</tspan>", page) == ["100↑", "100↓"]
    assert "1↑ 1↓</text>" in page


def test_the_map_takes_the_lists_period_but_no_more_than_a_month(
    signed_in: Client, make: MakeTransport
) -> None:
    for day in (date(2026, 1, 1), date(2026, 3, 10), date(2026, 3, 31)):
        next_day = day + timedelta(days=1)
        make(transport_date=day, first_expired_day=next_day, start=ARAD, end=CLUJ)
    response = signed_in.get(MAP, {"de_la": "2026-01-01", "pana_la": "2026-03-31"})
    assert response.context["map"].leaving == 2
    assert "cel mult 31 de zile" in page_of(response)
    response = signed_in.get(MAP, {"de_la": "2026-03-31"})
    assert response.context["map"].leaving == 1


@pytest.mark.parametrize("path", [WEEK, MAP])
def test_more_uits_cost_no_more_queries_and_a_stranger_company_is_not_drawn(
    client: Client, organization: Organization, make: MakeTransport, path: str
) -> None:
    own = make(plate="B12ABC", start=ARAD, end=CLUJ)
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    make(company=other_company, plate="CT99XYZ", start={"county": "CT"}, end={"county": "CT"})
    viewer = factories.member(organization, "viewer")
    membership = Membership.objects.get(user=viewer)
    membership.only_some_companies = True
    membership.save()
    membership.companies.add(own.company)
    client.force_login(viewer)
    counts = set()
    for more in (0, 30):
        for _ in range(more):
            make(plate="B13ABC", start=ARAD, end=CLUJ)
        with CaptureQueriesContext(connection) as queries:
            page = page_of(client.get(path))
        counts.add(len(queries))
        assert "CT99XYZ" not in page
        assert "Constanța: pleacă 1" not in page
    assert len(counts) == 1
