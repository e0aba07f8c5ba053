"""Record unchanged responses: many of them in one small write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from caraus.sync import results
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState
from caraus.sync.schedule.next_sync import learn_interval

# Rows are locked in one order, so that two writes do not wait for one another.
# Written only where the company's row still has the digest that the response was compared with.
# The end of an error is more than an unchanged response: `results.record_success` writes it.
_RECORD = """
WITH response AS (
    SELECT * FROM unnest(%(company)s::bigint[], %(authorization)s::bigint[],
        %(started)s::timestamptz[], %(received)s::timestamptz[], %(digest)s::text[],
        %(new_uits)s::float8[], %(exposure)s::float8[], %(rate)s::float8[],
        %(next)s::timestamptz[], %(day)s::date[], %(calls)s::int[], %(age)s::float8[])
    AS r(company_id, authorization_id, started, received, digest,
         new_uits, exposure, rate, next, day, calls, age)
), locked AS (
    SELECT id FROM sync_syncstate WHERE company_id = ANY(%(company)s)
    ORDER BY id FOR UPDATE
), updated AS (
    UPDATE sync_syncstate s SET
        last_attempt_at = r.started, last_good_at = r.received, last_outcome = 'ok',
        last_code = '', failures_in_a_row = 0,
        new_uits = r.new_uits, exposure = r.exposure, rate = r.rate,
        calls_day = r.day, calls_today = r.calls, claimed_until = NULL,
        requested_at = CASE WHEN s.requested_at > r.started THEN s.requested_at END,
        next_sync_at = CASE WHEN s.next_sync_at > r.started AND s.next_sync_at <= now()
                            THEN s.next_sync_at ELSE r.next END
    FROM response r, locked l
    WHERE s.id = l.id AND s.company_id = r.company_id
      AND s.last_body_digest = r.digest AND s.last_missing = 0 AND s.error_since IS NULL
    RETURNING s.company_id, r.authorization_id, r.started, r.received, r.age,
              s.last_seen_count, s.last_unreadable
)
INSERT INTO sync_syncrun (company_id, authorization_id, started_at, finished_at, outcome,
    code, http_status, detail, seen, new, changed, missing, unreadable, age)
SELECT company_id, authorization_id, started, received, 'ok', '', 200, '', last_seen_count, 0, 0, 0,
    last_unreadable, age
FROM updated
"""


@dataclass(frozen=True, slots=True)
class UnchangedResponse:
    """A response about a company whose bytes equal those of the last one."""

    state: SyncState
    authorization_id: int
    started_at: datetime
    received_at: datetime
    digest: str


def record_unchanged(responses: Sequence[UnchangedResponse]) -> None:
    """Record all of them in one statement."""
    with database.cursor() as cursor:
        rows = [_build_row(response) for response in responses]
        cursor.execute(_RECORD, {name: [row[name] for row in rows] for name in rows[0]})


def _build_row(response: UnchangedResponse) -> dict[str, Any]:
    state = response.state
    age = results.list_age(state.last_good_at, response.received_at)
    quotas.count_call(state, response.started_at)
    interval = learn_interval(
        state,
        seen=state.last_seen_count,
        new=0,
        started_at=response.started_at,
        received_at=response.received_at,
        authorization_id=response.authorization_id,
    )
    return {
        "company": state.company_id,
        "authorization": response.authorization_id,
        "started": response.started_at,
        "received": response.received_at,
        "digest": response.digest,
        "new_uits": state.new_uits,
        "exposure": state.exposure,
        "rate": state.rate,
        "next": response.started_at + interval,
        "day": state.calls_day,
        "calls": state.calls_today,
        "age": age,
    }
