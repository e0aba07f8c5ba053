"""What a person does with a vehicle change: draft, confirm, send again, give up, close."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from caraus.accounts import audit_log
from caraus.accounts.models import User
from caraus.filings import rules, traces
from caraus.filings.display import has_no_end, in_words
from caraus.filings.models import VehicleChange
from caraus.filings.rules import RuleError, Wish
from caraus.filings.states import OPEN, State
from caraus.transports.models import Transport

DRAFTS_LIVE = timedelta(days=1)


def draft(
    transport: Transport,
    wish: Wish,
    *,
    user: User | None,
    rehearsal: bool = False,
    batch: UUID | None = None,
    now: datetime | None = None,
) -> VehicleChange:
    """Write down what the person wants, after our rules; nothing is sent before it is confirmed.
    Raises RuleError."""
    now = now or timezone.now()
    wish = rules.checked(wish, transport, now=now)
    before = transport.current_vehicle
    return VehicleChange.objects.create(
        company=transport.company,
        transport=transport,
        uit=transport.uit,
        plate=wish.plate,
        trailer1=wish.trailer1,
        trailer2=wish.trailer2,
        moment=wish.moment,
        note=wish.note,
        own_reference=wish.own_reference,
        post_outage=wish.post_outage,
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
    """Queue drafts to be sent; gives those that are queued by this call.

    A draft that is confirmed already stays as it is: a form that comes twice files once. One whose
    UIT has an open change stays a draft, with the reason.
    """
    return [change for change in changes if _confirm(change, user)]


def _confirm(change: VehicleChange, user: User | None) -> bool:
    try:
        with transaction.atomic():
            row = _locked(change)
            if row.state != State.DRAFT:
                return False
            now = timezone.now()
            row.transition_to(State.QUEUED, by=user, confirmed_at=now, next_step_at=now)
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
        if row.state not in {State.HELD, State.NOT_FOUND}:
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
        row.transition_to(State.QUEUED, by=user, confirmed_at=now, next_step_at=now)
        _record(row, user, gettext_noop("A trimis din nou la ANAF schimbarea vehiculului"))


def cancel(change: VehicleChange, *, user: User | None) -> bool:
    """Give a change up; whether it was given up before anything was sent, or nothing was found."""
    with transaction.atomic():
        row = _locked(change)
        if row.state not in {State.DRAFT, State.QUEUED, State.HELD, State.NOT_FOUND}:
            return False
        was_draft = row.state == State.DRAFT
        row.transition_to(State.CANCELLED, by=user)
        if not was_draft:
            _record(row, user, gettext_noop("A anulat schimbarea vehiculului"))
    return True


def close(change: VehicleChange, *, user: User | None) -> bool:
    """Wait no longer for the end of a change, which stays unknown; whether that was allowed.

    Its UIT may then have another one. If ANAF shows it after all, it is done.
    """
    with transaction.atomic():
        row = _locked(change)
        if not has_no_end(row):
            return False
        row.transition_to(State.CLOSED, by=user, reason=f"closed_{row.state}")
        _record(row, user, gettext_noop("A închis urmărirea schimbării vehiculului"))
    return True


def open_change(transport: Transport, *, rehearsal: bool = False) -> VehicleChange | None:
    """The change of the UIT whose end is not known yet."""
    return VehicleChange.objects.filter(
        company=transport.company_id, uit=transport.uit, rehearsal=rehearsal, state__in=OPEN
    ).first()


def delete_old_drafts() -> int:
    """Delete drafts that nobody confirmed within a day."""
    limit = timezone.now() - DRAFTS_LIVE
    return VehicleChange.objects.filter(state=State.DRAFT, created_at__lt=limit).delete()[0]


def changed_by_others(change: VehicleChange, transport: Transport) -> bool:
    """Whether the vehicle of the UIT is not the one that the person saw, by somebody else."""
    references = list(change.attempts.values_list("reference", flat=True))
    foreign = traces.of_others(transport.vehicle_changes[change.changes_before :], references)
    return bool(foreign) or transport.current_vehicle != change.vehicle_before


def _locked(change: VehicleChange) -> VehicleChange:
    return VehicleChange.objects.select_for_update(of=("self",)).get(pk=change.pk)


def _record(change: VehicleChange, user: User | None, what: str) -> None:
    audit_log.record_action(
        "filing",
        lambda: f"{gettext(what)} (UIT {change.uit}): {in_words(change)}",
        user=user,
        organization=change.company.organization_id,
        cui=change.company.cui,
        uit=change.uit,
        change=change.pk,
    )
