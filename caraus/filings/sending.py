"""One upload of a confirmed change: stored before the socket opens, its response before it is
judged.

Never sent again by itself: only what provably did not leave goes back to the queue.
"""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from caraus.anaf import filings as anaf
from caraus.anaf.errors import AnafError, Outcome
from caraus.anaf.filings import (
    InvalidFilingError,
    UploadOutcome,
    UploadResult,
    VehicleChangeDocument,
)
from caraus.anaf.http import AnafSettings
from caraus.authorizations import rights, token_refresh
from caraus.authorizations.configuration import anaf_settings
from caraus.authorizations.models import Authorization
from caraus.filings import changes, display, events, responses, rules, schedule, visibility
from caraus.filings.models import FilingAttempt, FilingResponse, FilingSwitch, VehicleChange
from caraus.filings.rules import RuleError
from caraus.filings.states import CONTRADICTED_BY_DONE, ChangeState
from caraus.ledger.entries import recording
from caraus.sync.company_sync import sync_if_due
from caraus.sync.limiter import permits
from caraus.sync.models import SyncState
from caraus.sync.requests import request_sync
from caraus.transports.models import Transport

log = structlog.get_logger(__name__)

# What ANAF shows of the UIT is read anew before sending, if the last list is older.
FRESH_LIST_AGE = timedelta(minutes=1)
# Sending does not wait longer for that.
FRESH_LIST_TIMEOUT = timedelta(seconds=10)


def anaf_settings_for(change: VehicleChange) -> AnafSettings:
    """Return ANAF's settings: of the test environment for a rehearsal."""
    settings = anaf_settings()
    return replace(settings, environment="test") if change.rehearsal else settings


def send(change_id: int) -> None:
    """Send a queued change, unless a person must decide first."""
    change = VehicleChange.objects.select_related("company", "transport").get(pk=change_id)
    if permits.is_anaf_blocked():
        _wait(change_id)
        return
    try:
        authorization = rights.authorization_for(change.company)
        if authorization is None:
            _hold(change_id, "no_authorization")
            return
        token = token_refresh.usable_access_token(authorization)
    except AnafError as error:
        if error.outcome is Outcome.REAUTHORIZE:
            _hold(change_id, "reauthorize")
        else:
            _wait(change_id)
        return
    if not _has_fresh_list(change):
        _wait(change_id, timedelta(seconds=1))
        return
    attempt = _prepare(change, authorization)
    if attempt is None:
        return
    exchange = anaf.upload(
        anaf_settings_for(change),
        access_token=token,
        cui=change.company.cui,
        xml=bytes(attempt.xml),
    )
    apply_upload_response(responses.store(attempt, FilingResponse.Kind.UPLOAD, exchange))


def _wait(change_id: int, pause: timedelta | None = None) -> None:
    """Try again later; the moment may pass meanwhile."""
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state != ChangeState.QUEUED:
            return
        now = timezone.now()
        if _is_late(change, now):
            hold(change, "late")
            return
        change.next_step_at = (
            now + pause if pause else schedule.retry_at(now=now, tries=change.tries)
        )
        change.tries += pause is None
        change.save()


def _is_late(change: VehicleChange, now: datetime) -> bool:
    confirmed_at = change.confirmed_at or change.created_at
    return now > schedule.send_before(moment=change.moment, confirmed_at=confirmed_at)


def _has_fresh_list(change: VehicleChange) -> bool:
    """Return whether ANAF's list of the company is as of now, or could not be had."""
    now = timezone.now()
    state = SyncState.objects.filter(company=change.company_id).first()
    waited = now - (change.confirmed_at or now)
    if change.rehearsal or waited > FRESH_LIST_TIMEOUT:
        return True
    if state and state.last_good_at and state.last_good_at > now - FRESH_LIST_AGE:
        return True
    request_sync([change.company_id])
    return sync_if_due(company_id=change.company_id) is not None


def _prepare(queued: VehicleChange, authorization: Authorization) -> FilingAttempt | None:
    """Store bytes, reference and state; None when the change may not be sent as it is."""
    with recording(queued.company.organization_id) as entries:
        change = lock_change(queued.pk)
        if change.state != ChangeState.QUEUED:
            return None
        now = timezone.now()
        transport = change.transport
        if transport is None:
            hold(change, "no_uit")
            return None
        if mark_done_if_visible(change, transport):
            # An earlier attempt had arrived after all.
            return None
        if reason := _reason_to_hold(change, transport, now):
            hold(change, reason)
            return None
        try:
            reference = anaf.new_reference(now=now, own=change.own_reference)
            xml = anaf.build_vehicle_change(_document(change, reference))
        except InvalidFilingError as error:
            log.warning("filing_not_built", change=change.pk, code=error.code)
            hold(change, "not_built")
            return None
        attempt = FilingAttempt.objects.create(
            change=change,
            reference=reference,
            xml=xml,
            sha256=hashlib.sha256(xml).hexdigest(),
            authorization=authorization,
            environment=anaf_settings_for(change).environment,
            sent_at=now,
        )
        # Due at once: whoever finds it without its lock knows that its worker died.
        change.transition_to(ChangeState.SENDING, next_step_at=now)
        entries.append(responses.filing_entry(change, attempt))
    return attempt


def _document(change: VehicleChange, reference: str) -> VehicleChangeDocument:
    return VehicleChangeDocument(
        declarant_cui=change.company.cui,
        uit=change.uit,
        plate=change.plate,
        trailer1=change.trailer1,
        trailer2=change.trailer2,
        moment=change.moment,
        reference=reference,
        note=change.note,
        post_outage=change.post_outage,
    )


def _reason_to_hold(change: VehicleChange, transport: Transport, now: datetime) -> str:
    if change.company.archived_at is not None:
        return "archived"
    if FilingSwitch.objects.filter(company=change.company_id, enabled=False).exists():
        return "switched_off"
    try:
        rules.check_uit(transport, now=now)
    except RuleError as error:
        return error.code
    if not change.rehearsal and changes.changed_by_others(change, transport):
        return "changed_by_others"
    last = visibility.last_moment(transport.vehicle_changes)
    if last is not None and change.moment <= last:
        return "moment_before_last"
    return "late" if _is_late(change, now) else ""


def resume(change_id: int) -> None:
    """Go on with a change whose worker died while it was sent: by the response that it stored, else
    as lost."""
    attempt = FilingAttempt.objects.filter(change=change_id).last()
    response = (
        FilingResponse.objects.filter(attempt=attempt, kind=FilingResponse.Kind.UPLOAD).last()
        if attempt
        else None
    )
    if response is not None:
        apply_upload_response(response)
        return
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state == ChangeState.SENDING:
            _mark_unknown(change, "network", ())


def apply_upload_response(response: FilingResponse) -> None:
    """Let the stored response of an upload decide."""
    result = anaf.read_upload(response.exchange())
    with transaction.atomic():
        change = lock_change(response.attempt.change_id)
        attempt = response.attempt
        attempt.outcome, attempt.index = result.outcome, result.index
        attempt.save(update_fields=["outcome", "index"])
        # A worker that lost its lock may come late: then another has gone on already.
        if change.state in {ChangeState.SENDING, ChangeState.UNKNOWN}:
            _apply(change, attempt, result)
    log.info("filing_sent", change=change.pk, outcome=result.outcome, index=result.index)


def _apply(change: VehicleChange, attempt: FilingAttempt, result: UploadResult) -> None:
    now = timezone.now()
    if result.outcome is UploadOutcome.ACCEPTED:
        change.transition_to(
            ChangeState.PROCESSING, next_step_at=schedule.next_status(since=now, now=now, tries=0)
        )
        events.record_in_audit_log(change, attempt)
    elif result.outcome is UploadOutcome.REFUSED:
        mark_refused(change, result.messages, reason=result.error_code)
        if change.transport is not None:
            # An earlier attempt may have shown while this one was on its way.
            mark_done_if_visible(change, change.transport)
    elif change.state == ChangeState.UNKNOWN:
        return
    elif result.outcome is UploadOutcome.NOT_SENT:
        tries = change.attempts.filter(outcome=UploadOutcome.NOT_SENT).count()
        change.transition_to(
            ChangeState.QUEUED,
            next_step_at=schedule.retry_at(now=now, tries=tries - 1),
            tries=tries,
            reason=result.error_code,
        )
    else:
        _mark_unknown(change, result.error_code, result.messages)


def _mark_unknown(change: VehicleChange, reason: str, messages: tuple[str, ...]) -> None:
    now = timezone.now()
    change.transition_to(
        ChangeState.UNKNOWN,
        reason=reason,
        message=display.format_messages(messages),
        next_step_at=schedule.next_look(since=now, now=now, tries=0),
    )
    events.notify_attention(change)


def mark_refused(change: VehicleChange, messages: tuple[str, ...], *, reason: str = "") -> None:
    """Record ANAF's own verdict; the caller holds the row."""
    if not reason and _may_an_earlier_attempt_show(change):
        reason = "refused_again"
    change.transition_to(
        ChangeState.REFUSED, reason=reason, message=display.format_messages(messages)
    )
    events.record_in_audit_log(change, change.attempts.last())
    events.notify_attention(change)


def _may_an_earlier_attempt_show(change: VehicleChange) -> bool:
    earlier = list(change.attempts.order_by("pk"))[:-1]
    return any(attempt.outcome != UploadOutcome.NOT_SENT for attempt in earlier)


def hold(change: VehicleChange, reason: str) -> None:
    """Stop until a person decides; the caller holds the row."""
    change.transition_to(ChangeState.HELD, reason=reason)
    events.notify_attention(change)


def _hold(change_id: int, reason: str) -> None:
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state == ChangeState.QUEUED:
            hold(change, reason)


def mark_done(change: VehicleChange, attempt: FilingAttempt, *, reason: str = "") -> None:
    """Record that ANAF shows this attempt of the change; the caller holds the row."""
    is_contradicted = change.state in CONTRADICTED_BY_DONE
    change.transition_to(ChangeState.DONE, reason=reason)
    events.record_in_audit_log(change, attempt)
    if is_contradicted:
        events.notify_attention(change)


def mark_done_if_visible(change: VehicleChange, transport: Transport) -> bool:
    """Record a change of which ANAF shows an attempt on the UIT as done: by our reference, else,
    marked so, by its plates and moment; the caller holds the row. Return whether it was shown.

    What was refused or given up is done by our reference alone.
    """
    attempts = list(change.attempts.all())
    if change.rehearsal or not attempts:
        return False
    for attempt in attempts:
        if visibility.is_visible(transport.vehicle_changes, [attempt.reference]):
            mark_done(change, attempt)
            return True
    is_looked_for = change.state not in {ChangeState.REFUSED, ChangeState.CANCELLED}
    if is_looked_for and visibility.is_visible_without_reference(transport.vehicle_changes, change):
        mark_done(change, attempts[-1], reason="by_plates")
        return True
    return False


def lock_change(change_id: int) -> VehicleChange:
    """Return the row, locked for writing, with its company and its UIT as they are now."""
    return (
        VehicleChange.objects.select_for_update(of=("self",))
        .select_related("company__organization", "transport__company")
        .get(pk=change_id)
    )
