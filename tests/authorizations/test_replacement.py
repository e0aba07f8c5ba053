"""A renewed certificate: the new authorization takes over, and loses nothing on the way."""

from django.test import Client

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations import consent, rights
from caraus.authorizations.models import Authorization
from caraus.authorizations.rights_check import check_rights
from caraus.sync.company_sync import sync_company
from tests import factories
from tests.authorize import authorize
from tests.simulator_process import SimulatorProcess


def reauthorize(
    anaf: SimulatorProcess, client: Client, certificate: str, replaces: Authorization
) -> Authorization:
    begun = client.post("/integrari/autorizare/", {"inlocuieste": replaces.pk})
    client.get("/anaf/callback", anaf.log_in(certificate, url=begun["Location"]))
    return Authorization.objects.latest("pk")


def test_the_page_names_the_authorization_and_the_steps(
    signed_in: Client, organization: Organization
) -> None:
    old = factories.authorization(organization, serial="00AB12CD34EF5678")
    page = signed_in.get(f"/integrari/certificat-reinnoit/?autorizare={old.pk}").content.decode()
    for words in ("Înregistrează certificatul nou", "Încearcă-l pe portal", "00AB…EF5678"):
        assert words in page
    assert f'name="inlocuieste" value="{old.pk}"' in page


def test_the_new_one_takes_over_the_companies_and_both_serials_stay_on_record(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization, company: Company
) -> None:
    old = authorize(anaf, organization)
    sync_company(company_id=company.pk)
    anaf.rights("single", cuis=[company.cui])
    new = reauthorize(anaf, signed_in, "single", old)
    old.refresh_from_db()
    assert (old.status, old.replaced_by) == ("active", new)  # until the new one is known to do
    assert rights.authorization_for(company) == old
    check_rights(authorization_id=new.pk)
    old.refresh_from_db()
    assert (old.status, old.replaced_by) == ("replaced", new)
    assert old.access_token_sealed == old.refresh_token_sealed == ""
    assert rights.authorization_for(company) == new
    assert old.certificate_serial == "three"
    assert new.certificate_serial.startswith("4F00")
    page = signed_in.get("/integrari/").content.decode()
    history = page[page.index("Autorizări anterioare") :]
    assert "three" in history
    assert new.short_serial in history


def test_a_certificate_that_is_not_enrolled_yet_does_not_cut_off_what_works(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization, company: Company
) -> None:
    old = authorize(anaf, organization)
    sync_company(company_id=company.pk)
    new = reauthorize(anaf, signed_in, "norights", old)
    check_rights(authorization_id=new.pk)
    old.refresh_from_db()
    assert old.is_active
    assert rights.authorization_for(company) == old
    anaf.rights("norights", cuis=[company.cui])
    new.rights.update(retry_at=None, state="unknown")
    check_rights(authorization_id=new.pk)
    old.refresh_from_db()
    assert old.status == "replaced"


def test_a_dead_one_is_replaced_at_once(
    anaf: SimulatorProcess, signed_in: Client, organization: Organization, company: Company
) -> None:
    old = factories.authorization(organization, status="reauthorize", serial="old")
    other_authorization = factories.authorization(
        organization, status="reauthorize", serial="other"
    )
    new = reauthorize(anaf, signed_in, "three", old)
    old.refresh_from_db()
    other_authorization.refresh_from_db()
    assert (old.status, old.replaced_by) == ("replaced", new)
    assert old.ended_at
    assert other_authorization.status == "reauthorize"


def test_nobody_replaces_another_organizations_authorization(
    signed_in: Client, stranger: User
) -> None:
    theirs = Authorization.objects.get()
    response = signed_in.post("/integrari/autorizare/", {"inlocuieste": theirs.pk})
    assert response.status_code == 404


def test_the_same_certificate_authorized_again_replaces_its_former_authorization(
    anaf: SimulatorProcess, owner: User, organization: Organization
) -> None:
    authorizations = []
    for _ in range(2):
        address = consent.begin_consent(user=owner, browser="b", organization=organization)
        callback = anaf.log_in("three", url=address)
        authorization = consent.finish_consent(
            user=owner, browser="b", state=callback["state"], code=callback["code"]
        )
        assert isinstance(authorization, Authorization)
        authorizations.append(authorization)
    authorizations[0].refresh_from_db()
    assert (authorizations[0].status, authorizations[0].replaced_by) == (
        "replaced",
        authorizations[1],
    )
