"""The declarant: a contact kept once, a request whose text is ready, both known to the team."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.test import Client

from caraus.accounts.models import Company, Organization, User
from caraus.core.formatting import today
from caraus.fleet.issue_store import update_issues
from caraus.fleet.models import Vehicle
from caraus.transports.models import DeclarantContact
from caraus.workspace import declarant_requests
from tests import factories
from tests.squeezed import page_of
from tests.workspace.conftest import MakeTransport

CUI = "900117817"


def links(page: str) -> dict[str, str]:
    """Return the address of each request's link, by its word."""
    pairs = re.findall(r'href="([^"]+)"[^>]*? data-request="([^"]+)"', page)
    return {word: unescape(address) for address, word in pairs}


def text_of(address: str) -> str:
    """Return the text that a link opens."""
    fields = parse_qs(urlsplit(address).query)
    return (fields.get("body") or fields["text"])[0]


def test_a_contact_is_kept_once_for_a_declarant(
    signed_in: Client, make: MakeTransport, owner: User, organization: Organization
) -> None:
    first, second = make(declarant_cui=CUI), make(declarant_cui=CUI)
    stranger = make(
        company=factories.company(factories.organization("Altă firmă SRL")), declarant_cui=CUI
    )
    form = {"phone": " 0722  123 456 ", "email": "dispecerat@agro.ro"}
    response = signed_in.post(f"/transporturi/{first.pk}/contact-declarant/", form)
    assert response["Location"] == f"/transporturi/{first.pk}/#parti"
    contact = DeclarantContact.objects.get()
    assert (contact.organization, contact.cui, contact.phone) == (organization, CUI, "0722 123 456")
    assert contact.changed_by == owner
    page = page_of(signed_in.get(f"/transporturi/{second.pk}/"))
    assert 'href="tel:0722123456"' in page
    hrefs = links(page)
    assert hrefs["corectura:e-mail"].startswith("mailto:dispecerat@agro.ro?subject=")
    assert hrefs["uit-nou:whatsapp"].startswith("https://wa.me/40722123456?text=")
    form = {"phone": "+373 22 123456", "email": ""}
    signed_in.post(f"/transporturi/{second.pk}/contact-declarant/", form)
    assert DeclarantContact.objects.get().email == ""
    assert (
        signed_in.post(f"/transporturi/{stranger.pk}/contact-declarant/", form).status_code == 404
    )
    signed_in.post(f"/transporturi/{first.pk}/contact-declarant/", {"phone": "", "email": ""})
    assert not DeclarantContact.objects.exists()


def test_what_is_no_contact_is_reported_and_stays_as_typed(
    signed_in: Client, make: MakeTransport
) -> None:
    row = make(declarant_cui=CUI)
    address = f"/transporturi/{row.pk}/contact-declarant/"
    for form in ({"phone": "12 ab", "email": ""}, {"phone": "0722 123 456", "email": "agro@"}):
        page = page_of(signed_in.post(address, form))
        assert "field-error" in page
        assert (form["email"] or form["phone"]) in page
    assert not DeclarantContact.objects.exists()
    # Without a CUI there is nobody to keep it for.
    nameless = make(declarant_cui="")
    signed_in.post(f"/transporturi/{nameless.pk}/contact-declarant/", {"phone": "0722 123 456"})
    assert not DeclarantContact.objects.exists()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0722 123 456", "40722123456"),
        ("+40 722 123 456", "40722123456"),
        ("0040 722 123 456", "40722123456"),
        ("+373 (22) 12-34-56", "37322123456"),
        ("", ""),
    ],
)
def test_a_phone_number_as_whatsapp_takes_it(typed: str, number: str) -> None:
    assert declarant_requests.international(typed) == number


def test_the_text_says_what_is_wrong(
    signed_in: Client, make: MakeTransport, company: Company
) -> None:
    Company.objects.filter(pk=company.pk).update(name="Moții & Fiii SRL")
    Vehicle.objects.create(company=company, plate="CJ01ABC")
    row = make(
        plate="B12ABC",
        start={"county": "AR", "locality": "Nădlac"},
        end={"county": "CJ", "locality": "Cluj-Napoca"},
        first_expired_day=today() + timedelta(days=1),
    )
    update_issues(company.pk, because="uit")
    hrefs = links(page_of(signed_in.get(f"/transporturi/{row.pk}/")))
    assert set(hrefs) == {
        *("corectura:e-mail", "corectura:whatsapp", "uit-nou:e-mail", "uit-nou:whatsapp"),
    }
    for way in ("e-mail", "whatsapp"):
        text = text_of(hrefs[f"corectura:{way}"])
        assert "B12ABC nu e în flotă" in text
        assert "Nădlac (AR) → Cluj-Napoca (CJ)" in text
        assert text.endswith("Mulțumim, Moții & Fiii SRL")
        text = text_of(hrefs[f"uit-nou:{way}"])
        assert f"expiră {today():%d.%m.%Y}, la ora 24:00" in text
        assert "vehicul B12ABC" in text
    assert "UIT " in unquote(urlsplit(hrefs["uit-nou:e-mail"]).query)
    expired = make(state="expired", first_expired_day=today())
    hrefs = links(page_of(signed_in.get(f"/transporturi/{expired.pk}/")))
    assert "a expirat" in text_of(hrefs["uit-nou:e-mail"])
    other_transport = make(carrier_cui="900020201", carrier_name="Alții SRL", state="active")
    hrefs = links(page_of(signed_in.get(f"/transporturi/{other_transport.pk}/")))
    assert "transportatorul declarat este Alții SRL" in text_of(hrefs["corectura:e-mail"])


def test_a_request_stands_in_the_history(
    signed_in: Client, make: MakeTransport, owner: User, organization: Organization
) -> None:
    row = make(declarant_cui=CUI)
    address = f"/transporturi/{row.pk}/cerere/"
    for word in ("corectura:whatsapp", "altceva:e-mail", "corectura:porumbel", "corectura", ""):
        signed_in.post(address, {"ce": word})
    event = row.events.get()
    assert (event.kind, event.by) == ("requested", owner)
    page = page_of(signed_in.get(f"/transporturi/{row.pk}/"))
    assert f"<strong>cerere către declarant</strong>· {owner.name}" in page
    assert "<ins>corectură, prin WhatsApp</ins>" in page
    viewer = Client()
    viewer.force_login(factories.member(organization, "viewer"))
    assert viewer.post(address, {"ce": "corectura:e-mail"}).status_code == 403
    assert links(page_of(viewer.get(f"/transporturi/{row.pk}/"))) == {}
