"""The e-mail with a link: from whom it is, and how few a young organization sends to strangers."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization, User
from caraus.authorizations.models import ExternalLink
from caraus.mail.models import OutgoingEmail
from tests.mail import MailServer, delivered

LINKS = "/integrari/linkuri/"


def confirmed(user: User, *, verified: bool) -> None:
    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": verified, "primary": True}
    )


@pytest.mark.parametrize("verified", [True, False])
def test_both_parts_name_the_senders_address_only_when_it_is_confirmed(
    signed_in: Client, owner: User, company: Company, settings: LazySettings, *, verified: bool
) -> None:
    confirmed(owner, verified=verified)
    with MailServer() as server:
        settings.MAILERS = server.mailers
        signed_in.post(LINKS, {"email": "ion@contabil.ro", "companies": [company.pk]})
        delivered()
        (email,) = server.messages
    text, html = (part.get_content() for part in email.iter_parts())
    for part in (text, html):
        assert (owner.email in part) is verified
        assert str(company) in part
        assert "[<" not in part
        assert "[&lt;" not in part
    assert email["Reply-To"] == (owner.email if verified else None)


def sent(client: Client, number: int) -> list[str]:
    """Return the pages after so many links were requested by e-mail."""
    return [
        client.post(LINKS, {"email": f"ion{index}@contabil.ro"}).content.decode()
        for index in range(number)
    ]


def test_a_young_organization_sends_few_a_day_where_anybody_may_sign_up(
    signed_in: Client, company: Company, settings: LazySettings
) -> None:
    settings.SIGNUP = "open"
    pages = sent(signed_in, 7)
    assert ["nu a plecat pe e‑mail" in page for page in pages] == [False] * 5 + [True] * 2
    assert OutgoingEmail.objects.count() == 5
    # Nothing is lost: the link is there to be copied, and says that nobody got it.
    assert "/autorizare/" in pages[-1]
    assert ExternalLink.objects.filter(email="").count() == 2
    assert "/autorizare/" in signed_in.post(LINKS).content.decode()


@pytest.mark.parametrize(("signup", "age"), [("open", 15), ("invitation", 0)])
def test_an_older_organization_or_a_server_without_strangers_is_not_held_back(
    signed_in: Client,
    organization: Organization,
    company: Company,
    settings: LazySettings,
    signup: str,
    age: int,
) -> None:
    settings.SIGNUP = signup
    Organization.objects.filter(pk=organization.pk).update(
        created_at=timezone.now() - timedelta(days=age)
    )
    sent(signed_in, 7)
    assert OutgoingEmail.objects.count() == 7
