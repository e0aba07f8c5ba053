"""Poll ANAF: claim due companies, send requests and store the responses, until stopped.

One event loop sends many requests at once over connections that stay open. Threads use the
database: the session of the claim thread holds the advisory locks of the companies under way
(PostgreSQL drops them when the process is killed), the writer threads write. No result is kept only
in memory: a company whose request ended without a stored result stays due.
"""

import asyncio
import contextlib
import contextvars
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from time import monotonic

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils import timezone

from caraus.anaf.async_client import AsyncAnafClient
from caraus.anaf.errors import AnafError
from caraus.anaf.info import body_digest
from caraus.authorizations import token_refresh
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization
from caraus.core.logs import of_request
from caraus.sync import claims, results, unchanged
from caraus.sync.backoff import Backoff
from caraus.sync.claims import CallCredentials, Claim
from caraus.sync.company_sync import (
    DATABASE_LOST_ERRORS,
    LASTING_OUTCOMES,
    FailedAttempt,
    sync_if_due,
)
from caraus.sync.limiter import permits, rules
from caraus.sync.limiter.rules import Permit
from caraus.sync.permitted_claims import claim_with_permit
from caraus.sync.unchanged import UnchangedResponse

log = structlog.get_logger(__name__)

# Seconds between two looks at the schedule when nothing is due.
IDLE_POLL_SECONDS = 0.5
# Seconds between two looks when more companies were due than could be started.
BUSY_POLL_SECONDS = 0.02
# While an organization has all that it may have at once: more of its companies may be due.
LIMITED_POLL_SECONDS = 0.1
# Seconds until a lost database is tried again, by the number of failures in a row.
DATABASE_RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
# Companies claimed at once at most: more would only stay claimed for longer.
CLAIM_BATCH_SIZE = 30
# Seconds for which an unchanged response waits for others, to be written together.
UNCHANGED_BATCH_SECONDS = 0.05
# Seconds between two searches for claims of killed workers.
ORPHAN_CHECK_SECONDS = 10.0
WRITER_THREADS = 3
# These threads wait for ANAF themselves, so they are apart from the threads that write.
SINGLE_SYNC_THREADS = 3
# Seconds that the requests under way get after the signal to stop.
STOP_TIMEOUT_SECONDS = 6.0
# Seconds between two records that an authorization works.
GOOD_CALL_RECORD_SECONDS = 60.0


class Poller:
    """The poller of one worker process."""

    def __init__(self, *, at_once: int | None = None) -> None:
        self._at_once = at_once or settings.SYNC_AT_ONCE
        # Other organizations always get a place.
        self._organization_limit = self._at_once - self._at_once // 4
        self._claim_thread = ThreadPoolExecutor(1, thread_name_prefix="claim")
        self._writer_threads = ThreadPoolExecutor(WRITER_THREADS, thread_name_prefix="writer")
        self._single_sync_threads = ThreadPoolExecutor(
            SINGLE_SYNC_THREADS, thread_name_prefix="single-sync"
        )
        self._under_way: dict[asyncio.Task[None], Claim] = {}
        self._finished_claims: list[Claim] = []
        self._unlocked: set[int] = set()
        self._backoff = Backoff()
        self._unchanged_responses: list[tuple[UnchangedResponse, Permit, asyncio.Future[None]]] = []
        # The rate limiter counts failures in a row: after one, the next success is reported.
        self._failure_reported = False
        self._good_calls_recorded: dict[int, float] = {}
        self._blocked_until = 0.0
        # The claim thread's PostgreSQL session, and how often in a row it lost the database.
        self._session_pid = 0
        self._database_failures = 0
        self._orphans_checked_at = -ORPHAN_CHECK_SECONDS
        self.requests_sent = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop`, then let requests under way end and give up the rest."""
        try:
            async with AsyncAnafClient(anaf_settings(), connections=self._at_once) as client:
                while not stop.is_set():
                    pause = await self._claim_and_start(client)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), pause)
                await self._stop_tasks()
        finally:
            await self._close_threads()

    async def _claim_and_start(self, client: AsyncAnafClient) -> float:
        """Claim and start as many companies as the capacity allows; return the seconds to wait."""
        self._release_orphans()
        capacity = min(self._at_once - len(self._under_way), CLAIM_BATCH_SIZE)
        if monotonic() < self._blocked_until:
            capacity = 0
        finished, self._finished_claims = self._finished_claims, []
        claim_more = partial(
            claims.claim_due,
            capacity,
            under_way=self._count_by_organization(),
            organization_limit=self._organization_limit,
            delayed_company_ids=self._backoff.delayed_company_ids(),
        )
        try:
            claimed, permit = await self._run_in(
                self._claim_thread, lambda: self._claim_in_session(capacity, finished, claim_more)
            )
        except (DatabaseError, InterfaceError) as error:
            log.warning("database_lost", error=type(error).__name__)
            self._database_failures += 1
            return DATABASE_RETRY_SECONDS[
                min(self._database_failures, len(DATABASE_RETRY_SECONDS)) - 1
            ]
        self._database_failures = 0
        began = monotonic()
        if permit.reason:
            self._blocked_until = began + min(permit.wait.total_seconds(), 1.0)
        slots = list(permit.slots)
        for claim in claimed:
            slot = began + slots.pop(0).total_seconds() if claim.credentials else began
            task = asyncio.create_task(self._poll_company(client, claim, slot, permit))
            self._under_way[task] = claim
            task.add_done_callback(self._on_task_done)
        if permit.reason:
            return min(permit.wait.total_seconds(), IDLE_POLL_SECONDS)
        if len(claimed) == capacity:
            return BUSY_POLL_SECONDS
        busiest = max(self._count_by_organization().values(), default=0)
        return LIMITED_POLL_SECONDS if busiest >= self._organization_limit else IDLE_POLL_SECONDS

    def _count_by_organization(self) -> Counter[int]:
        return Counter(claim.company.organization_id for claim in self._under_way.values())

    def _claim_in_session(
        self, capacity: int, finished: list[Claim], claim_more: Callable[[], list[Claim]]
    ) -> tuple[list[Claim], Permit]:
        """Unlock finished companies, claim others and get their permits, in the claim thread.

        A failure half-way closes the session: its locks would stay as long as the worker lives,
        and no worker would poll those companies.
        """
        try:
            self._session_pid = claims.configure_session(self._session_pid)
            return claim_with_permit(capacity, finished, claim_more)
        except (DatabaseError, InterfaceError):
            claims.close_session()
            raise

    def _release_orphans(self) -> None:
        """Release claims of killed workers from time to time, before the next claim."""
        if monotonic() - self._orphans_checked_at >= ORPHAN_CHECK_SECONDS:
            self._orphans_checked_at = monotonic()
            self._claim_thread.submit(_close_stale_connections, claims.release_orphans)

    def _on_task_done(self, task: "asyncio.Task[None]") -> None:
        claim = self._under_way.pop(task)
        if id(claim) in self._unlocked:  # it may have been claimed anew
            self._unlocked.remove(id(claim))
        else:
            self._finished_claims.append(claim)
        if task.cancelled():
            return
        if error := task.exception():
            seconds = self._backoff.delay(claim.company_id)
            log.error("sync_broke_off", error=repr(error), retry_seconds=seconds)
        else:
            self._backoff.reset(claim.company_id)

    async def _poll_company(
        self, client: AsyncAnafClient, claim: Claim, slot: float, permit: Permit
    ) -> None:
        """Poll one claimed company; log lines name the web request that a person made for it."""
        by_person = claim.state.requested_at is not None
        with of_request(claim.state.request_id if by_person else ""):
            await self._poll_at_slot(client, claim, slot, permit)
            if by_person:
                log.info("requested_company_synced", cui=claim.company.cui)

    async def _poll_at_slot(
        self, client: AsyncAnafClient, claim: Claim, slot: float, permit: Permit
    ) -> None:
        credentials = claim.credentials
        if credentials is None:
            await self._run_single_sync(claim, None)
            return
        await asyncio.sleep(max(slot - monotonic(), 0))
        if monotonic() - slot > rules.SLOT_TOLERANCE.total_seconds():
            await self._run_in(
                self._writer_threads, lambda: claims.release_claims([claim.company_id])
            )
            return
        self.requests_sent += 1
        started_at = timezone.now()
        try:
            await self._send_request(client, claim, credentials, started_at, permit)
        except AnafError as error:
            await self._record_failure(claim, credentials, error, started_at, permit)
        except DATABASE_LOST_ERRORS:
            raise
        except Exception as error:
            ours = results.unexpected_error(error, access_token=credentials.token)
            await self._record_failure(claim, credentials, ours, started_at, permit)

    async def _send_request(
        self,
        client: AsyncAnafClient,
        claim: Claim,
        credentials: CallCredentials,
        started_at: datetime,
        permit: Permit,
    ) -> None:
        response = await client.request_info(
            access_token=credentials.token, carrier_cui=claim.company.cui
        )
        digest, received_at = body_digest(response.body), datetime.now(UTC)
        is_same = digest == results.comparable_digest(claim.state)
        if is_same and claim.state.error_since is None:
            same = UnchangedResponse(
                claim.state, credentials.authorization.pk, started_at, received_at, digest
            )
            await self._batch_unchanged(same, permit)
            return
        parsed = await self._run_in(
            self._writer_threads,
            lambda: results.parse_response(
                response, known="", access_token=credentials.token, now=received_at
            ),
        )
        await self._run_in(
            self._writer_threads,
            lambda: self._store_response(
                claim, credentials.authorization, parsed, started_at, permit
            ),
        )

    def _store_response(
        self,
        claim: Claim,
        authorization: Authorization,
        response: results.ParsedResponse,
        started_at: datetime,
        permit: Permit,
    ) -> None:
        self._report_success(permit)
        results.record_success(claim.company, authorization, response, started_at)

    async def _batch_unchanged(self, response: UnchangedResponse, permit: Permit) -> None:
        """Wait for other unchanged responses, and until they are written."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unchanged_responses.append((response, permit, written))
        if len(self._unchanged_responses) == 1:
            await asyncio.sleep(UNCHANGED_BATCH_SECONDS)
            together, self._unchanged_responses = self._unchanged_responses, []
            responses, permits_used, futures = zip(*together, strict=True)
            try:
                await self._run_in(
                    self._writer_threads, lambda: self._record_unchanged(responses, permits_used)
                )
            finally:  # a company without a written response stays due
                for future in futures:
                    if not future.done():
                        future.set_result(None)
        await written

    def _record_unchanged(
        self, responses: Sequence[UnchangedResponse], permits_used: Sequence[Permit]
    ) -> None:
        self._report_success(*permits_used)
        unchanged.record_unchanged(responses)
        for response in responses:
            last = self._good_calls_recorded.get(
                response.authorization_id, -GOOD_CALL_RECORD_SECONDS
            )
            if monotonic() - last >= GOOD_CALL_RECORD_SECONDS:
                self._good_calls_recorded[response.authorization_id] = monotonic()
                token_refresh.record_good_call(response.authorization_id, response.received_at)

    def _report_success(self, *permits_used: Permit) -> None:
        """Report a response of ANAF to the rate limiter where it matters."""
        if self._failure_reported or any(permit.report for permit in permits_used):
            self._failure_reported = False
            permits.report_result(None, permit=Permit(report=True))

    async def _record_failure(
        self,
        claim: Claim,
        credentials: CallCredentials,
        error: AnafError,
        started_at: datetime,
        permit: Permit,
    ) -> None:
        self._failure_reported = self._failure_reported or permits.is_host_error(error)
        cui = claim.company.cui
        await self._run_in(
            self._writer_threads, lambda: permits.report_result(error, permit=permit, cui=cui)
        )
        if error.outcome in LASTING_OUTCOMES:
            await self._run_single_sync(
                claim, FailedAttempt(credentials.authorization, credentials.token, error)
            )
            return
        await self._run_in(
            self._writer_threads,
            lambda: results.record_failure(
                claim.company, credentials.authorization, error, started_at
            ),
        )

    async def _run_single_sync(self, claim: Claim, failed_attempt: FailedAttempt | None) -> None:
        """Sync one company under a lock of its own, in as many calls as it needs.

        Between the claim thread's lock and that lock another poller may sync the company; then it
        is no longer due here.
        """
        ids, person = [claim.company_id], claim.state.requested_at is not None
        await self._run_in(self._claim_thread, lambda: claims.unlock_claims([claim]))
        self._unlocked.add(id(claim))
        try:
            await self._run_in(
                self._single_sync_threads,
                lambda: sync_if_due(
                    company_id=claim.company_id, failed_attempt=failed_attempt, person=person
                ),
            )
        finally:
            await self._run_in(self._writer_threads, lambda: claims.release_claims(ids))

    async def _run_in[T](self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        context = contextvars.copy_context()  # holds the request id for the log
        return await asyncio.get_running_loop().run_in_executor(
            threads, context.run, _close_stale_connections, work
        )

    async def _stop_tasks(self) -> None:
        if self._under_way:
            await asyncio.wait([*self._under_way], timeout=STOP_TIMEOUT_SECONDS)
        given_up = [claim.company_id for claim in self._under_way.values()]
        for task in [*self._under_way]:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if given_up:
            log.info("syncs_given_up", number=len(given_up))
            await self._run_in(self._claim_thread, lambda: claims.release_claims(given_up))

    async def _close_threads(self) -> None:
        """Close the sessions of all threads, and with them their locks."""
        pools = (
            (self._claim_thread, 1),
            (self._writer_threads, WRITER_THREADS),
            (self._single_sync_threads, SINGLE_SYNC_THREADS),
        )
        for threads, number in pools:
            barrier = threading.Barrier(number)
            loop = asyncio.get_running_loop()
            waits = [
                loop.run_in_executor(threads, _close_connections, barrier) for _ in range(number)
            ]
            await asyncio.wait(waits, timeout=2)
            threads.shutdown(wait=False)


def _close_stale_connections[T](work: Callable[[], T]) -> T:
    """Run `work`; after a database error drop connections that PostgreSQL has closed."""
    try:
        return work()
    except (DatabaseError, InterfaceError):
        close_old_connections()
        raise


def _close_connections(barrier: threading.Barrier) -> None:
    barrier.wait(2)
    connections.close_all()
