"""A certificate without any right does not use a link up: its holder chooses another one."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.authorizations import links, rights
from caraus.authorizations.links import EXPIRED_LINK, REVOKED_LINK, USED_LINK
from caraus.authorizations.models import Authorization, ExternalLink
from caraus.notifications.models import Notification, NotificationEmail
from tests import factories
from tests.simulator_process import SimulatorProcess
from tests.squeezed import squeezed
from tests.worker import Worker

GIVEN = "/integrari/drepturi/"


def link_of(owner: User, companies: list[Company]) -> tuple[ExternalLink, Client]:
    """Return a link for the companies, and the browser of its holder, who has opened it."""
    link, secret = links.create_link(Membership.objects.get(user=owner), companies=companies)
    holder = Client()
    holder.get(f"/autorizare/{secret}/")
    return link, holder


def authorize(holder: Client, anaf: SimulatorProcess, certificate: str) -> str:
    address = str(holder.post("/autorizare/", {"name": "Gheorghe Moț"})["Location"])
    return holder.get("/anaf/callback", anaf.log_in(certificate, url=address)).content.decode()


def titles() -> list[str]:
    about_links = Notification.objects.filter(kind="external_link").order_by("pk")
    return list(about_links.values_list("message", flat=True))


@pytest.fixture
def moti(organization: Organization) -> Company:
    return factories.company(organization, cui=factories.CUI, name="MOȚII TRANS S.R.L.")


def test_after_a_wrong_certificate_the_same_link_serves_the_right_one(
    worker: Worker, anaf: SimulatorProcess, owner: User, moti: Company
) -> None:
    link, holder = link_of(owner, [moti])
    authorize(holder, anaf, "norights")
    assert holder.get("/autorizare/").status_code == 410  # until ANAF has responded
    worker.drain()
    part = squeezed(holder.get(GIVEN, headers={"hx-request": "true"}).content.decode())
    assert "nu are drept pentru<strong>MOȚII TRANS S.R.L.</strong>." in part
    assert "19AB…990003" in part
    assert 'href="/autorizare/"' in part
    assert "Alege alt certificat" in part
    assert "Nu mai ai nimic de făcut" not in part
    notification = Notification.objects.get()
    assert (
        notification.title == "Gheorghe Moț a autorizat, dar fără drept pentru MOȚII TRANS S.R.L."
    )
    assert "19AB…990003" in notification.text
    assert "apar" not in notification.text
    assert NotificationEmail.objects.get().notification == notification
    link.refresh_from_db()
    assert (link.used_at, link.no_right_at is None) == (None, False)

    page = holder.get("/autorizare/").content.decode()
    assert 'value="Gheorghe Moț"' in page
    assert "Autorizarea a reușit" in authorize(holder, anaf, "three")
    worker.drain()
    assert "Am verificat" not in holder.get(GIVEN).content.decode()  # one company, and it is good
    link.refresh_from_db()
    assert (link.used_at is None, link.no_right_at) == (False, None)
    assert links.link_error(link) is USED_LINK
    assert titles() == ["link_no_right", "link_used"]
    chosen = rights.authorization_for(moti)
    assert chosen
    assert chosen.rights.get().state == "covered"
    useless = Authorization.objects.exclude(pk=chosen.pk).get()
    assert useless.is_active
    client = Client()
    client.force_login(owner)
    assert "Nu servește nicio firmă" in client.get("/integrari/").content.decode()


def test_one_company_with_a_right_uses_the_link_up(
    worker: Worker, anaf: SimulatorProcess, owner: User, organization: Organization, moti: Company
) -> None:
    other_company = factories.company(organization, cui=factories.OTHER_CUI, name="Alta")
    link, holder = link_of(owner, [moti, other_company])
    authorize(holder, anaf, "three")
    worker.drain()
    link.refresh_from_db()
    assert links.link_error(link) is USED_LINK
    assert titles() == ["link_used"]


def useless_authorization(link: ExternalLink, *, at: timedelta = timedelta()) -> Authorization:
    authorization = factories.authorization(link.organization)
    authorization.link, authorization.authorized_at = link, timezone.now() + at
    authorization.save()
    links.mark_used(link.pk, now=timezone.now())
    return authorization


def is_used(link: ExternalLink) -> bool:
    link.refresh_from_db()
    return link.used_at is not None


def test_it_stays_used_until_anaf_has_refused_every_company(
    owner: User, organization: Organization, moti: Company
) -> None:
    archived = factories.company(organization, cui="900030302")
    Company.objects.filter(pk=archived.pk).update(archived_at=timezone.now())
    other_company = factories.company(organization, cui=factories.OTHER_CUI, name="Alta")
    link, _ = link_of(owner, [moti, other_company, archived])
    authorization = useless_authorization(link)
    rights.record_right(authorization=authorization, company=moti, covered=False)
    assert is_used(link)
    rights.record_right(authorization=authorization, company=other_company, covered=False)
    assert not is_used(link)
    assert Notification.objects.get().title.endswith("fără drept pentru Alta, MOȚII TRANS S.R.L.")


def test_a_link_that_has_served_stays_used_when_the_right_is_lost(
    owner: User, moti: Company
) -> None:
    link, _ = link_of(owner, [moti])
    authorization = useless_authorization(link)
    for covered in (True, False):
        rights.record_right(authorization=authorization, company=moti, covered=covered)
    assert is_used(link)


def test_an_earlier_certificate_that_is_refused_anew_opens_nothing(
    owner: User, moti: Company
) -> None:
    """While ANAF is being polled about the right one."""
    link, _ = link_of(owner, [moti])
    first = useless_authorization(link, at=timedelta(minutes=-5))
    rights.record_right(authorization=first, company=moti, covered=False)
    assert not is_used(link)
    useless_authorization(link)
    rights.record_right(authorization=first, company=moti, covered=False)
    assert is_used(link)


def test_a_right_that_comes_later_uses_the_link_up(owner: User, moti: Company) -> None:
    link, holder = link_of(owner, [moti])
    authorization = useless_authorization(link)
    rights.record_right(authorization=authorization, company=moti, covered=False)
    assert holder.get("/autorizare/").status_code == 200
    rights.record_right(authorization=authorization, company=moti, covered=True)
    assert links.link_error(ExternalLink.objects.get()) is USED_LINK


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"expires_at": timezone.now() - timedelta(days=1)}, EXPIRED_LINK),
        ({"revoked_at": timezone.now()}, REVOKED_LINK),
    ],
)
def test_no_other_certificate_is_offered_where_the_link_is_over(
    worker: Worker,
    anaf: SimulatorProcess,
    owner: User,
    moti: Company,
    change: dict[str, object],
    refused: links.LinkError,
) -> None:
    link, holder = link_of(owner, [moti])
    authorize(holder, anaf, "norights")
    ExternalLink.objects.update(**change)
    worker.drain()
    page = holder.get(GIVEN).content.decode()
    assert "Autorizat, dar fără drept în SPV" in page
    assert "Alege alt certificat" not in page
    link.refresh_from_db()
    assert links.link_error(link) is refused
