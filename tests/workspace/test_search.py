"""The search finds a UIT by each field of it, and by nothing else."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.core.formatting import today
from caraus.transports.models import Transport
from caraus.transports.search_text import LONGEST_SECTION, Section
from caraus.workspace import listing, pagination, urgency
from caraus.workspace.filters import SHOW, SORTS, ListFilters
from tests import factories
from tests.workspace.conftest import MakeTransport


def search_results(typed: str, *companies: Company) -> set[str]:
    company_ids = [company.pk for company in companies] or None
    filters = ListFilters.from_query({"q": typed, "arata": "toate"})
    return {
        row.uit
        for row in listing.filter_transports(
            filters, Transport.objects.all(), company_ids, today=today()
        )
    }


@pytest.mark.parametrize(
    "typed",
    [
        *("4E2A21D5GGCNNG05", "4e2a 21d5", "gcnn", "G05", "4E"),
        *("B12ABC", "b 12 abc", "B-12-ABC", "12ab", "b", "CT 83 WPT", "tm-09-rem", "AR55NOU"),
        *("AGRO BĂRĂGAN", "agro baragan", "bărăgan", "BARAGAN", "Şotânga", "sotanga", "șotânga"),
        *(
            "900117817",
            "9001",
            "RO900117817",
            "ro 900117817",
            "CMD-2026/17",
            "cmd 2026",
            "nădlac",
            "Cluj-Napoca",
            "CJ",
        ),
        *("agro nădlac", "b12abc cmd", "ar55 trans"),
        *("trans - agro", "AGRO | ŞOTÂNGA", "agro ar", "cj, agro"),
    ],
)
def test_each_field_finds_it(make: MakeTransport, typed: str) -> None:
    make(uit="0000000000000000", plate="IS01AAA", declarant_name="Altul")
    row = make(
        uit="4E2A21D5GGCNNG05",
        plate="B12ABC",
        trailer1="CT83WPT",
        trailer2="TM09REM",
        vehicle_changes=[{"at": None, "plate": "AR55NOU", "trailer1": "", "note": "vezi IS01"}],
        declarant_cui="900117817",
        declarant_name="AGRO BĂRĂGAN TRANS ŞOTÂNGA S.R.L.",
        declarant_ref="CMD-2026/17",
        start={"county": "CJ", "locality": "Cluj-Napoca"},
        end={"full_address": "Nădlac, Jud. Arad"},
    )
    assert search_results(typed) == {row.uit}


@pytest.mark.parametrize(
    "typed", ["zzz", "%", "_", "'; drop table", "plate", "null", "county", "12 zzz", "C", "\\", "„"]
)
def test_nothing_else_is_found(make: MakeTransport, typed: str) -> None:
    make(plate="B12ABC", vehicle_changes=[{"plate": None, "trailer1": "", "note": "zzz"}])
    assert search_results(typed) == set()


def test_an_empty_search_is_no_search(make: MakeTransport) -> None:
    row = make()
    assert search_results("  ") == {row.uit}


def test_one_company_is_searched_alone(make: MakeTransport, organization: Organization) -> None:
    own = make(plate="B12ABC")
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    theirs = make(company=other_company, plate="B12ABC")
    assert search_results("b12", own.company) == {own.uit}
    assert search_results("b12") == {own.uit, theirs.uit}


def test_odd_kept_values_are_no_obstacle(make: MakeTransport) -> None:
    row = make(plate="B12ABC", vehicle_changes={"plate": "X"}, start=[], end="text")
    assert search_results("b12") == {row.uit}


@pytest.mark.parametrize(
    "typed", ["3V0P0L0P0T3JUW46", "3VOPOLOPOT3JUW46", "3vopol", "opot3j", "3VOP OLOP OT3J UW46"]
)
def test_a_code_is_found_by_letters_that_look_like_its_digits(
    make: MakeTransport, typed: str
) -> None:
    row = make(uit="3V0P0L0P0T3JUW46")
    make(uit="0A1C2D3E4F5H6J42", declarant_ref="3V0P0L0P0T3JUW46x"[1:9])
    assert search_results(typed) == {row.uit}


def test_look_alikes_are_minded_in_codes_only(make: MakeTransport) -> None:
    make(uit="0A1C2D3E4F5H6J42", declarant_ref="CMD-105886", plate="B805OIZ")
    assert search_results("cmd1o5886") == set()
    assert search_results("boboiz") == set()
    assert search_results("cmd105886") != set()


def test_a_field_of_any_length_is_searched_by_its_beginning(make: MakeTransport) -> None:
    """Fields of 100 kB took minutes to index, in the transaction of ANAF's answer."""
    long = "Șoseaua " * 12_500
    change = {"at": None, "plate": long, "trailer1": long, "trailer2": long}
    row = make(
        plate="B77LUNG",
        trailer1=long,
        declarant_name=f"Începutul {long} capătul",
        declarant_ref=long,
        vehicle_changes=[change] * 50,
        start={"county": long, "locality": long, "full_address": long},
    )
    assert search_results("b77lung") == search_results("începutul") == {row.uit}
    assert search_results("capătul") == set()
    row.refresh_from_db()
    assert len(row.search_text) <= len(Section) * LONGEST_SECTION


def test_a_row_is_found_by_what_it_holds_now(make: MakeTransport) -> None:
    row = make(plate="B12ABC")
    row.plate = "CJ77NOU"
    row.save()
    assert search_results("b12abc") == set()
    assert search_results("cj77nou") == {row.uit}


def test_a_search_is_filtered_and_ordered_as_the_list_is(
    make: MakeTransport, organization: Organization
) -> None:
    now, states = timezone.now(), list(Transport.State)
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    for number in range(24):
        appeared = now - timedelta(hours=7 * (number * 5 % 24))
        make(
            plate="CJ77NOU" if number % 3 else "B12ABC",
            transport_date=today() + timedelta(days=number % 5 - 2),
            first_expired_day=today() + timedelta(days=number * 7 % 9 - 1),
            first_seen_at=appeared,
            last_changed_at=appeared + timedelta(hours=number % 2),
            **({"company": other_company} if number % 4 == 0 else {}),
        )
    for number, row in enumerate(Transport.objects.order_by("pk")):  # changed after their birth
        row.state = states[number % len(states)]
        row.last_changed_at += timedelta(minutes=number * 11 % 24)
        row.save()
    company_ids = [company.pk for company in Company.objects.all()]
    more: tuple[dict[str, str], ...] = (
        {},
        {"modificate": "1"},
        {"pana_la": today().isoformat()},
        {"vehicul": "77n"},
    )
    for show, sort, further in product(SHOW.values(), SORTS.values(), more):
        query = {"q": "cj77", "arata": show.url_word, "sortare": sort.url_word} | further
        filters = ListFilters.from_query(query)
        everything = Transport.objects.all()
        _, page = listing.list_page(filters, everything, company_ids, today=today())
        unsearched = listing.filter_transports(
            replace(filters, query=""), everything, company_ids, today=today()
        )
        expected = unsearched.filter(plate="CJ77NOU")
        if filters.order == "urgent":
            expected = urgency.with_urgency(expected, today=today())
        expected = expected.order_by(*pagination.ORDERS[filters.order].order_by(backwards=False))
        assert [row.pk for row in page] == [row.pk for row in expected], query


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"declarant": "cluj tr"}, True),
        ({"declarant": "RO900117817"}, True),
        ({"declarant": "nadlac"}, False),
        ({"declarant": "cmd"}, False),
        ({"vehicul": "B 07"}, True),
        ({"vehicul": "ar-55-nou"}, True),
        ({"vehicul": "CT83"}, True),
        ({"vehicul": "is01"}, False),
        ({"vehicul": "4e2a"}, False),
        ({"loc": "nădlac"}, True),
        ({"loc": "ar"}, True),
        ({"loc": "cluj"}, False),
        ({"loc": "cmd"}, False),
        ({"q": "cmd", "vehicul": "b07", "loc": "nadlac"}, True),
        ({"q": "cmd", "vehicul": "b07", "loc": "cluj"}, False),
    ],
)
def test_each_filter_looks_in_its_own_fields_beside_any_others(
    make: MakeTransport, query: dict[str, str], *, is_found: bool
) -> None:
    row = make(
        uit="4E2A21D5GGCNNG05",
        plate="B07ABC",
        vehicle_changes=[{"at": None, "plate": "AR55NOU", "trailer1": "CT83WPT", "note": "IS01"}],
        declarant_cui="900117817",
        declarant_name="CLUJ; TRANS | SRL",
        declarant_ref="; CMD",
        end={"county": "AR", "locality": "Nădlac"},
    )
    filters = ListFilters.from_query(query | {"arata": "toate"})
    rows = listing.filter_transports(filters, Transport.objects.all(), None, today=today())
    assert [transport.pk for transport in rows] == [row.pk] * is_found
