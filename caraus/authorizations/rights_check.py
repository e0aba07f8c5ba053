"""One request to ANAF about one company with one authorization, and what it says about the right.

The synchronization requests in its own way, since it keeps the response; here only the right
counts.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from caraus.accounts.models import Company
from caraus.anaf import info
from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.info import InfoResponse
from caraus.authorizations import rights, token_refresh
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization

log = structlog.get_logger(__name__)


def request_info(
    authorization: Authorization, company: Company, *, now: datetime | None = None
) -> InfoResponse:
    """Poll ANAF about the company, and remember the right and the last good call. Raises
    AnafError."""
    try:
        response = _request_with_token(authorization, company, now)
    except AnafError as error:
        if error.outcome is Outcome.NO_RIGHTS:
            rights.record_right(authorization=authorization, company=company, covered=False, at=now)
        elif error.outcome is Outcome.REAUTHORIZE:
            token_refresh.record_authorization_failure(authorization.pk, error, now=now)
        raise
    rights.record_right(authorization=authorization, company=company, covered=True, at=now)
    token_refresh.record_good_call(authorization.pk, response.received_at)
    return response


def _request_with_token(
    authorization: Authorization, company: Company, now: datetime | None
) -> InfoResponse:
    return with_token(
        authorization,
        lambda token: info.fetch_info(
            anaf_settings(), access_token=token, carrier_cui=company.cui, now=now
        ),
    )


def with_token[T](authorization: Authorization, call: Callable[[str], T]) -> T:
    """Call with a usable token; when ANAF refuses one that should be valid, refresh it and call
    once more. Raises AnafError."""
    token = token_refresh.usable_access_token(authorization)
    try:
        return call(token)
    except AnafError as error:
        if error.code != "token_refused":
            raise
    fresh = token_refresh.replace_refused_token(authorization, token)
    with token_refresh.as_refused_anew():
        return call(fresh)


def check_rights(*, authorization_id: int, now: datetime | None = None) -> None:
    """Poll every company whose right with this authorization is to be learnt. What
    concerns ANAF as a whole ends it: the next round begins again."""
    authorization = Authorization.objects.select_related("link").get(pk=authorization_id)
    for company in rights.companies_to_check(authorization, now=now):
        try:
            request_info(authorization, company, now=now)
        except AnafError as error:
            if error.outcome is not Outcome.NO_RIGHTS:
                log.info("rights_not_tried", authorization=authorization_id, code=error.code)
                return
