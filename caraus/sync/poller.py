"""The loop that acts: claim what is due, ask ANAF, keep what it says; until told to stop.

One event loop asks many questions at once over connections that stay open. The database is spoken
with in threads: the foreman's session holds the locks of the companies under way (they end with a
killed process by themselves), the clerks write. Nothing is kept in memory that a killed worker
would take along: a company whose question came to nothing is due still.
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

from caraus.anaf.errors import AnafError
from caraus.anaf.info import body_digest
from caraus.anaf.wire import Wire
from caraus.authorizations import token_refresh
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization
from caraus.core.logs import of_request
from caraus.sync import claims, results, unchanged
from caraus.sync.backoff import Rests
from caraus.sync.claims import Claim, Ready
from caraus.sync.company_sync import LASTING, LOST_DATABASE, Tried, sync_if_due
from caraus.sync.limiter import permits, quotas, rules
from caraus.sync.limiter.rules import Pass
from caraus.sync.unchanged import Quiet

log = structlog.get_logger(__name__)

# With nothing due, the schedule is looked at so often. Seconds.
IDLE_SECONDS = 0.5
# With more due than there was room for, so often.
BUSY_SECONDS = 0.02
# Seconds until a lost database is tried again: so many, then twice, four, eight times as many.
LOST_SECONDS = (1.0, 2.0, 4.0, 8.0)
# Claimed at once at most: more would only stay claimed for longer.
AT_A_TIME = 30
# Unchanged answers wait so long for others, to be written together. Seconds.
GATHERING = 0.05
# Companies that a killed worker had claimed are looked for so often. Seconds.
ORPHANS_EVERY = 10.0
CLERKS = 3
# Those who go step by step wait for ANAF themselves: they hold up nobody who writes.
WALKERS = 3
# Told to stop, questions under way get so long; then they are given up. Seconds.
GRACE = 6.0
# How often „this authorization works” is written down. Seconds.
GOOD_CALL_EVERY = 60.0


class Engine:
    """One worker process's share of the asking."""

    def __init__(self, *, at_once: int | None = None) -> None:
        self._at_once = at_once or settings.SYNC_AT_ONCE
        self._foreman = ThreadPoolExecutor(1, thread_name_prefix="foreman")
        self._clerks = ThreadPoolExecutor(CLERKS, thread_name_prefix="clerk")
        self._walkers = ThreadPoolExecutor(WALKERS, thread_name_prefix="walker")
        self._under_way: dict[asyncio.Task[None], Claim] = {}
        self._done: list[Claim] = []
        self._unlocked: set[int] = set()
        self._rests = Rests()
        self._quiet: list[tuple[Quiet, Pass, asyncio.Future[None]]] = []
        # The door counts failures in a row: after one, it wants to hear of a success.
        self._failures_told = False
        self._good_calls: dict[int, float] = {}
        self._shut_until = 0.0
        # Of the foreman's thread; and how often in a row it lost the database.
        self._session = 0
        self._lost = 0
        self._looked_at = -ORPHANS_EVERY
        self.asked = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until `stop`; then let what is under way end, and give the rest up."""
        try:
            async with Wire(anaf_settings(), connections=self._at_once) as wire:
                while not stop.is_set():
                    pause = await self._round(wire)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), pause)
                await self._end()
        finally:
            await self._close()

    async def _round(self, wire: Wire) -> float:
        """Claim and start what there is room for; gives how long to wait before the next look."""
        self._look_for_orphans()
        room = min(self._at_once - len(self._under_way), AT_A_TIME)
        if monotonic() < self._shut_until:
            room = 0
        done, self._done = self._done, []
        more = partial(
            claims.claim,
            room,
            busy=Counter(claim.company.organization_id for claim in self._under_way.values()),
            share=self._at_once - self._at_once // 4,  # the others find a place at any time
            resting=self._rests.resting(),
        )
        try:
            taken, passed = await self._in(self._foreman, lambda: self._take(room, done, more))
        except (DatabaseError, InterfaceError) as error:
            log.warning("database_lost", error=type(error).__name__)
            self._lost += 1
            return LOST_SECONDS[min(self._lost, len(LOST_SECONDS)) - 1]
        self._lost = 0
        began = monotonic()
        if passed.why:
            self._shut_until = began + min(passed.wait.total_seconds(), 1.0)
        slots = list(passed.slots)
        for claim in taken:
            slot = began + slots.pop(0).total_seconds() if claim.ready else began
            task = asyncio.create_task(self._ask(wire, claim, slot, passed))
            self._under_way[task] = claim
            task.add_done_callback(self._ended)
        if passed.why:
            return min(passed.wait.total_seconds(), IDLE_SECONDS)
        return BUSY_SECONDS if len(taken) == room else IDLE_SECONDS

    def _take(
        self, room: int, done: list[Claim], more: Callable[[], list[Claim]]
    ) -> tuple[list[Claim], Pass]:
        """In the foreman's thread: let go of what is done, claim, and pass the door with it.

        Whatever fails half-way ends the session: its locks would stay for as long as the worker
        lives, and nobody would ask about those companies.
        """
        try:
            self._session = claims.watch_session(self._session)
            return _take(room, done, more)
        except (DatabaseError, InterfaceError):
            claims.end_session()
            raise

    def _look_for_orphans(self) -> None:
        """From time to time, before the next claim in the foreman's line."""
        if monotonic() - self._looked_at >= ORPHANS_EVERY:
            self._looked_at = monotonic()
            self._foreman.submit(_fresh, claims.free_orphans)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        claim = self._under_way.pop(task)
        if id(claim) in self._unlocked:  # what has been claimed anew is not unlocked again
            self._unlocked.remove(id(claim))
        else:
            self._done.append(claim)
        if task.cancelled():
            return
        if error := task.exception():
            seconds = self._rests.put_off(claim.company_id)
            log.error("question_broke_off", error=repr(error), rests=seconds)
        else:
            self._rests.end(claim.company_id)

    async def _ask(self, wire: Wire, claim: Claim, slot: float, passed: Pass) -> None:
        """One claimed company. What is logged about one that a person wanted names his request."""
        wanted = claim.state.wanted_at is not None
        with of_request(claim.state.wanted_request if wanted else ""):
            await self._ask_in_turn(wire, claim, slot, passed)
            if wanted:
                log.info("wanted_company_asked", cui=claim.company.cui)

    async def _ask_in_turn(self, wire: Wire, claim: Claim, slot: float, passed: Pass) -> None:
        ready = claim.ready
        if ready is None:
            await self._step_by_step(claim, None)
            return
        await asyncio.sleep(max(slot - monotonic(), 0))
        if monotonic() - slot > rules.LATEST.total_seconds():
            await self._in(self._clerks, lambda: claims.free_again([claim.company_id]))
            return
        self.asked += 1
        started_at = timezone.now()
        try:
            await self._ask_now(wire, claim, ready, started_at, passed)
        except AnafError as error:
            await self._failed(claim, ready, error, started_at, passed)
        except LOST_DATABASE:
            raise
        except Exception as error:
            ours = results.unexpected(error, access_token=ready.token)
            await self._failed(claim, ready, ours, started_at, passed)

    async def _ask_now(
        self, wire: Wire, claim: Claim, ready: Ready, started_at: datetime, passed: Pass
    ) -> None:
        answer = await wire.ask_info(access_token=ready.token, carrier_cui=claim.company.cui)
        digest, received_at = body_digest(answer.body), datetime.now(UTC)
        if digest == results.recognizable(claim.state):
            same = Quiet(claim.state, ready.authorization.pk, started_at, received_at, digest)
            await self._unchanged(same, passed)
            return
        heard = await self._in(
            self._clerks,
            lambda: results.understand(answer, known="", access_token=ready.token, now=received_at),
        )
        await self._in(
            self._clerks, lambda: self._keep(claim, ready.authorization, heard, started_at, passed)
        )

    def _keep(
        self,
        claim: Claim,
        authorization: Authorization,
        heard: results.Heard,
        started_at: datetime,
        passed: Pass,
    ) -> None:
        self._succeeded(passed)
        results.keep_good(claim.company, authorization, heard, started_at)

    async def _unchanged(self, answer: Quiet, passed: Pass) -> None:
        """Wait for others, and for the write."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._quiet.append((answer, passed, written))
        if len(self._quiet) == 1:
            await asyncio.sleep(GATHERING)
            together, self._quiet = self._quiet, []
            answers, passes, futures = zip(*together, strict=True)
            try:
                await self._in(self._clerks, lambda: self._keep_quiet(answers, passes))
            finally:  # what was not written is due still
                for future in futures:
                    if not future.done():
                        future.set_result(None)
        await written

    def _keep_quiet(self, answers: Sequence[Quiet], passes: Sequence[Pass]) -> None:
        self._succeeded(*passes)
        unchanged.keep(answers)
        for answer in answers:
            last = self._good_calls.get(answer.authorization_id, -GOOD_CALL_EVERY)
            if monotonic() - last >= GOOD_CALL_EVERY:
                self._good_calls[answer.authorization_id] = monotonic()
                token_refresh.keep_good_call(answer.authorization_id, answer.received_at)

    def _succeeded(self, *passes: Pass) -> None:
        """ANAF has answered: the door is told when it wants to know."""
        if self._failures_told or any(passed.report for passed in passes):
            self._failures_told = False
            permits.report(None, passed=Pass(report=True))

    async def _failed(
        self, claim: Claim, ready: Ready, error: AnafError, started_at: datetime, passed: Pass
    ) -> None:
        self._failures_told = self._failures_told or permits.is_hosts(error)
        cui = claim.company.cui
        await self._in(self._clerks, lambda: permits.report(error, passed=passed, cui=cui))
        if error.outcome in LASTING:
            await self._step_by_step(claim, Tried(ready.authorization, ready.token, error))
            return
        await self._in(
            self._clerks,
            lambda: results.keep_failure(claim.company, ready.authorization, error, started_at),
        )

    async def _step_by_step(self, claim: Claim, tried: Tried | None) -> None:
        """A renewal, another authorization, a spent day: as for a person, with its own lock.

        Between the foreman's lock and that one, another engine may ask: then it is not due here.
        """
        ids, person = [claim.company_id], claim.state.wanted_at is not None
        await self._in(self._foreman, lambda: claims.unlock_claims([claim]))
        self._unlocked.add(id(claim))
        try:
            await self._in(
                self._walkers,
                lambda: sync_if_due(company_id=claim.company_id, tried=tried, person=person),
            )
        finally:
            await self._in(self._clerks, lambda: claims.free_again(ids))

    async def _in[T](self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        context = contextvars.copy_context()  # of the request, for what is logged
        return await asyncio.get_running_loop().run_in_executor(threads, context.run, _fresh, work)

    async def _end(self) -> None:
        if self._under_way:
            await asyncio.wait([*self._under_way], timeout=GRACE)
        given_up = [claim.company_id for claim in self._under_way.values()]
        for task in [*self._under_way]:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if given_up:
            log.info("questions_given_up", number=len(given_up))
            await self._in(self._foreman, lambda: claims.free_again(given_up))

    async def _close(self) -> None:
        """The foreman's session ends, and its locks with it."""
        rooms = ((self._foreman, 1), (self._clerks, CLERKS), (self._walkers, WALKERS))
        for threads, number in rooms:
            barrier = threading.Barrier(number)
            loop = asyncio.get_running_loop()
            waits = [loop.run_in_executor(threads, _leave, barrier) for _ in range(number)]
            await asyncio.wait(waits, timeout=2)
            threads.shutdown(wait=False)


def _take(
    room: int, done: list[Claim], more: Callable[[], list[Claim]]
) -> tuple[list[Claim], Pass]:
    claims.unlock_claims(done)
    taken = more() if room > 0 else []
    calls = [claim for claim in taken if claim.ready]
    if calls:
        passed, _ = permits.enter(wanted=len(calls))
    else:
        passed = Pass(why="open", wait=rules.SECOND) if taken and permits.is_shut() else Pass()
    going = _spent(calls[: len(passed.slots)])
    if passed.why in {"", "full"}:  # who goes step by step waits for a place himself
        going += [claim for claim in taken if not claim.ready]
    gone = {claim.company_id for claim in going}
    staying = [claim for claim in taken if claim.company_id not in gone]
    claims.free_again([claim.company_id for claim in staying])
    claims.unlock_claims(staying)
    return going, passed


def _spent(calls: list[Claim]) -> list[Claim]:
    """Those whose authorization has a call of the day left, which is spent now."""
    now = timezone.now()
    by_day = quotas.counted({call.ready.authorization.pk for call in calls if call.ready})
    return [
        call
        for call in calls
        if call.ready
        and (
            call.ready.authorization.pk not in by_day
            or quotas.spend(call.ready.authorization.pk, now)
        )
    ]


def _fresh[T](work: Callable[[], T]) -> T:
    """A connection that PostgreSQL has closed is not used again."""
    try:
        return work()
    except (DatabaseError, InterfaceError):
        close_old_connections()
        raise


def _leave(barrier: threading.Barrier) -> None:
    barrier.wait(2)
    connections.close_all()
