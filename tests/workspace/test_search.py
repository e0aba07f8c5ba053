"""One box finds a UIT by whatever the dispatcher has at hand, and by nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.transports.models import Transport
from caraus.words import folded, today
from caraus.workspace import keyset, listing, search
from caraus.workspace.asked import SHOWN, SORTS, Asked
from caraus.workspace.models import SearchWords
from tests import factories
from tests.workspace.conftest import MakeTransport


def finds(typed: str, *companies: Company) -> set[str]:
    keys = [company.pk for company in companies or Company.objects.all()]
    asked = Asked.of({"q": typed, "arata": "toate"})
    _, page = listing.shown(asked, keys, today=today())
    uits = {row.uit for row in page}
    # The other views and the files ask another way.
    found = listing.found_by(asked, Transport.objects.all(), keys, today=today())
    assert {row.uit for row in found.rows} == uits
    return uits


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
def test_whatever_is_at_hand_finds_it(make: MakeTransport, typed: str) -> None:
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
    assert finds(typed) == {row.uit}


@pytest.mark.parametrize(
    "typed", ["zzz", "%", "_", "'; drop table", "plate", "null", "county", "12 zzz", "C", "\\", "„"]
)
def test_nothing_else_is_found(make: MakeTransport, typed: str) -> None:
    make(plate="B12ABC", vehicle_changes=[{"plate": None, "trailer1": "", "note": "zzz"}])
    assert finds(typed) == set()


def test_an_empty_search_is_no_search(make: MakeTransport) -> None:
    row = make()
    assert finds("  ") == {row.uit}


def test_one_company_is_searched_alone(make: MakeTransport, organization: Organization) -> None:
    mine = make(plate="B12ABC")
    other = factories.company(organization, cui=factories.OTHER_CUI)
    theirs = make(company=other, plate="B12ABC")
    assert finds("b12", mine.company) == {mine.uit}
    assert finds("b12") == {mine.uit, theirs.uit}


def test_odd_kept_values_are_no_obstacle(make: MakeTransport) -> None:
    row = make(plate="B12ABC", vehicle_changes={"plate": "X"}, start=[], end="text")
    assert finds("b12") == {row.uit}


def test_both_sides_fold_alike(db: None) -> None:
    words = "ĂÂÎȘŞȚŢ ăâîșşțţ Éé Öö Őő Üü Űű Çç Ññ Ôô-ABC.xyz/09_\u00a0„” "
    words += "Žž Łódź čechy ģertrude İIı №5 ß ẞ ½ đĐ øØ ﬁ K ｆ"
    with connection.cursor() as cursor:
        cursor.execute("SELECT caraus_fold(%s)", [words])
        assert cursor.fetchone() == (folded(words),)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_found_is_narrowed_and_put_in_order_as_the_list_is(
    make: MakeTransport, organization: Organization, shown: str, sort: str
) -> None:
    """Beside the words stands a copy of what the list knows, kept by the database itself."""
    now, states = timezone.now(), list(Transport.State)
    other = factories.company(organization, cui=factories.OTHER_CUI)
    for number in range(24):
        appeared = now - timedelta(hours=7 * (number * 5 % 24))
        make(
            plate="CJ77NOU" if number % 3 else "B12ABC",
            transport_date=today() + timedelta(days=number % 5 - 2),
            first_expired_day=today() + timedelta(days=number * 7 % 9 - 1),
            first_seen_at=appeared,
            last_changed_at=appeared + timedelta(hours=number % 2),
            **({"company": other} if number % 4 == 0 else {}),
        )
    for number, row in enumerate(Transport.objects.order_by("pk")):  # changed after their birth
        row.state = states[number % len(states)]
        row.last_changed_at += timedelta(minutes=number * 11 % 24)
        row.save()
    keys = [company.pk for company in Company.objects.all()]
    until = today().isoformat()
    for more in ({}, {"modificate": "1"}, {"pana_la": until}, {"vehicul": "77n"}):
        asked = Asked.of({"q": "cj77", "arata": shown, "sortare": sort} | more)
        found, page = listing.shown(asked, keys, today=today())
        plain = listing.found_by(replace(asked, q=""), Transport.objects.all(), keys, today=today())
        wanted = plain.rows.filter(plate="CJ77NOU").order_by(
            *keyset.ORDERS[sort].by(backwards=False)
        )
        assert [row.pk for row in page] == [row.pk for row in wanted]
        assert (found.rows.model is Transport) is (shown in listing.RARE)


def test_what_is_found_in_too_many_is_walked_and_found_the_same(
    make: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make(plate="B12ABC" if number % 2 else "CJ77NOU") for number in range(12)]
    keys = [rows[0].company_id]
    monkeypatch.setattr(search, "FEW", 5)
    monkeypatch.setattr(search, "_is_common", lambda *_: False)
    found, page = listing.shown(Asked(q="cj77", arata="toate"), keys, today=today())
    assert found.walked
    assert [row.pk for row in page] == [row.pk for row in reversed(rows[::2])]
    monkeypatch.setattr(search, "FEW", 6)
    found, page = listing.shown(Asked(q="cj77", arata="toate"), keys, today=today())
    assert not found.walked
    assert page.total == 6


@pytest.mark.parametrize(
    ("asked", "is_found"),
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
@pytest.mark.parametrize("common", [False, True])
def test_each_filter_looks_in_its_own_fields_however_many_were_given(
    make: MakeTransport,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, str],
    *,
    is_found: bool,
    common: bool,
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
    monkeypatch.setattr(search, "_is_common", lambda *_: common)
    _, page = listing.shown(Asked.of(asked | {"arata": "toate"}), [row.company_id], today=today())
    assert [one.pk for one in page] == [row.pk] * is_found


def test_words_of_any_length_are_cut_and_what_stands_first_is_found(
    make: MakeTransport, company: Company
) -> None:
    """Fields of 100 kB took minutes: the time grows with the square of the words' length."""
    long = "Șoseaua " * 12_500
    change = {"at": None, "plate": long, "trailer1": long, "trailer2": long}
    row = make(
        plate="B77LUNG",
        trailer1=long,
        trailer2=long,
        declarant_name=f"AGRO {long}",
        declarant_cui=long,
        declarant_ref=long,
        vehicle_changes=[change] * 50,
        start={"county": long, "locality": long, "full_address": long},
        end={"county": long, "locality": long, "full_address": long},
    )
    words = SearchWords.objects.get(pk=row.pk).words
    assert 2000 < len(words) <= 10_002
    assert words.startswith(f" {row.uit.lower()} ; b77lung soseaua")
    assert list(Transport.objects.filter(words__words__contains=" b77lung ")) == [row]
    short = make(declarant_name="X" * 3000, start={"county": "CJ"})
    words = SearchWords.objects.get(pk=short.pk).words
    assert (words.count("x"), words.endswith(" cj ")) == (2000, True)
