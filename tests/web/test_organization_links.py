"""Ways that leave the page: of e-mails and notices into the right organization, of invitations, of
authorizations and of ANAF without any; out of an organization that one may not stay in."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings as configured
from django.utils.translation import override

from caraus.accounts.models import Company, Invitation, Organization, User
from caraus.authorizations.models import Authorization
from caraus.notifications import emails
from caraus.notifications.models import Notification
from tests import factories
from tests.client_handler import PlainClient
from tests.notifications.plain import plain, plain_facts
from tests.simulator_process import SimulatorProcess
from tests.web.test_organization_address import page


def notice_of(owner: User, organization: Organization) -> Notification:
    return Notification.objects.create(
        user=owner,
        organization=organization,
        kind="renewal_failed",
        key="k",
        message=plain.code,
        facts=plain_facts("Reînnoirea nu a mers", "Autorizează din nou.", "Vezi"),
        address="/integrari/?a=1#autorizeaza",
    )


def test_a_link_of_an_email_opens_its_organization(
    tab: PlainClient, organization: Organization, other_organization: Organization, owner: User
) -> None:
    with override("ro"):
        email = emails.compose_email([notice_of(owner, other_organization)])
    assert email is not None
    link = f"/o/{other_organization.slug}/integrari/?a=1#autorizeaza"
    assert f"{configured.PUBLIC_URL}{link}" in str(email.body)
    page(tab, f"/o/{organization.slug}/firme/")
    assert tab.get(link).context["organization"] == other_organization


def test_a_notice_opens_in_its_organization_wherever_it_was_written(
    tab: PlainClient, organization: Organization, other_organization: Organization, owner: User
) -> None:
    notice = notice_of(owner, other_organization)
    opened = f"/o/{other_organization.slug}/integrari/?a=1#autorizeaza"
    for stored in (notice.address, f"/o/{organization.slug}{notice.address}", opened):
        Notification.objects.update(address=stored)
        response = tab.post(f"/o/{organization.slug}/notificari/{notice.pk}/")
        assert response["Location"] == opened


def test_links_for_others_have_no_organization_in_their_address(
    tab: PlainClient, organization: Organization
) -> None:
    here = f"/o/{organization.slug}"
    link_page = tab.post(f"{here}/integrari/linkuri/", {}).content.decode()
    assert f"{configured.PUBLIC_URL}/autorizare/" in link_page
    tab.post(f"{here}/organizatie/membri/", {"email": "nou@example.ro", "role": "viewer"})
    invitation = Invitation.objects.get()
    shown = tab.post(f"{here}/organizatie/invitatii/{invitation.pk}/link/").content.decode()
    assert f"{configured.PUBLIC_URL}/invitatie/" in shown
    assert f"{configured.PUBLIC_URL}/o/" not in link_page + shown


def test_anaf_is_given_the_registered_address_and_the_page_after_it_leads_back(
    anaf: SimulatorProcess,
    tab: PlainClient,
    organization: Organization,
    other_organization: Organization,
    company: Company,
) -> None:
    begun = tab.post(f"/o/{organization.slug}/integrari/autorizare/")["Location"]
    assert parse_qs(urlsplit(begun).query)["redirect_uri"] == [configured.ANAF_REDIRECT_URI]
    page(tab, f"/o/{other_organization.slug}/firme/")  # in another tab, meanwhile
    after = tab.get("/anaf/callback", anaf.log_in("three", url=begun))
    assert Authorization.objects.get().organization == organization
    shown = after.content.decode()
    assert f'href="/o/{organization.slug}/transporturi/"' in shown
    assert f"/o/{other_organization.slug}/" not in shown

    begun = tab.post(f"/o/{organization.slug}/integrari/autorizare/")["Location"]
    state = parse_qs(urlsplit(begun).query)["state"][0]
    refused = tab.get("/anaf/callback", {"state": state, "error": "access_denied"}).content.decode()
    assert f'action="/o/{organization.slug}/integrari/autorizare/"' in refused
    assert f"/o/{other_organization.slug}/" not in refused


def test_whoever_leaves_goes_on_in_another_organization(
    tab: PlainClient, organization: Organization, other_organization: Organization
) -> None:
    factories.member(organization, "owner")
    left = tab.post(f"/o/{organization.slug}/organizatie/parasire/")
    assert left["Location"] == "/"
    assert tab.get("/")["Location"] == f"/o/{other_organization.slug}/"
    assert tab.get(f"/o/{organization.slug}/firme/").status_code == 404


def test_a_second_factor_is_demanded_of_the_organization_of_the_address(
    tab: PlainClient, organization: Organization, other_organization: Organization
) -> None:
    Organization.objects.filter(pk=other_organization.pk).update(require_two_factors=True)
    assert tab.get(f"/o/{organization.slug}/firme/").status_code == 200
    assert tab.get(f"/o/{other_organization.slug}/firme/")["Location"] == "/cont/2fa/"
