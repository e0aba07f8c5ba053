"""How a company is called: as most declarants write it, never a placeholder, never flipping."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf.info import parse_info
from caraus.anaf.values import canonical
from caraus.sync.models import SyncState
from caraus.transports.company_names import choose_name, names_nobody
from caraus.transports.store import store_response
from tests import factories

OURS = "900010100"


def name_of(*declared: tuple[str, str], standing: str = "") -> str:
    """Choose the name, by (declarant, name) pairs."""
    return choose_name(
        [(declarant, f"DECLARANT {declarant}", name) for declarant, name in declared],
        own_cui=OURS,
        standing=standing,
    )


PLACEHOLDERS = [
    *("", "-", "--", "N/A", "XX", "00", "900010100", "SRL", "S.C. SRL", "PF", "idem"),
    *("TRANSPORT PROPRIU", "Transport propriu SRL", "transportator", "MIJLOC PROPRIU"),
    *("mijloace proprii", "cu mijloace auto proprii", "CUMPARATOR", "BENEFICIARUL"),
    *("transportat de client", "Ridicare personală"),
]
NAMES = ["TRANS ȚEPEȘ SRL", "TRANSPORT SA", "Auto Popescu", "XXL Logistic"]


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_a_placeholder_is_no_name(name: str) -> None:
    assert names_nobody(name)
    assert name_of(("1", name), ("2", name), standing="ALFA SRL") == "ALFA SRL"


@pytest.mark.parametrize(
    "name", ["TRANS ȚEPEȘ SRL", "TRANSPORT SA", "Auto Popescu", "XXL Logistic"]
)
def test_a_name_is_one(name: str) -> None:
    assert not names_nobody(name)
    assert name_of(("1", name)) == name


def test_most_declarants_decide_not_most_uits() -> None:
    declared = [("1", "GAMA SRL")] * 20 + [("2", "ALFA SRL"), ("3", "ALFA SRL")]
    assert name_of(*declared) == "ALFA SRL"
    assert name_of(*declared[:20], ("2", "ALFA SRL")) == "GAMA SRL"


def test_writings_of_one_name_count_together() -> None:
    declared = [("1", "Trans Tepes SRL"), ("2", "TRANS ȚEPEȘ SRL"), ("3", "TRANS TEPES S.R.L.")]
    declared += [("4", "GAMA SRL"), ("5", "GAMA SRL")]
    assert name_of(*declared) == "TRANS ȚEPEȘ SRL"


@pytest.mark.parametrize(
    ("others", "name"),
    [
        ([("9", "BETA SRL")], "ALFA SRL"),  # one UIT moves nothing, whatever stands beside it
        ([("9", "BETA SRL")] * 2, "BETA SRL"),
        ([("1", "ALFA SRL"), ("9", "BETA SRL"), ("9", "BETA SRL")], "BETA SRL"),
        ([("1", "ALFA SRL")] * 2 + [("9", "BETA SRL")] * 2, "ALFA SRL"),
        ([("1", "ALFA SRL"), ("2", "ALFA SRL"), *[("9", "BETA SRL")] * 5], "ALFA SRL"),
    ],
)
def test_a_name_that_stands_gives_way_only_to_one_that_more_write(
    others: list[tuple[str, str]], name: str
) -> None:
    assert name_of(*others, standing="ALFA SRL") == name


def test_a_declarant_that_writes_its_own_name_does_not_name_the_carrier() -> None:
    declared = [("77", "Agro Est SRL", "AGRO EST S.R.L."), ("77", "Agro Est SRL", "AGRO EST SRL")]
    assert choose_name([*declared, ("8", "Z", "ALFA SRL")], own_cui=OURS, standing="") == "ALFA SRL"
    own = [(OURS, "Alfa SRL", "ALFA SRL")]
    assert choose_name(own, own_cui=OURS, standing="") == "ALFA SRL"
    # Where nothing else is known it is better than a number.
    assert choose_name(declared, own_cui=OURS, standing="") == "AGRO EST S.R.L."
    assert choose_name(declared, own_cui=OURS, standing="ALFA SRL") == "ALFA SRL"


def _answer(company: Company, names: list[tuple[str, str]], minutes: int) -> None:
    records = [
        {
            "uit": f"U{number}",
            "cod_decl": declarant,
            "data_transp": "2026-11-29",
            "data_exp_uit": "2026-12-04",
            "tr_cod": company.cui,
            "tr_den": name,
        }
        for number, (declarant, name) in enumerate(names)
    ]
    at = timezone.now() + timedelta(minutes=minutes)
    state, _ = SyncState.objects.get_or_create(company=company)
    response = parse_info(canonical(records).encode(), received_at=at)
    store_response(company=company, response=response, last_good_at=state.last_good_at, entries=[])
    SyncState.objects.filter(pk=state.pk).update(last_good_at=at)


def test_the_reported_response_names_the_company(company: Company) -> None:
    cases = json.loads((Path(__file__).parents[1] / "anaf" / "odd_answers.json").read_text("utf-8"))
    (case,) = [case for case in cases if case["name"] == "names"]
    company = factories.company(company.organization, cui="900020201")
    state = SyncState.objects.create(company=company)
    response = parse_info(canonical(case["body"]).encode())
    store_response(company=company, response=response, last_good_at=state.last_good_at, entries=[])
    company.refresh_from_db()
    assert company.name == "TRANS ȚEPEȘ SRL"


def test_the_name_does_not_flip_with_one_uit(company: Company) -> None:
    names = set()
    good = [("1", "ALFA SRL"), ("2", "ALFA SRL"), ("3", "Alfa SRL")]
    for minutes, odd in enumerate(["-", "BETA SRL", "TRANSPORT PROPRIU", "ALFA  S.R.L.", "GAMA"]):
        _answer(company, [*good, ("9", odd)], minutes)
        company.refresh_from_db()
        names.add(company.name)
    # The good ones gone from ANAF's list, what they wrote counts on.
    _answer(company, [("9", "BETA SRL")], 9)
    company.refresh_from_db()
    assert names | {company.name} == {"ALFA SRL"}


def test_a_typed_name_stays(company: Company) -> None:
    company.name, company.name_typed = "Firma mea", True
    company.save()
    _answer(company, [("1", "ALFA SRL"), ("2", "ALFA SRL")], 0)
    company.refresh_from_db()
    assert company.name == "Firma mea"


def test_a_name_as_long_as_any_is_kept_short_enough(company: Company) -> None:
    _answer(company, [("1", "ALFA " * 100)], 0)
    company.refresh_from_db()
    assert company.name.startswith("ALFA ALFA")
    assert len(company.name) <= 200
