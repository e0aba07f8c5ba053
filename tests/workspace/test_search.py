"""One box finds a UIT by whatever the dispatcher has at hand, and by nothing else."""

import pytest
from django.db import connection

from caraus.accounts.models import Company, Organization
from caraus.transports.models import Transport
from caraus.words import today
from caraus.workspace import listing
from caraus.workspace.asked import Asked
from caraus.workspace.search import fold
from tests import factories
from tests.workspace.conftest import MakeTransport


def finds(typed: str, *companies: Company) -> set[str]:
    keys = [company.pk for company in companies or Company.objects.all()]
    asked = Asked.of({"q": typed, "arata": "toate"})
    found = listing.found_by(asked, Transport.objects.all(), keys, today=today())
    return {row.uit for row in listing.page(asked, found, keys)}


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
    words = "ĂÂÎȘŞȚŢ ăâîșşțţ Éé Öö Őő Üü Űű Çç Ññ Ôô-ABC.xyz/09_\u00a0„”"
    with connection.cursor() as cursor:
        cursor.execute("SELECT caraus_fold(%s)", [words])
        assert cursor.fetchone() == (fold(words),)
