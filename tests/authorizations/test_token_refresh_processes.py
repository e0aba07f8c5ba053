"""Real processes that race for a refresh, or are killed in the middle of one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from caraus.accounts.models import User
from caraus.anaf.errors import AnafError
from caraus.authorizations import token_refresh
from caraus.authorizations.models import Authorization
from caraus.core import crypto
from caraus.notifications.models import Notification
from tests.authorizations.processes import killed_after_the_response, renewing
from tests.forked_process import begin
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(authorization: Authorization) -> Authorization:
    """Return an authorization whose refresh is due."""
    Authorization.objects.update(access_expires_at=timezone.now() + timedelta(days=2))
    authorization.refresh_from_db()
    assert token_refresh.authorizations_due() == [authorization.pk]
    return authorization


def test_eight_workers_that_race_for_a_due_refresh_make_one_request(
    anaf: SimulatorProcess, due: Authorization
) -> None:
    anaf.turn_on("refresh_kills_old")
    anaf.turn_on("slow", seconds=0.3, endpoint="token")
    anaf.forget_calls()
    workers = [renewing(anaf, due.pk) for _ in range(8)]
    begin(*workers)
    assert [worker.wait() for worker in workers] == [0] * 8
    assert [call["grant_type"] for call in anaf.calls("token")] == ["refresh_token"]
    due.refresh_from_db()
    assert due.is_active
    assert token_refresh.authorizations_due() == []
    assert anaf.refresh(crypto.decrypt(due.refresh_token_sealed)).status_code == 200


def test_a_worker_killed_in_the_middle_leaves_an_authorization_that_can_be_refreshed(
    anaf: SimulatorProcess, due: Authorization
) -> None:
    killed_after_the_response(anaf, due.pk)
    assert token_refresh.authorizations_due() == [due.pk]
    assert token_refresh.refresh_authorization(authorization_id=due.pk, only_if_due=True)
    due.refresh_from_db()
    assert due.is_active
    assert due.access_expires_at > timezone.now() + timedelta(days=80)


def test_where_the_old_refresh_token_has_died_with_the_worker_a_person_is_notified(
    anaf: SimulatorProcess, due: Authorization, owner: User
) -> None:
    anaf.turn_on("refresh_kills_old")
    killed_after_the_response(anaf, due.pk)
    with pytest.raises(AnafError) as caught:
        token_refresh.refresh_authorization(authorization_id=due.pk, only_if_due=True)
    assert caught.value.code == "refresh_rejected"
    due.refresh_from_db()
    assert due.status == "reauthorize"
    notification = Notification.objects.get()
    assert notification.user == owner
    assert notification.title == "Autorizarea SPV trebuie refăcută acum"
    assert "nu a mai acceptat reînnoirea automată" in notification.text
    assert notification.address == "/integrari/#autorizeaza"
    assert token_refresh.authorizations_due() == []
