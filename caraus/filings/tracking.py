"""What became of an upload: its status, what `info` shows, and the search for a lost response."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf import filings as anaf
from caraus.anaf import info
from caraus.anaf.errors import AnafError
from caraus.anaf.filings import FilingRow, ListResult, UploadState, key_of
from caraus.authorizations import rights, token_refresh
from caraus.filings import display, events, responses, schedule, visibility
from caraus.filings.models import FilingAttempt, FilingResponse, VehicleChange
from caraus.filings.sending import (
    anaf_settings_for,
    lock_change,
    mark_done,
    mark_done_if_visible,
    mark_refused,
)
from caraus.filings.states import VISIBLE_LATER, ChangeState
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncState
from caraus.sync.requests import request_sync
from caraus.transports.models import Transport
from caraus.transports.store import transports_stored


def connect_signals() -> None:
    """Mark changes as done in the transaction in which ANAF's list is stored."""
    transports_stored.connect(_on_written, dispatch_uid="filings.tracking")


def _on_written(
    sender: object, *, company: Company, transports: Sequence[Transport], **_: object
) -> None:
    """Mark as done what ANAF's list shows, in its transaction."""
    with transaction.atomic():
        open_changes = VehicleChange.objects.select_for_update(of=("self",)).filter(
            company=company,
            transport__in=[transport.pk for transport in transports],
            state__in=VISIBLE_LATER,
        )
        rows = {transport.pk: transport for transport in transports}
        for change in open_changes.order_by("pk"):
            if change.transport_id:
                mark_done_if_visible(change, rows[change.transport_id])


def poll_status(change_id: int) -> None:
    """Request how far an upload is, and store the response before it is judged."""
    change = VehicleChange.objects.select_related("company", "transport").get(pk=change_id)
    attempt = change.attempts.exclude(index="").last()
    if attempt is None:
        return
    token = _token(attempt)
    response: FilingResponse | None = None
    if token:
        exchange = anaf.request_status(
            anaf_settings_for(change),
            access_token=token,
            cui=change.company.cui,
            index=attempt.index,
        )
        response = responses.store(attempt, FilingResponse.Kind.STATUS, exchange)
    _apply_status_response(change_id, response)


def _apply_status_response(change_id: int, response: FilingResponse | None) -> None:
    result = anaf.read_status(response.exchange()) if response else None
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state != ChangeState.PROCESSING:
            return
        if _is_done(change):
            return
        now = timezone.now()
        if result and result.state is UploadState.OK:
            _accept(change, now)
        elif result and result.state in {UploadState.REFUSED, UploadState.NOT_TAKEN}:
            mark_refused(change, result.messages or (display.not_taken_message(),))
        else:
            change.tries += 1
            change.next_step_at = schedule.next_status(
                since=change.state_since, now=now, tries=change.tries
            )
            change.save()


def _accept(change: VehicleChange, now: datetime, *, reason: str = "") -> None:
    change.transition_to(
        ChangeState.ACCEPTED,
        reason=reason,
        next_step_at=schedule.next_look_for_accepted(since=now, now=now, tries=0),
    )


def look_for_accepted(change_id: int) -> None:
    """Have ANAF's list read until it shows what ANAF accepted."""
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state != ChangeState.ACCEPTED or _is_done(change):
            return
        now = timezone.now()
        change.tries += 1
        change.next_step_at = (
            schedule.next_look_for_accepted(since=change.state_since, now=now, tries=change.tries)
            if _may_still_show(change)
            else None
        )
        change.save()
    _read_list_of_company(change)


def _may_still_show(change: VehicleChange) -> bool:
    """Return whether `info` may show the UIT yet: it leaves with its validity."""
    transport = change.transport
    return transport is not None and transport.state in Transport.OPEN_STATES


def look_for_lost(change_id: int) -> None:
    """Look for an upload whose response was lost: by our reference, in `info` and, sparingly, in
    `lista`."""
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state != ChangeState.UNKNOWN or _is_done(change):
            return
    listed = ListResult(whole=False)
    if schedule.is_for_list(change.tries):
        listed = _request_list(change)
    else:
        _read_list_of_company(change)
    with transaction.atomic():
        change = lock_change(change_id)
        if change.state != ChangeState.UNKNOWN or _is_done(change):
            return
        now = timezone.now()
        if _apply_row(change, listed.rows, now):
            return
        change.tries += 1
        is_over = now - change.state_since >= schedule.GIVE_UP_LOOKING
        was_read = not change.rehearsal and _was_read_since(change)
        if is_over and (listed.whole or was_read):
            change.transition_to(
                ChangeState.NOT_FOUND, reason=change.reason, message=change.message
            )
            events.notify_attention(change)
            return
        change.next_step_at = schedule.next_look(
            since=change.state_since, now=now, tries=change.tries
        )
        change.save()


def _apply_row(change: VehicleChange, rows: Sequence[FilingRow], now: datetime) -> bool:
    """Apply what `lista` says of our references: one accepted attempt is enough, and the last one's
    refusal is the change's. A row without a reference is known by its plates, and only where it is
    accepted: a refused one may be somebody else's."""
    attempts = list(change.attempts.all())
    ours = [
        (attempt, row)
        for attempt in attempts
        for row in rows
        if row.accepted is not None and key_of(row.reference) == key_of(attempt.reference)
    ]
    for attempt, row in ours:
        if row.accepted:
            _store_index(attempt, row)
            _accept(change, now)
            return True
    for attempt, row in ours:
        if attempt == attempts[-1]:
            _store_index(attempt, row)
            mark_refused(change, row.messages or (display.not_taken_message(),))
            return True
    for row in rows:
        if row.accepted and visibility.is_row_without_reference(row, change):
            _store_index(attempts[-1], row)
            _accept(change, now, reason="listed_by_plates")
            return True
    return False


def _store_index(attempt: FilingAttempt, row: FilingRow) -> None:
    if row.index:
        attempt.index = row.index
        attempt.save(update_fields=["index"])


def _request_list(change: VehicleChange) -> ListResult:
    """Return what `lista` shows; from one that is not whole follows only what stands in it."""
    attempt = change.attempts.last()
    token = _token(attempt) if attempt else ""
    if not attempt or not token:
        return ListResult(whole=False)
    exchange = anaf.list_filings(
        anaf_settings_for(change),
        access_token=token,
        cui=change.company.cui,
        days=schedule.days_of_list(sent_at=attempt.sent_at, now=timezone.now()),
    )
    return anaf.read_list(responses.store(attempt, FilingResponse.Kind.LIST, exchange).exchange())


def _was_read_since(change: VehicleChange) -> bool:
    """Return whether `info` was read well since the upload had time to show."""
    state = SyncState.objects.filter(company=change.company_id).first()
    attempt = change.attempts.last()
    return bool(
        state
        and attempt
        and state.last_good_at
        and state.last_good_at > attempt.sent_at + schedule.MINUTE
    )


def _is_done(change: VehicleChange) -> bool:
    """Finish a change that ANAF shows by now; the caller holds the row."""
    transport = change.transport
    return transport is not None and mark_done_if_visible(change, transport)


def _read_list_of_company(change: VehicleChange) -> None:
    """Have `info` polled now. For a rehearsal, poll ANAF's test environment itself."""
    if not change.rehearsal:
        request_sync([change.company_id])
        return
    attempt = change.attempts.last()
    token = _token(attempt) if attempt else ""
    if attempt is None or not token:
        return
    try:
        response = info.fetch_info(
            anaf_settings_for(change), access_token=token, carrier_cui=change.company.cui
        )
    except AnafError:
        return
    key = key_of(attempt.reference)
    shown: list[Any] = [
        vehicle_change
        for record in response.records
        if record.uit == change.uit
        for vehicle_change in record.vehicle_changes
        if key_of(vehicle_change.reference) == key
    ]
    if shown:
        with transaction.atomic():
            row = lock_change(change.pk)
            if row.state in VISIBLE_LATER:
                mark_done(row, attempt)


def _token(attempt: FilingAttempt) -> str:
    """Return an access token for requests about the attempt, "" when there is none just now."""
    company = attempt.change.company
    authorization = attempt.authorization
    if authorization is None or not authorization.is_active:
        authorization = rights.authorization_for(company)
    if authorization is None or not quotas.use_call(authorization.pk, timezone.now()):
        return ""
    try:
        return token_refresh.usable_access_token(authorization)
    except AnafError:
        return ""
