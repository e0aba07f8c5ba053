"""The card of Integrări shows the errors of the sync, which registers its notices there."""

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.models import Authorization
from caraus.sync.models import SyncState


@pytest.mark.parametrize(
    ("code", "is_shown"), [("http_5xx", True), ("no_rights_cui", True), ("token_refused", False)]
)
def test_the_card_shows_what_it_has_no_notice_of_its_own_for(
    signed_in: Client, company: Company, authorization: Authorization, code: str, is_shown: bool
) -> None:
    now = timezone.now()
    SyncState.objects.create(
        company=company, last_attempt_at=now, last_code=code, error_since=now, last_good_at=now
    )
    page = signed_in.get("/integrari/").content.decode()
    assert (f'data-code="{code}"' in page) is is_shown
    assert (ERROR_TEXTS[code].advice in page) is is_shown
