"""The search from every page: by kind, of what one may see."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from caraus.accounts.models import Company, Organization
from caraus.core.organization_paths import without_organization
from caraus.fleet.models import Vehicle
from caraus.workspace import finder
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport, without_plan_queries

FIND = "/transporturi/cauta/"


def results_of(client: Client, typed: str) -> dict[str, list[tuple[str, str]]]:
    """Return label and address of each result, by kind."""
    kinds = client.get(FIND, {"q": typed}).context["kinds"]
    return {
        str(kind.label): [
            (result.label, without_organization(result.url)) for result in kind.results
        ]
        for kind in kinds
    }


def test_each_kind_is_found_and_leads_on(
    signed_in: Client, make: MakeTransport, company: Company
) -> None:
    Company.objects.filter(pk=company.pk).update(name="Moții Trans SRL")
    row = make(
        uit="4E2A21D5GGCNNG05",
        plate="B12ABC",
        trailer1="CT83WPT",
        declarant_cui="900117817",
        declarant_name="AGRO BĂRĂGAN SRL",
        declarant_ref="CMD-17",
        documents=[{"text": "CMR 196859"}],
        start={"county": "AR", "locality": "Nădlac"},
    )
    Vehicle.objects.create(company=company, plate="B12ABC", driver="Ștefan Ion", phone="0722 123")
    page = f"/transporturi/{row.pk}/"
    for typed, kind, result in (
        ("4e2a21d5", "UIT", ("4E2A 21D5 GGCN NG05", page)),
        ("4EZA21", "UIT", ("4E2A 21D5 GGCN NG05", page)),  # letters that look like digits
        ("ct-83", "Vehicule", ("CT83WPT", "/transporturi/?arata=toate&vehicul=CT83WPT")),
        ("196859", "Documente și referințe", ("CMD-17; CMR 196859", page)),
        ("cmd 17", "Documente și referințe", ("CMD-17; CMR 196859", page)),
        (
            "bărăgan",
            "Declaranți",
            ("AGRO BĂRĂGAN SRL", "/transporturi/?arata=toate&declarant=900117817"),
        ),
        ("stefan", "Șoferi", ("Ștefan Ion", "/transporturi/?vehicul=B12ABC")),
        ("0722", "Șoferi", ("Ștefan Ion", "/transporturi/?vehicul=B12ABC")),
        ("motii", "Firmele tale", ("Moții Trans SRL", f"/transporturi/?firma={company.cui}")),
    ):
        assert results_of(signed_in, typed) == {kind: [result]}, typed
        assert signed_in.get(result[1]).status_code == 200
    for nothing in ("", "zzz", "%", "nădlac"):
        assert results_of(signed_in, nothing) == {}
    assert "Nimic pentru „zzz”" in page_of(signed_in.get(FIND, {"q": "zzz"}))


def test_nothing_of_others_is_found(
    client: Client, make: MakeTransport, organization: Organization
) -> None:
    other_organization = factories.organization("Altă firmă SRL")
    stranger = factories.company(other_organization, cui="900030302", name="Secret SRL")
    make(company=stranger, plate="B99SECRET", declarant_name="Secret")
    Vehicle.objects.create(company=stranger, plate="B99SECRET", driver="Secret")
    # A member of the organization who is kept to one of its companies.
    secret_company = factories.company(organization, cui=factories.OTHER_CUI, name="Secretă SRL")
    make(company=secret_company, plate="B98SECRET")
    viewer = factories.member(organization, "viewer")
    membership = viewer.memberships.get()
    membership.only_some_companies = True
    membership.save()
    membership.companies.set(organization.companies.exclude(pk=secret_company.pk))
    client.force_login(viewer)
    assert results_of(client, "secret") == {}


def test_there_are_eight_of_a_kind_and_a_fixed_number_of_queries(
    signed_in: Client, make: MakeTransport
) -> None:
    counts = set()
    for many in (1, 20):
        for number in range(many):
            make(plate=f"B{many:02d}{number:02d}ABC", declarant_name=f"ABC {number}")
        with CaptureQueriesContext(connection) as queries:
            results = results_of(signed_in, "abc")
        counts.add(len(without_plan_queries(queries)))
    assert len(counts) == 1
    assert [len(of_kind) for of_kind in results.values()] == [finder.MAX_RESULTS] * 2
    assert set(results) == {"Vehicule", "Declaranți"}
    of_codes = results_of(signed_in, "ut0000")
    assert [(kind, len(results)) for kind, results in of_codes.items()] == [("UIT", 8)]


def test_for_the_dialog_the_results_alone(signed_in: Client, make: MakeTransport) -> None:
    make(plate="B12ABC")
    part = page_of(signed_in.get(FIND, {"q": "b12"}, headers={"hx-request": "true"}))
    assert "B12ABC" in part
    assert "<html" not in part
    assert "data-finder" in page_of(signed_in.get("/flota/"))
