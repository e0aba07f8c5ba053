"""A link for each of many companies, each to an address of its own."""

import re
from urllib.parse import urlencode

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations.models import ExternalLink
from caraus.authorizations.pasted_addresses import read_addresses
from caraus.authorizations.views.links_per_company import MAX_LINKS
from caraus.mail.models import OutgoingEmail
from tests import factories
from tests.mail import delivered
from tests.squeezed import squeezed

SECRET = re.compile(r"<code[^>]*>[^<]*/autorizare/([\w-]{43})/</code>")


@pytest.fixture
def companies(organization: Organization) -> list[Company]:
    return [
        factories.company(organization, cui=f"9000001{number:02}", name=f"Firma {number}")
        for number in range(3)
    ]


def page_of(companies: list[Company]) -> str:
    chosen = urlencode([("firma", company.pk) for company in companies])
    return f"/integrari/linkuri/pe-firma/?{chosen}"


def test_the_ticked_companies_of_firme_get_a_link_each(
    signed_in: Client, companies: list[Company]
) -> None:
    chosen = [company.pk for company in companies[:2]]
    response = signed_in.post("/firme/alese/", {"firma": chosen, "ce": "linkuri"})
    assert response["Location"].endswith(page_of(companies[:2]))
    shown = signed_in.get(page_of(companies[:2])).content.decode()
    assert "Firma 1" in shown
    assert "Firma 2" not in shown
    form = {f"email_{companies[0].pk}": "ion@firma0.ro", "lifetime": "168", "reminders": "on"}
    shown = signed_in.post(page_of(companies[:2]), form).content.decode()
    links = ExternalLink.objects.order_by("pk")
    assert [list(link.companies.all()) for link in links] == [[companies[0]], [companies[1]]]
    assert [(link.email, link.for_all) for link in links] == [("ion@firma0.ro", False), ("", False)]
    assert {(link.expires_at - link.created_at).days for link in links} == {7}
    (email,) = delivered()
    assert email.to == ["ion@firma0.ro"]
    assert "Firma 0" in email.body
    assert "Firma 1" not in email.body
    (secret,) = SECRET.findall(shown)
    assert secret not in email.body
    page = Client()
    page.get(f"/autorizare/{secret}/")
    assert "Firma 1" in page.get("/autorizare/").content.decode()


def test_the_address_of_a_companys_last_link_is_filled_in(
    signed_in: Client, companies: list[Company]
) -> None:
    for address in ("vechi@firma.ro", "nou@firma.ro"):
        signed_in.post(page_of(companies[:1]), {f"email_{companies[0].pk}": address})
    shown = squeezed(signed_in.get(page_of(companies)).content.decode())
    assert 'value="nou@firma.ro"' in shown
    assert "vechi@firma.ro" not in shown


def test_a_wrong_address_makes_no_link_at_all(signed_in: Client, companies: list[Company]) -> None:
    form = {f"email_{companies[0].pk}": "ion@firma.ro", f"email_{companies[1].pk}": "ion la firma"}
    shown = signed_in.post(page_of(companies), form).content.decode()
    assert "Aceasta nu este o adresă de e-mail." in shown
    assert not ExternalLink.objects.exists()


def test_a_young_organization_sends_its_few_and_copies_the_others(
    signed_in: Client, companies: list[Company], settings: LazySettings
) -> None:
    settings.SIGNUP = "open"
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"young_link_email": "2/1d/user"}
    form = {f"email_{company.pk}": f"a{company.pk}@firma.ro" for company in companies}
    shown = signed_in.post(page_of(companies), form).content.decode()
    assert len(delivered()) == 2
    assert len(SECRET.findall(shown)) == 1


def test_an_email_that_cannot_be_queued_leaves_no_link(
    signed_in: Client, companies: list[Company]
) -> None:
    with connection.cursor() as cursor:  # undone with the test's transaction
        cursor.execute(
            "ALTER TABLE mail_outgoingemail ADD CONSTRAINT refused"
            " CHECK (recipient <> 'ion@firma.ro')"
        )
    signed_in.raise_request_exception = False
    form = {
        f"email_{companies[0].pk}": "ana@firma.ro",
        f"email_{companies[1].pk}": "ion@firma.ro",
    }
    assert signed_in.post(page_of(companies), form).status_code == 500
    address = {"companies": [companies[0].pk], "email": "ion@firma.ro"}
    assert signed_in.post("/integrari/linkuri/", address).status_code == 500
    assert not ExternalLink.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_only_companies_that_the_member_sees_get_a_link(
    organization: Organization, companies: list[Company], stranger: User
) -> None:
    someone = factories.member(organization, "dispatcher")
    Membership.objects.filter(user=someone).update(only_some_companies=True)
    Membership.objects.get(user=someone).companies.add(companies[0])
    theirs = Company.objects.exclude(organization=organization).get()
    client = Client()
    client.force_login(someone)
    client.post(page_of([*companies, theirs]))
    (link,) = ExternalLink.objects.all()
    assert list(link.companies.all()) == [companies[0]]


def test_one_press_makes_a_bounded_number(signed_in: Client, organization: Organization) -> None:
    companies = Company.objects.bulk_create(
        Company(organization=organization, cui=str(10_000_000 + number))
        for number in range(MAX_LINKS + 1)
    )
    signed_in.post(page_of(companies))
    assert ExternalLink.objects.count() == MAX_LINKS


def test_a_press_that_is_repeated_makes_nothing_twice(
    signed_in: Client, companies: list[Company]
) -> None:
    page = signed_in.get(page_of(companies))
    form = {
        "form_key": str(page.context["form"]["form_key"].value()),
        f"email_{companies[0].pk}": "ion@firma.ro",
    }
    assert form["form_key"] in page.content.decode()
    assert signed_in.post(page_of(companies), form).status_code == 200
    again = signed_in.post(page_of(companies), form, follow=True)
    assert "Linkurile acestea au fost deja generate" in again.content.decode()
    assert ExternalLink.objects.count() == len(companies)
    assert len(delivered()) == 1
    other = signed_in.get(page_of(companies)).context["form"]["form_key"].value()
    assert str(other) != form["form_key"]
    signed_in.post(page_of(companies[:1]), {"form_key": str(other)})
    assert ExternalLink.objects.count() == len(companies) + 1


def test_links_are_counted_and_not_presses(
    signed_in: Client, companies: list[Company], settings: LazySettings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"links_per_company": "5/h/user"}
    key = {"form_key": "0b9f3c1e-6a43-4c53-9d7b-1f0f5a3c2d11"}
    assert signed_in.post(page_of(companies)).status_code == 200
    assert signed_in.post(page_of(companies), key).status_code == 429
    assert ExternalLink.objects.count() == 3
    # What was refused counts neither as links nor as the form's press.
    assert signed_in.post(page_of(companies[:2]), key).status_code == 200
    assert ExternalLink.objects.count() == 5


# -- addresses pasted ----------------------------------------------------------------------------

PASTED = (
    "Clienții noștri\nNr.\tFirma\tE-mail\n"
    "1\tS.C. Firma 0 S.R.L.\tion@firma0.ro\n2\tRO 900000101\tana@firma1.ro\n"
    "3\tAlta SRL\tx@alta.ro\n4\tFirma 0\taltul@firma0.ro\n5\tFirma 2\t\n"
)


def test_pasted_addresses_stand_beside_their_companies_before_anything_is_sent(
    signed_in: Client, companies: list[Company]
) -> None:
    form = {f"email_{companies[2].pk}": "doi@firma2.ro", "lifetime": "168", "pasted": PASTED}
    response = signed_in.post(page_of(companies), form)  # whichever button was pressed
    assert not ExternalLink.objects.exists()
    shown = {company.cui: field.value() for company, field in response.context["form"].rows()}
    assert shown == {
        "900000100": "ion@firma0.ro",
        "900000101": "ana@firma1.ro",
        "900000102": "doi@firma2.ro",
    }
    assert response.context["form"]["pasted"].value() == ""
    words = squeezed(response.content.decode())
    assert "2 adrese așezate lângă firme, din 3." in words
    assert "3 · Alta SRL · x@alta.ro" in words
    assert "4 · Firma 0 · altul@firma0.ro" in words
    filled = {f"email_{c.pk}": shown[c.cui] for c in companies} | {"lifetime": "168"}
    signed_in.post(page_of(companies), filled)
    assert {tuple(email.to) for email in delivered()} == {
        ("ion@firma0.ro",),
        ("ana@firma1.ro",),
        ("doi@firma2.ro",),
    }


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Firma 0;ion@firma0.ro", "ion@firma0.ro"),
        ("ion@firma0.ro,900000100", "ion@firma0.ro"),
        ("19\tRO900000100 Firma veche\tIon <ion@firma0.ro>; a@b.ro", "ion@firma0.ro"),
        ("FIRMĂ 0 SRL - ion@firma0.ro.", "ion@firma0.ro"),
        ("Firma\tion@firma0.ro", None),
        ("900000101\tion@firma0.ro", None),
    ],
)
def test_a_row_is_of_the_company_whose_cui_or_name_it_has(
    companies: list[Company], text: str, email: str | None
) -> None:
    pasted = read_addresses(text, companies[:1])
    assert pasted.addresses.get(companies[0].pk) == email
    assert bool(pasted.unmatched) == (email is None)


def test_of_two_companies_of_one_name_only_the_cui_tells(organization: Organization) -> None:
    same = [
        factories.company(organization, cui=cui, name="Trans SRL")
        for cui in ("900000100", "900000101")
    ]
    pasted = read_addresses("Trans SRL;a@trans.ro\n900000101;b@trans.ro", same)
    assert pasted.addresses == {same[1].pk: "b@trans.ro"}
    assert list(pasted.unmatched) == ["Trans SRL · a@trans.ro"]


@pytest.mark.parametrize("text", ["", "\n ", "Firma 0\tfără"])
def test_a_paste_without_an_address_says_so(
    signed_in: Client, companies: list[Company], text: str
) -> None:
    response = signed_in.post(page_of(companies), {"pasted": text, "asaza": "1"})
    assert "În listă nu este nicio adresă de e-mail." in response.content.decode()
    assert not ExternalLink.objects.exists()


def test_a_form_without_the_list_says_that_there_is_no_address(
    signed_in: Client, companies: list[Company]
) -> None:
    response = signed_in.post(page_of(companies), {"asaza": "1"})
    assert response.status_code == 200
    assert "În listă nu este nicio adresă de e-mail." in response.content.decode()


# -- all of a tab --------------------------------------------------------------------------------


def test_all_of_a_tab_and_a_search_are_chosen_over_all_pages(
    signed_in: Client, organization: Organization
) -> None:
    many = Company.objects.bulk_create(
        Company(organization=organization, cui=str(10_000_000 + number), name=f"Client {number}")
        for number in range(30)
    )
    factories.company(organization, cui="900000100", name="Altfel")
    chosen = {"firma": many[3].pk, "ce": "linkuri", "toate": "1", "stare": "fara-uit"}
    for query, number in (("client", 30), ("", Company.objects.filter(archived_at=None).count())):
        response = signed_in.post("/firme/alese/", chosen | {"q": query})
        assert response["Location"].count("firma=") == number
