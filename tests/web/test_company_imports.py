"""Lists of companies: shown before anything is added, corrected, undone; companies deleted."""

import io
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from caraus.accounts.models import AuditLogEntry, Company, Organization, User
from caraus.fleet.models import Vehicle
from caraus.lists.models import Draft
from caraus.transports.models import Transport
from tests import factories
from tests.lists import reading
from tests.web.test_companies import client_of, due

GOOD = ("14399840", "900010100", "900020201")
LIST = "/firme/lista/"
TABLE = f"Nr.\tDenumire\tCUI\n1\tTrans Ana\tRO {GOOD[0]}\n2\tExemplu\t{GOOD[1]}\n"


def cuis(organization: Organization) -> set[str]:
    return set(organization.companies.values_list("cui", flat=True))


def preview_of(client: Client, text: str) -> str:
    """Return the address of the preview of a pasted list."""
    start = client.post(LIST, {"text": text})
    assert start.status_code == 302
    return str(start["Location"])


def uit_of(company: Company) -> None:
    now = timezone.now()
    Transport.objects.create(
        company=company,
        uit="1A2B3C4D5E6F7H88",
        transport_date=now.date(),
        first_expired_day=now.date(),
        first_seen_at=now,
        last_seen_at=now,
        last_changed_at=now,
    )


@pytest.mark.parametrize(
    ("text", "pairs", "wrong"),
    [
        ("RO14399840\n900010100", [(GOOD[0], ""), (GOOD[1], "")], 0),
        ("14399840\tTrans Ana SRL\n", [(GOOD[0], "Trans Ana SRL")], 0),
        ("Trans Ana SRL; RO 14399840", [(GOOD[0], "Trans Ana SRL")], 0),
        ("14399840, Trans, Ana", [(GOOD[0], "Trans Ana")], 0),
        ("14399840 Trans Ana 2 SRL", [(GOOD[0], "Trans Ana 2 SRL")], 0),
        ("Trans Ana S.R.L. RO 14399840", [(GOOD[0], "Trans Ana S.R.L.")], 0),
        ("ro 14399840", [(GOOD[0], "")], 0),
        ("RO 14399840 Ștefan SRL", [(GOOD[0], "Ștefan SRL")], 0),
        ("14399840\n14399840\n", [(GOOD[0], "")], 0),
        # The head is skipped.
        ("CUI\n14399840\n14399841\n\n", [(GOOD[0], "")], 1),
    ],
)
def test_a_pasted_list_is_read_as_spreadsheets_copy_it(
    text: str, pairs: list[tuple[str, str]], wrong: int
) -> None:
    rows, _ = reading.companies(text)
    assert [(row.cui, row.name) for row in rows if row.verdict == "new"] == pairs
    assert sum(bool(row.error) for row in rows) == wrong


def test_the_line_that_is_wrong_is_named() -> None:
    rows, _ = reading.companies("14399840\n\nTrans Ana 14399841")
    assert rows[1].number == 3
    assert "cifra de control" in rows[1].error


def test_a_list_is_shown_before_any_company_is_added(
    signed_in: Client, organization: Organization
) -> None:
    factories.authorization(organization)
    factories.company(organization, cui=GOOD[1])
    preview = preview_of(signed_in, TABLE)
    page = signed_in.get(preview).content.decode()
    assert cuis(organization) == {GOOD[1]}
    assert "1 firmă nouă" in page
    assert "deja în listă" in page
    assert "1 rând sărit" in page
    response = signed_in.post(preview, {}, follow=True)
    assert "Am adăugat 1 firmă." in response.content.decode()
    assert "1 era deja în listă." in response.content.decode()
    company = Company.objects.get(cui=GOOD[0])
    assert (company.name, company.name_typed) == ("Trans Ana", True)
    assert due() == [(company.pk, False)]
    assert signed_in.get(preview).status_code == 404


def test_a_wrong_row_waits_and_can_be_corrected(
    signed_in: Client, organization: Organization
) -> None:
    preview = preview_of(signed_in, f"{GOOD[0]};Trans Ana\n14399841;Trans Pop\n")
    page = signed_in.post(preview, {}, follow=True).content.decode()
    assert "1 rând are încă probleme" in page
    assert "cifra de control" in page
    assert signed_in.get(preview).context["corrected"] == "14399841; Trans Pop"
    signed_in.post(preview, {"gresite": f"{GOOD[1]}; Trans Pop"})
    signed_in.post(preview, {})
    assert cuis(organization) == {GOOD[0], GOOD[1]}


def test_the_meaning_of_a_column_can_be_chosen(
    signed_in: Client, organization: Organization
) -> None:
    preview = preview_of(signed_in, f"{GOOD[0]};Ana SRL;Bistrița\n{GOOD[1]};Pop SRL;Arad\n")
    page = signed_in.get(preview)
    assert [column.role for column in page.context["columns"]] == ["cui", "name", ""]
    roles = {"coloana-0": "cui", "coloana-1": "", "coloana-2": "name", "coloana-9": "name"}
    signed_in.post(preview, {"coloane": "1"} | roles)
    signed_in.post(preview, {"coloane": "1", "coloana-0": "cheie"})  # no role changes nothing
    signed_in.post(preview, {})
    names = organization.companies.order_by("cui").values_list("cui", "name")
    assert dict(names) == {GOOD[0]: "Bistrița", GOOD[1]: "Arad"}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_list_may_be_a_file(signed_in: Client, organization: Organization, kind: str) -> None:
    data = TABLE.replace("\t", ";").encode("cp1250")
    if kind == "xlsx":
        book, file = Workbook(), io.BytesIO()
        for line in TABLE.splitlines():
            book.worksheets[0].append(line.split("\t"))
        book.save(file)
        data = file.getvalue()
    start = signed_in.post(LIST, {"file": SimpleUploadedFile(f"clienți.{kind}", data)})
    assert f"clienți.{kind}" in signed_in.get(start["Location"]).content.decode()
    signed_in.post(start["Location"], {})
    assert cuis(organization) == {GOOD[0], GOOD[1]}


def test_a_list_that_cannot_be_read_is_reported(
    signed_in: Client, organization: Organization
) -> None:
    for form, sentence in (
        ({}, "Lipește lista sau alege un fișier."),
        ({"text": ";;"}, "Lista este goală"),
        ({"text": "CUI;Denumire"}, "numai capul de tabel"),
        ({"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0")}, "formatul vechi .xls"),
    ):
        assert sentence in signed_in.post(LIST, form).content.decode()
    assert not Draft.objects.exists()


def test_of_a_list_as_many_are_added_as_the_limit_allows_and_the_others_are_named(
    signed_in: Client, organization: Organization, settings: LazySettings
) -> None:
    settings.COMPANIES_PER_ORGANIZATION = 2
    factories.company(organization, cui="14399840")
    text = f"14399840\n{factories.CUI}\n{factories.OTHER_CUI}\n900030302"
    preview = preview_of(signed_in, text)
    page = signed_in.post(preview, {}, follow=True).content.decode()
    assert f"2 firme nu au mai încăput ({factories.OTHER_CUI}, 900030302)." in page
    assert "O organizație poate avea cel mult 2 firme." in page
    assert "1 era deja în listă." in page
    assert cuis(organization) == {"14399840", factories.CUI}
    assert "2 firme noi" in signed_in.get(preview).content.decode()  # nothing is lost


# -- undone --------------------------------------------------------------------------------------


def test_for_an_hour_a_list_can_be_undone_where_nothing_came_of_it(
    signed_in: Client, organization: Organization
) -> None:
    archived = factories.company(organization, cui="900030302")
    Company.objects.update(archived_at=timezone.now())
    preview = preview_of(signed_in, "\n".join([*GOOD, "900030302", "900040403"]))
    assert "1 firmă iese din arhivă" in signed_in.get(preview).content.decode()
    assert "Anulează importul" in signed_in.post(preview, {}, follow=True).content.decode()
    uit_of(Company.objects.get(cui=GOOD[1]))
    Company.objects.filter(cui=GOOD[2]).update(name="Alt nume", name_typed=True)
    Vehicle.objects.create(company=Company.objects.get(cui="900040403"), plate="B123ABC")
    response = signed_in.post(f"{preview}anulare/", follow=True).content.decode()
    assert "2 firme au fost scoase din listă" in response
    assert "Rămân în listă: 3 firme" in response
    assert "Anulează importul" not in response
    assert cuis(organization) == {GOOD[1], GOOD[2], "900030302", "900040403"}
    archived.refresh_from_db()
    assert archived.archived_at
    assert signed_in.post(f"{preview}anulare/").status_code == 404


def test_after_an_hour_nothing_is_undone(signed_in: Client, organization: Organization) -> None:
    preview = preview_of(signed_in, TABLE)
    signed_in.post(preview, {})
    Draft.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    assert "Anulează importul" not in signed_in.get("/firme/").content.decode()
    assert signed_in.post(f"{preview}anulare/").status_code == 404
    assert cuis(organization) == {GOOD[0], GOOD[1]}


def test_a_list_that_is_given_up_adds_nothing(
    signed_in: Client, organization: Organization
) -> None:
    preview = preview_of(signed_in, TABLE)
    signed_in.post(f"{preview}renuntare/")
    assert not Draft.objects.exists()
    assert cuis(organization) == set()


# -- deleted -------------------------------------------------------------------------------------


def test_a_company_that_never_had_a_uit_can_be_deleted(
    signed_in: Client, organization: Organization, company: Company
) -> None:
    Vehicle.objects.create(company=company, plate="B123ABC")
    page = signed_in.get(f"/firme/{company.pk}/").content.decode()
    assert "Șterge firma" in page
    assert "Se șterge și flota ei: 1 vehicul." in page
    response = signed_in.post(f"/firme/{company.pk}/stergere/", follow=True)
    assert f"Firma cu CUI {company.cui} a fost ștearsă." in response.content.decode()
    assert cuis(organization) == set()
    assert company.cui in AuditLogEntry.objects.latest("pk").text


def test_a_company_with_a_uit_is_kept(
    signed_in: Client, organization: Organization, company: Company
) -> None:
    uit_of(company)
    assert "Șterge firma" not in signed_in.get(f"/firme/{company.pk}/").content.decode()
    response = signed_in.post(f"/firme/{company.pk}/stergere/", follow=True)
    assert "nu poate fi ștearsă, numai arhivată" in response.content.decode()
    assert cuis(organization) == {company.cui}


def test_after_a_company_was_added_one_press_leads_to_its_authorization(
    signed_in: Client, organization: Organization
) -> None:
    page = signed_in.post("/firme/", {"cui": GOOD[0]}, follow=True).content.decode()
    assert "Autorizează acum" in page
    assert 'action="/integrari/autorizare/"' in page
    assert "Autorizează acum" not in signed_in.get("/firme/").content.decode()
    factories.authorization(organization)
    page = signed_in.post("/firme/", {"cui": GOOD[1]}, follow=True).content.decode()
    assert "Autorizează acum" not in page


@pytest.mark.parametrize("role", ["dispatcher", "viewer"])
def test_who_is_no_administrator_may_not(
    organization: Organization, owner: User, company: Company, role: str
) -> None:
    preview = preview_of(client_of(owner), TABLE)
    client = client_of(factories.member(organization, role))
    for address in (LIST, preview, f"{preview}renuntare/", f"{preview}anulare/"):
        assert client.post(address, {}).status_code == 403
    assert client.post(f"/firme/{company.pk}/stergere/").status_code == 403
    assert cuis(organization) == {company.cui}
