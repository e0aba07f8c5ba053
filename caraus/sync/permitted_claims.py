"""Claims that may call ANAF now: with a place at the rate limiter and a call of the day."""

from collections.abc import Callable

from django.utils import timezone

from caraus.sync import claims
from caraus.sync.claims import Claim
from caraus.sync.limiter import permits, quotas, rules
from caraus.sync.limiter.rules import Permit


def claim_with_permit(
    room: int, done: list[Claim], more: Callable[[], list[Claim]]
) -> tuple[list[Claim], Permit]:
    """Unlock the claims that are `done`, claim `more`, and acquire a permit for their calls.

    Return the claims to sync now, and the permit with one slot for each call. Claims for which
    there is no permit or no call of the day are released. Call it in the claim thread.
    """
    claims.unlock_claims(done)
    claimed = more() if room > 0 else []
    calls = [claim for claim in claimed if claim.credentials]
    if calls:
        permit, _ = permits.acquire_permit(requested=len(calls))
    else:
        permit = (
            Permit(reason="open", wait=rules.SECOND)
            if claimed and permits.is_anaf_blocked()
            else Permit()
        )
    going = _count_daily_calls(calls[: len(permit.slots)])
    if permit.reason in {"", "full"}:  # a single sync waits for its own permit
        going += [claim for claim in claimed if not claim.credentials]
    gone = {claim.company_id for claim in going}
    staying = [claim for claim in claimed if claim.company_id not in gone]
    claims.release_claims([claim.company_id for claim in staying])
    claims.unlock_claims(staying)
    return going, permit


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
