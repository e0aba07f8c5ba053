"""Answers that say what the ones before said: many of them in one small write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from caraus.sync import results
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState
from caraus.transports.store import Applied

# Rows are locked in one order, so that two writes do not wait for one another.
# Applied only where the company's row still has the digest that the answer was compared with.
_WRITE = """
WITH heard AS (
    SELECT * FROM unnest(%(company)s::bigint[], %(authorization)s::bigint[],
        %(started)s::timestamptz[], %(received)s::timestamptz[], %(digest)s::text[],
        %(found)s::float8[], %(exposure)s::float8[], %(rate)s::float8[],
        %(next)s::timestamptz[], %(day)s::date[], %(calls)s::int[], %(age)s::float8[])
    AS h(company_id, authorization_id, started, received, digest,
         found, exposure, rate, next, day, calls, age)
), locked AS (
    SELECT id FROM sync_syncstate WHERE company_id = ANY(%(company)s)
    ORDER BY id FOR UPDATE
), kept AS (
    UPDATE sync_syncstate s SET
        last_attempt_at = h.started, last_good_at = h.received, last_outcome = 'ok',
        last_code = '', failing_since = NULL, failures_in_a_row = 0,
        found = h.found, exposure = h.exposure, rate = h.rate,
        calls_day = h.day, calls_today = h.calls, claimed_until = NULL,
        wanted_at = CASE WHEN s.wanted_at > h.started THEN s.wanted_at END,
        next_sync_at = CASE WHEN s.next_sync_at > h.started AND s.next_sync_at <= now()
                            THEN s.next_sync_at ELSE h.next END
    FROM heard h, locked l
    WHERE s.id = l.id AND s.company_id = h.company_id
      AND s.last_body_digest = h.digest AND s.last_missing = 0
    RETURNING s.company_id, h.authorization_id, h.started, h.received, h.age,
              s.last_seen_count, s.last_unreadable
)
INSERT INTO sync_syncrun (company_id, authorization_id, started_at, finished_at, outcome,
    code, http_status, detail, seen, new, changed, missing, unreadable, age)
SELECT company_id, authorization_id, started, received, 'ok', '', 200, '', last_seen_count, 0, 0, 0,
    last_unreadable, age
FROM kept
"""


@dataclass(frozen=True, slots=True)
class Quiet:
    """An unchanged answer about a company."""

    state: SyncState
    authorization_id: int
    started_at: datetime
    received_at: datetime
    digest: str


def keep(answers: Sequence[Quiet]) -> None:
    """One statement for all of them."""
    with database.cursor() as cursor:
        rows = [_row(answer) for answer in answers]
        cursor.execute(_WRITE, {name: [row[name] for row in rows] for name in rows[0]})


def _row(answer: Quiet) -> dict[str, Any]:
    state = answer.state
    age = results.age(state.last_good_at, answer.received_at)
    results.taught(state, Applied(seen=state.last_seen_count), answer.received_at)
    quotas.count_call(state, answer.started_at)
    return {
        "company": state.company_id,
        "authorization": answer.authorization_id,
        "started": answer.started_at,
        "received": answer.received_at,
        "digest": answer.digest,
        "found": state.found,
        "exposure": state.exposure,
        "rate": state.rate,
        "next": answer.started_at + results.gap(state, answer.started_at, answer.authorization_id),
        "day": state.calls_day,
        "calls": state.calls_today,
        "age": age,
    }
