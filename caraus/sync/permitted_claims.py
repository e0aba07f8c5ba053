"""Claims that may call ANAF now: with a permit of the rate limiter and a call of the day."""

from collections.abc import Callable

from django.utils import timezone

from caraus.sync import claims
from caraus.sync.claims import Claim
from caraus.sync.limiter import permits, quotas, rules
from caraus.sync.limiter.rules import Permit


def claim_with_permit(
    capacity: int, finished: list[Claim], claim_more: Callable[[], list[Claim]]
) -> tuple[list[Claim], Permit]:
    """Unlock the `finished` claims, claim others, and acquire a permit for their calls.

    Return the claims to sync now, and the permit with one slot for each call. Claims for which
    there is no permit or no call of the day are released. Call it in the claim thread.
    """
    claims.unlock_claims(finished)
    claimed = claim_more() if capacity > 0 else []
    calls = [claim for claim in claimed if claim.credentials]
    if calls:
        permit, _ = permits.acquire_permit(requested=len(calls))
    else:
        permit = (
            Permit(reason="open", wait=rules.SECOND)
            if claimed and permits.is_anaf_blocked()
            else Permit()
        )
    permitted = _count_daily_calls(calls[: len(permit.slots)])
    if permit.reason in {"", "full"}:  # a single sync waits for its own permit
        permitted += [claim for claim in claimed if not claim.credentials]
    permitted_ids = {claim.company_id for claim in permitted}
    refused = [claim for claim in claimed if claim.company_id not in permitted_ids]
    claims.release_claims([claim.company_id for claim in refused])
    claims.unlock_claims(refused)
    return permitted, permit


def _count_daily_calls(calls: list[Claim]) -> list[Claim]:
    """Count a call for each authorization with a daily limit; return the claims it allows."""
    now = timezone.now()
    by_day = quotas.limited_authorizations(
        {call.credentials.authorization.pk for call in calls if call.credentials}
    )
    return [
        call
        for call in calls
        if call.credentials
        and (
            call.credentials.authorization.pk not in by_day
            or quotas.use_call(call.credentials.authorization.pk, now)
        )
    ]
