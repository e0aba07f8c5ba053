"""Green only when all is well; amber when a person will be needed; red when one is."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, Organization
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.authorizations.status import Health, health, overall
from tests import factories

DAY = timedelta(days=1)
GREEN = Health("green", "Activ", "")
AMBER = Health("amber", "Expiră curând", "")
RED = Health("red", "Trebuie refăcută", "")


@pytest.mark.parametrize(
    ("changes", "colour", "word"),
    [
        ({}, "green", "Activ"),
        ({"refresh_expires_at": timezone.now() + 31 * DAY}, "green", "Activ"),
        ({"refresh_expires_at": timezone.now() + 29 * DAY}, "amber", "Expiră curând"),
        ({"authorized_at": timezone.now() - 705 * DAY}, "amber", "Expiră curând"),
        ({"authorized_at": timezone.now() - 740 * DAY}, "red", "Expirată"),
        ({"refresh_expires_at": timezone.now()}, "red", "Expirată"),
        ({"status": "reauthorize"}, "red", "Trebuie refăcută"),
        ({"last_failure_code": "token_endpoint_down"}, "amber", "Activ, cu o problemă"),
        ({"last_good_call_at": timezone.now() - 2 * DAY}, "amber", "Fără răspunsuri"),
        ({"last_good_call_at": timezone.now()}, "green", "Activ"),
    ],
)
def test_the_colour_of_one(
    organization: Organization, changes: dict[str, object], colour: str, word: str
) -> None:
    authorization = factories.authorization(organization)
    Authorization.objects.update(**changes)
    authorization.refresh_from_db()
    result = health(authorization)
    assert (result.colour, result.word) == (colour, word)
    # Only ANAF's own errors are waited for; everything else needs a person.
    assert result.passes == ("last_failure_code" in changes)


def test_the_colour_of_all_is_green_only_when_all_of_it_is_well() -> None:
    assert overall([]) is None
    assert overall([GREEN, GREEN]) == GREEN
    assert overall([GREEN, AMBER]) == AMBER
    assert overall([RED]) == RED
    status = overall([RED, GREEN])
    assert status
    assert status.colour == "amber"
    for lacking in (overall([GREEN], refused=2), overall([GREEN], unknown=1)):
        assert lacking
        assert lacking.colour == "amber"


def test_a_company_that_no_certificate_covers_takes_the_green_tick_away(
    organization: Organization, signed_in: Client, company: Company
) -> None:
    first, two = (factories.authorization(organization) for _ in range(2))
    other_company = factories.company(organization, cui=factories.OTHER_CUI)
    for authorization, covered, refused in (
        (first, company, other_company),
        (two, other_company, company),
    ):
        CompanyRight.objects.create(authorization=authorization, company=covered, state="covered")
        CompanyRight.objects.create(authorization=authorization, company=refused, state="no_right")
    assert "pill-good pill-large" in signed_in.get("/integrari/").content.decode()
    CompanyRight.objects.filter(company=other_company).update(state="no_right")
    page = signed_in.get("/integrari/").content.decode()
    assert "pill-warn pill-large" in page
    assert "pill-good pill-large" not in page


def test_the_card_shows_both_ends_the_refresh_its_failure_and_the_last_good_call(
    organization: Organization, signed_in: Client
) -> None:
    authorization = factories.authorization(organization, serial="00AB12CD34EF5678")
    now = timezone.now()
    Authorization.objects.filter(pk=authorization.pk).update(
        access_expires_at=now + 10 * DAY,
        access_expiry_estimated=True,
        refresh_expiry_estimated=True,
        last_refresh_attempt_at=now - timedelta(minutes=5),
        last_failure_code="token_endpoint_down",
        refresh_failures=1,
        last_good_call_at=now - timedelta(minutes=7),
    )
    page = signed_in.get("/integrari/").content.decode()
    for words in (
        "Cheia de acces",
        "Cheia de reînnoire",
        "Nu a reușit",
        "Serviciul de autorizare al ANAF nu funcționează acum.",
        "următoarea:",
        "acum 7 minute",
        "00AB…EF5678",
    ):
        assert words in page
    assert page.count('<span class="tag">estimată</span>') == 3
