"""A token refresh while sync results are stored: neither waits for the other, nor undoes it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from caraus.accounts.models import Company, Organization
from caraus.authorizations import token_refresh
from caraus.authorizations.models import Authorization
from caraus.core import crypto
from caraus.sync.company_sync import SyncResult, sync_company
from caraus.transports.models import Transport, TransportEvent
from tests import factories
from tests.authorizations.processes import until
from tests.authorize import at_once
from tests.simulator_process import SimulatorProcess

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN"
            " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        return cursor.fetchone() is not None


def access_token(authorization: Authorization) -> str:
    authorization.refresh_from_db()
    return crypto.decrypt(authorization.access_token_sealed)


def test_a_refresh_waits_for_no_result_that_is_being_stored_and_both_stay(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui)["uit"]
    sync_company(company_id=company.pk)
    anaf.correct(uit, nr_veh="B77NOU")
    anaf.forget_calls()
    before = access_token(authorization)
    sync = partial(sync_company, company_id=company.pk)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            Transport.objects.select_for_update().get(uit=uit)
            storing = thread.submit(at_once, sync)
            until(somebody_waits_for_a_lock, 60)
            refresh = partial(
                token_refresh.refresh_authorization, authorization_id=authorization.pk
            )
            assert at_once(refresh) == [True]
            assert not storing.done()
            after = access_token(authorization)
            assert after != before
        (result,) = storing.result(60)
    assert isinstance(result, SyncResult), result
    assert (result.error, result.counts.changed) == (None, 1)
    assert Transport.objects.get(uit=uit).plate == "B77NOU"
    assert access_token(authorization) == after
    assert sync_company(company_id=company.pk).error is None
    assert len(anaf.calls("token")) == 1


def test_refreshes_and_results_of_several_companies_at_once_are_all_kept(
    anaf: SimulatorProcess, organization: Organization, authorization: Authorization
) -> None:
    cuis = ("900010100", "900020201", "900030302")
    companies = [
        Company.objects.filter(cui=cui).first() or factories.company(organization, cui=cui)
        for cui in cuis
    ]
    tokens = {access_token(authorization)}
    for number in range(3):
        anaf.forget_calls()
        for company in companies:
            anaf.add_uit(company.cui)
        results = at_once(
            partial(token_refresh.refresh_authorization, authorization_id=authorization.pk),
            *[partial(sync_company, company_id=company.pk) for company in companies],
        )
        assert results[0] is True
        for result in results[1:]:
            assert isinstance(result, SyncResult), result
            assert result.error is None
        assert len(anaf.calls("token")) == 1
        tokens.add(access_token(authorization))
        assert len(tokens) == number + 2
    for company in companies:
        truth = {record["uit"] for record in anaf.active(company.cui)}
        stored = Transport.objects.filter(company=company)
        assert set(stored.values_list("uit", flat=True)) == truth
        events = TransportEvent.objects.filter(transport__company=company)
        assert events.count() == len(truth)
