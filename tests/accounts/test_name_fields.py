"""Names are one line of visible text, and no advertisement."""

import pytest
from django.conf import LazySettings
from django.test import Client

from caraus.accounts.models import Company, Organization, User
from caraus.accounts.name_fields import has_link, single_line
from caraus.accounts.provision import provision_user
from caraus.fleet.models import Vehicle
from caraus.workspace import saved_views
from tests import factories
from tests.lists import reading


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


ODD = "Trans\r\nBcc: altul@example.ro\u202e\u200b\x07 \t Test"
PLAIN = "Trans Bcc: altul@example.ro Test"


def test_what_is_not_seen_and_what_breaks_a_line_is_left_out() -> None:
    assert single_line(ODD) == PLAIN
    assert single_line("\u2028A\u0085B\u2029\x00") == "A B"
    assert single_line("Ștefan cel Mare") == "Ștefan cel Mare"


@pytest.mark.parametrize(
    "name",
    [
        *("Ministerul https://evil.example/spv", "www.evil.ro", "Intră pe evil.com", "evil.ro/spv"),
        *("ANAF spv.evil-anaf.com.ro:8080", "EVIL.RO", "(evil.ro)", "Trans evil.co.uk."),
        *("anaf.ai/spv", "anaf.agency:8080", "evil.xn--p1ai", "185.1.2.3/spv", "185.1.2.3:80"),
        *("ｅｖｉｌ．ｃｏｍ", "evil。com", "evil\u2024com"),
    ],
)
def test_links_are_seen(name: str) -> None:
    assert has_link(name)


@pytest.mark.parametrize(
    "name",
    [
        *("S.C. Trans Pop S.R.L.", "Dr.Ion Pop", "I.I. Pop A. Ion", "Trans & Fiii S.N.C."),
        *("ana.pop@example.ro", "ana.ro@gmail.com", "Trans nr. 2/2020", "A.B.C.D", "SC ROM-TIR SA"),
        *("Pop S.R.L./Sibiu", "J40/1.2.2020", "Lotul 1.2.3.4", "S.C. Ana P.F.A. / I.I."),
    ],
)
def test_ordinary_names_are_no_links(name: str) -> None:
    assert not has_link(name)


def test_every_way_into_the_database_makes_one_line(organization: Organization) -> None:
    """Whoever writes it: forms, commands, ANAF's answers, many rows at once."""
    created = Organization.objects.create(name=ODD)
    assert created.name == PLAIN
    Organization.objects.filter(pk=organization.pk).update(name=ODD)
    Company.objects.bulk_create([Company(organization=created, cui=factories.CUI, name=ODD)])
    provision_user(email="x@example.ro", name=ODD, organization_name=ODD)
    for names in (
        Organization.objects.values_list("name", flat=True),
        Company.objects.values_list("name", flat=True),
        User.objects.values_list("name", flat=True),
    ):
        assert set(names) == {PLAIN}


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("/organizatie/noua/", "name", {}),
        ("/organizatie/setari/", "name", {}),
        ("/firme/", "name", {"cui": "14399840"}),
        ("/firme/{company}/", "name", {}),
    ],
)
def test_forms_refuse_links_in_names_and_mend_lines(
    owner: User, organization: Organization, path: str, field: str, more: dict[str, str]
) -> None:
    company = factories.company(organization)
    client = client_of(owner)
    path = path.format(company=company.pk)
    page = client.post(path, more | {field: "Câștigă pe evil.ro"})
    assert page.status_code == 200
    assert "cuprinde o adresă de internet" in page.content.decode()
    assert client.post(path, more | {field: ODD}).status_code == 302
    named = Organization.objects.values_list("name", flat=True)
    firms = Company.objects.values_list("name", flat=True)
    assert PLAIN in [*named, *firms]


def test_a_persons_name_is_no_link(settings: LazySettings, db: None) -> None:
    settings.SIGNUP = "open"
    password = "o parolă destul de lungă"
    form = {"email": "ana@example.ro", "password1": password, "password2": password}
    page = Client().post("/cont/signup/", form | {"name": "ANAF https://evil.example"})
    assert "cuprinde o adresă de internet" in page.content.decode()
    Client().post("/cont/signup/", form | {"name": "Ana\nPop"})
    assert User.objects.get().name == "Ana Pop"


def test_pasted_companies_have_such_names_too() -> None:
    good, wrong = reading.companies("RO 14399840; Trans\u202e Pop\nRO 900010100; evil.ro")[0]
    assert (good.cui, good.name) == ("14399840", "Trans Pop")
    assert "adresă de internet" in wrong.error


def test_notes_and_views_are_one_line(owner: User, organization: Organization) -> None:
    membership = owner.memberships.get()
    view, _ = saved_views.save_view(membership, name=ODD, address="", default=False)
    assert view.name == PLAIN
    (row,) = reading.fleet("B 123 ABC\tvehicul\tDAF\u202e 2")[0]
    assert row.lines[0].entry.note == "DAF 2"
    company = factories.company(organization)
    form = {"firma": company.cui, "plate": "B 123 ABC", "kind": "vehicle", "note": "DAF\n2"}
    assert client_of(owner).post("/flota/", form).status_code == 302
    assert Vehicle.objects.get().note == "DAF 2"
