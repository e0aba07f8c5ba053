"""Keeps the issues of the open UITs as they are decided, whenever a UIT or the fleet changes."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.dispatch import Signal
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.core.advisory_locks import LockSpace, lock_until_commit
from caraus.core.formatting import normalized_plate, today
from caraus.fleet.issues import ListedVehicle, OpenTransport, PlateIssue, find_issues
from caraus.fleet.models import Issue, Vehicle, VehicleKind
from caraus.fleet.trips import Trip
from caraus.transports.marks import RENEWING_EVENTS, marks_changed
from caraus.transports.models import DEALT_WITH, Transport
from caraus.transports.reconcile import Event
from caraus.transports.store import transports_stored

type Cause = Literal["uit", "fleet"]

#: New issues, sent in the transaction that found them: `company_id`, `issues` (the new rows of
#: `Issue`), `because`: "uit" when ANAF's list changed, "fleet" when a person changed the fleet.
appeared = Signal()

_BATCH = 1000


def connect_signals() -> None:
    """Store the issues whenever UITs are stored or marked, in the same transaction."""
    transports_stored.connect(_on_written, dispatch_uid="fleet.issues")
    marks_changed.connect(_on_marks_changed, dispatch_uid="fleet.marks")


def _on_written(
    sender: object,
    *,
    company: Company,
    transports: Sequence[Transport],
    events: Sequence[Event],
    **_: object,
) -> None:
    renewed = {event.uit for event in events if event.kind in RENEWING_EVENTS}
    keys = [transport.pk for transport in transports if transport.uit in renewed]
    Issue.objects.filter(transport__in=keys).exclude(mark="").update(
        mark="", marked_by=None, marked_at=None
    )
    update_issues(company.pk, because="uit")


def _on_marks_changed(sender: object, *, company_ids: Collection[int], **_: object) -> None:
    for company_id in sorted(company_ids):
        update_issues(company_id, because="fleet")


@contextmanager
def changing_fleet(company: Company) -> Iterator[None]:
    """Change a company's fleet: one change at a time, with the issues, in one transaction."""
    with transaction.atomic():
        lock_until_commit(LockSpace.FLEET_ISSUES, company.pk)
        yield
        update_issues(company.pk, because="fleet")


@transaction.atomic
def update_issues(company_id: int, *, because: Cause) -> list[Issue]:
    """Decide anew for all open UITs of a company; gives the issues that are new.

    Under a lock, so that of two who change the UITs and the fleet at once, the second sees both.
    """
    lock_until_commit(LockSpace.FLEET_ISSUES, company_id)
    fleet = _fleet(company_id)
    rows = Issue.objects.filter(company_id=company_id)
    if not any(listed.active for listed in fleet.values()):
        rows.delete()
        return []
    issues = find_issues(_open_transports(company_id, today()), fleet)
    new = _store(company_id, {_key(issue): issue for issue in issues}, rows)
    if new:
        appeared.send(sender=Issue, company_id=company_id, issues=new, because=because)
    return new


def _fleet(company_id: int) -> dict[str, ListedVehicle]:
    listed = Vehicle.objects.filter(company_id=company_id).order_by()
    return {
        plate: ListedVehicle(is_trailer=kind == VehicleKind.TRAILER, active=active)
        for plate, kind, active in listed.values_list("plate", "kind", "active")
    }


def open_rows(companies: Collection[int], day: date) -> QuerySet[Transport]:
    """Return the open UITs of these companies that they themselves carry."""
    # With which vehicle another carrier drives is not this company's to mend.
    ours = Q(carrier_cui="") | Q(carrier_cui=F("company__cui"))
    return Transport.objects.filter(
        ours, company__in=companies, state__in=Transport.OPEN_STATES, first_expired_day__gt=day
    )


def _open_transports(company_id: int, day: date) -> Iterable[OpenTransport]:
    rows = (
        open_rows([company_id], day)
        .filter(~DEALT_WITH)
        .only(
            *("plate", "trailer1", "trailer2", "vehicle_changes"),
            *("transport_date", "first_expired_day", "start", "end"),
        )
    )
    for row in rows.order_by().iterator(chunk_size=_BATCH):
        vehicle, trailer1, trailer2 = map(normalized_plate, row.current_vehicle)
        starts, until = row.transport_date, row.first_expired_day
        if starts is None or until is None:  # with days that nobody knows it clashes with nothing
            starts = until = date.min
        trip = Trip(starts, until, _county(row.start), _county(row.end))
        yield OpenTransport(row.pk, (vehicle, trailer1, trailer2), trip)


def _county(place: dict[str, Any]) -> str:
    return str(place.get("county") or "").strip().upper()


type _Key = tuple[int, str, str, str]


def _key(issue: PlateIssue) -> _Key:
    return issue.uit, str(issue.code), issue.plate_field, issue.plate


def _store(company_id: int, wanted: dict[_Key, PlateIssue], rows: Any) -> list[Issue]:
    """Make the rows what is wanted; what stays keeps its key and the moment it was seen first."""
    resolved_keys, moved = [], []
    known: set[_Key] = set()
    for row in rows.order_by().iterator(chunk_size=_BATCH):
        key = (row.transport_id, row.code, row.plate_field, row.plate)
        if key not in wanted:
            resolved_keys.append(row.pk)
            continue
        known.add(key)
        if row.other_id != wanted[key].other:
            row.other_id = wanted[key].other
            moved.append(row)
    if resolved_keys:
        Issue.objects.filter(pk__in=resolved_keys).delete()
    if moved:
        Issue.objects.bulk_update(moved, ["other"], batch_size=_BATCH)
    now = timezone.now()
    return Issue.objects.bulk_create(
        (
            Issue(
                company_id=company_id,
                transport_id=issue.uit,
                code=issue.code,
                plate_field=issue.plate_field,
                plate=issue.plate,
                other_id=issue.other,
                found_at=now,
            )
            for key, issue in sorted(wanted.items())
            if key not in known
        ),
        batch_size=_BATCH,
    )


def delete_outdated_issues() -> None:
    """Drop the issues of UITs that have closed since."""
    day = today()
    closed = [Q(**{f"{way}__first_expired_day__lte": day}) for way in ("transport", "other")]
    closed += [
        Q(**{f"{way}__isnull": False}) & ~Q(**{f"{way}__state__in": Transport.OPEN_STATES})
        for way in ("transport", "other")
    ]
    Issue.objects.filter(reduce(or_, closed)).delete()
