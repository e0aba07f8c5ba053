"""One question to ANAF about one company with one authorization, and what it says about the right.

The synchronization asks in its own way, since it keeps the answer; here only the right counts.
"""

from collections.abc import Callable
from datetime import datetime

import structlog

from caraus.accounts.models import Company
from caraus.anaf import info
from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.info import InfoAnswer
from caraus.connections import renewal, rights
from caraus.connections.configuration import anaf_settings
from caraus.connections.models import Connection

log = structlog.get_logger(__name__)


def ask(connection: Connection, company: Company, *, now: datetime | None = None) -> InfoAnswer:
    """ANAF's answer, by which the right and the last good call are remembered. Raises AnafError."""
    try:
        answer = _ask(connection, company, now)
    except AnafError as error:
        if error.outcome is Outcome.NO_RIGHTS:
            rights.remember(connection=connection, company=company, covered=False, at=now)
        elif error.outcome is Outcome.REAUTHORIZE:
            renewal.keep_failure(connection.pk, error, now=now)
        raise
    rights.remember(connection=connection, company=company, covered=True, at=now)
    renewal.keep_good_call(connection.pk, answer.received_at)
    return answer


def _ask(connection: Connection, company: Company, now: datetime | None) -> InfoAnswer:
    return with_token(
        connection,
        lambda token: info.fetch_info(
            anaf_settings(), access_token=token, carrier_cui=company.cui, now=now
        ),
    )


def with_token[T](connection: Connection, call: Callable[[str], T]) -> T:
    """Call with a usable token; when ANAF refuses one that should be valid, renew it and call once
    more. Raises AnafError."""
    token = renewal.access_token(connection)
    try:
        return call(token)
    except AnafError as error:
        if error.code != "token_refused":
            raise
    fresh = renewal.after_refusal(connection, token)
    with renewal.refused_anew():
        return call(fresh)


def try_rights(*, connection_id: int, now: datetime | None = None) -> None:
    """Ask about every company whose right with this authorization is to be found out. What
    concerns ANAF as a whole ends it: the next round begins again."""
    connection = Connection.objects.select_related("link").get(pk=connection_id)
    for company in rights.to_try(connection, now=now):
        try:
            ask(connection, company, now=now)
        except AnafError as error:
            if error.outcome is not Outcome.NO_RIGHTS:
                log.info("rights_not_tried", connection=connection_id, code=error.code)
                return
