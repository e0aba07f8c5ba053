"""What a person does with a vehicle change: draft, confirm, send again, give up, close."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log
from caraus.accounts.models import User
from caraus.anaf.filings import UploadOutcome
from caraus.filings import rules, visibility
from caraus.filings.display import format_audit_text, has_no_end
from caraus.filings.models import VehicleChange
from caraus.filings.rules import RuleError, VehicleChangeInput
from caraus.filings.states import OPEN_CHANGE_STATES, ChangeState
from caraus.transports.models import Transport

DRAFTS_LIVE = timedelta(days=1)
_MAY_CANCEL = frozenset({ChangeState.QUEUED, ChangeState.HELD, ChangeState.NOT_FOUND})


def create_draft(
    transport: Transport,
    change_input: VehicleChangeInput,
    *,
    user: User | None,
    rehearsal: bool = False,
    batch: UUID | None = None,
    now: datetime | None = None,
) -> VehicleChange:
    """Store what the person wants, after our rules; nothing is sent before it is confirmed. Raises
    RuleError."""
    now = now or timezone.now()
    change_input = rules.check_input(change_input, transport, now=now)
    before = transport.current_vehicle
    return VehicleChange.objects.create(
        company=transport.company,
        transport=transport,
        uit=transport.uit,
        plate=change_input.plate,
        trailer1=change_input.trailer1,
        trailer2=change_input.trailer2,
        moment=change_input.moment,
        note=change_input.note,
        own_reference=change_input.own_reference,
        post_outage=change_input.post_outage,
        rehearsal=rehearsal,
        before_plate=before[0],
        before_trailer1=before[1],
        before_trailer2=before[2],
        changes_before=len(transport.vehicle_changes),
        created_by=user,
        created_by_name=_name(user),
        created_at=now,
        batch=batch or uuid4(),
    )


def _name(user: User | None) -> str:
    return user.display_name if user else audit_log.SYSTEM_ACTOR


def confirm(changes: Sequence[VehicleChange], *, user: User | None) -> list[VehicleChange]:
    """Queue drafts to be sent; return those that are queued by this call.

    A draft that is confirmed already stays as it is: a form that comes twice files once. One whose
    UIT has an open change stays a draft, with the reason.
    """
    return [change for change in changes if _confirm(change, user)]


def _confirm(change: VehicleChange, user: User | None) -> bool:
    try:
        with transaction.atomic():
            row = _locked(change)
            if row.state != ChangeState.DRAFT:
                return False
            now = timezone.now()
            row.transition_to(ChangeState.QUEUED, by=user, confirmed_at=now, next_step_at=now)
            _record(row, user, gettext_noop("A depus la ANAF schimbarea vehiculului"))
    except IntegrityError:
        VehicleChange.objects.filter(pk=change.pk).update(reason="already_open")
        return False
    return True


def send_again(change: VehicleChange, *, user: User | None, moment: datetime | None = None) -> None:
    """Queue a change that was held or not found, with the person's moment. Raises RuleError.

    What the person sees now is what counts from here on.
    """
    with transaction.atomic():
        row = _locked(change)
        if row.state not in {ChangeState.HELD, ChangeState.NOT_FOUND}:
            return
        transport = row.transport
        if transport is None:
            raise RuleError("no_uit", gettext("UIT-ul nu mai este aici."))
        now = timezone.now()
        row.moment = (moment or row.moment).replace(microsecond=0)
        rules.check_uit(transport, now=now)
        rules.check_moment(row.moment, transport, now=now)
        row.before_plate, row.before_trailer1, row.before_trailer2 = transport.current_vehicle
        row.changes_before = len(transport.vehicle_changes)
        row.transition_to(ChangeState.QUEUED, by=user, confirmed_at=now, next_step_at=now)
        _record(row, user, gettext_noop("A trimis din nou la ANAF schimbarea vehiculului"))


def cancel(change: VehicleChange, *, user: User | None, only_draft: bool = False) -> bool:
    """Give up a change; return whether that was allowed: nothing was sent, or nothing of it found.
    `only_draft`: not one that is confirmed already.

    If ANAF shows what was sent after all, it is done.
    """
    with transaction.atomic():
        row = _locked(change)
        if row.state != ChangeState.DRAFT and (only_draft or row.state not in _MAY_CANCEL):
            return False
        was_draft = row.state == ChangeState.DRAFT
        was_sent = row.attempts.exclude(outcome=UploadOutcome.NOT_SENT).exists()
        row.transition_to(ChangeState.CANCELLED, by=user, reason="given_up" if was_sent else "")
        if not was_draft:
            _record(row, user, gettext_noop("A anulat schimbarea vehiculului"))
    return True


def close(change: VehicleChange, *, user: User | None) -> bool:
    """Wait no longer for the end of a change, which stays unknown; return whether that was allowed.

    Its UIT may then have another one. If ANAF shows it after all, it is done.
    """
    with transaction.atomic():
        row = _locked(change)
        if not has_no_end(row):
            return False
        row.transition_to(ChangeState.CLOSED, by=user, reason=f"closed_{row.state}")
        _record(row, user, gettext_noop("A închis urmărirea schimbării vehiculului"))
    return True


def open_change(transport: Transport, *, rehearsal: bool = False) -> VehicleChange | None:
    """Return the change of the UIT whose end is not known yet."""
    return VehicleChange.objects.filter(
        company=transport.company_id,
        uit=transport.uit,
        rehearsal=rehearsal,
        state__in=OPEN_CHANGE_STATES,
    ).first()


def delete_old_drafts() -> int:
    """Delete drafts that nobody confirmed within a day."""
    limit = timezone.now() - DRAFTS_LIVE
    return VehicleChange.objects.filter(state=ChangeState.DRAFT, created_at__lt=limit).delete()[0]


def changed_by_others(change: VehicleChange, transport: Transport) -> bool:
    """Return whether the vehicle of the UIT is not the one that the person saw, by somebody
    else."""
    references = list(change.attempts.values_list("reference", flat=True))
    foreign = visibility.changes_of_others(
        transport.vehicle_changes[change.changes_before :], references
    )
    return bool(foreign) or transport.current_vehicle != change.vehicle_before


def _locked(change: VehicleChange) -> VehicleChange:
    return VehicleChange.objects.select_for_update(of=("self",)).get(pk=change.pk)


def _record(change: VehicleChange, user: User | None, what: str) -> None:
    audit_log.record_action(
        "filing",
        lambda: format_audit_text(what, change),
        user=user,
        organization=change.company.organization_id,
        cui=change.company.cui,
        uit=change.uit,
        change=change.pk,
    )
