"""Keeps the problems of the open UITs as they are decided, whenever a UIT or the fleet changes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any, Literal

from django.db import connection as database
from django.db import transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.core.formatting import today
from caraus.fleet.directions import Trip
from caraus.fleet.issues import Found, Listed, Uit, decide
from caraus.fleet.models import Draft, Kind, Problem, Vehicle
from caraus.fleet.plates import normalized
from caraus.transports.models import Transport
from caraus.transports.store import written

type Because = Literal["uit", "fleet"]

#: New problems, sent in the transaction that found them: `company_id`, `problems` (the new rows of
#: `Problem`), `because`: "uit" when ANAF's list changed, "fleet" when a person changed the fleet.
appeared = Signal()

OPEN = (Transport.State.ACTIVE, Transport.State.MISSING)
KEEP_DRAFTS = timedelta(days=1)
_LOCK_SPACE = 0xF1EE
_BATCH = 1000


def connect() -> None:
    written.connect(_on_written, dispatch_uid="fleet.keep")


def _on_written(sender: object, *, company: Company, **_: object) -> None:
    keep(company.pk, because="uit")


@contextmanager
def changing(company: Company) -> Iterator[None]:
    """A change of a company's fleet: one at a time, with the problems, in one transaction."""
    with transaction.atomic():
        _lock(company.pk)
        yield
        keep(company.pk, because="fleet")


@transaction.atomic
def keep(company_id: int, *, because: Because) -> list[Problem]:
    """Decide anew for all open UITs of a company; gives the problems that are new.

    Under a lock, so that of two who change the UITs and the fleet at once, the second sees both.
    """
    _lock(company_id)
    fleet = _fleet(company_id)
    rows = Problem.objects.filter(company_id=company_id)
    if not any(listed.active for listed in fleet.values()):
        rows.delete()
        return []
    found = decide(_open_uits(company_id, today()), fleet)
    new = _write(company_id, {_key(one): one for one in found}, rows)
    if new:
        appeared.send(sender=Problem, company_id=company_id, problems=new, because=because)
    return new


def _lock(company_id: int) -> None:
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s::int)", [_LOCK_SPACE, company_id])


def _fleet(company_id: int) -> dict[str, Listed]:
    listed = Vehicle.objects.filter(company_id=company_id).order_by()
    return {
        plate: Listed(is_trailer=kind == Kind.TRAILER, active=active)
        for plate, kind, active in listed.values_list("plate", "kind", "active")
    }


def _open_uits(company_id: int, day: date) -> Iterable[Uit]:
    # With which vehicle another carrier drives is not this company's to mend.
    ours = Q(carrier_cui="") | Q(carrier_cui=F("company__cui"))
    rows = Transport.objects.filter(
        ours, company_id=company_id, state__in=OPEN, first_expired_day__gt=day
    ).only(
        *("plate", "trailer1", "trailer2", "vehicle_changes"),
        *("transport_date", "first_expired_day", "start", "end"),
    )
    for row in rows.order_by().iterator(chunk_size=_BATCH):
        vehicle, trailer1, trailer2 = map(normalized, row.current_vehicle)
        starts, until = row.transport_date, row.first_expired_day
        if starts is None or until is None:  # with days that nobody knows it clashes with nothing
            starts = until = date.min
        trip = Trip(starts, until, _county(row.start), _county(row.end))
        yield Uit(row.pk, (vehicle, trailer1, trailer2), trip)


def _county(place: dict[str, Any]) -> str:
    return str(place.get("county") or "").strip().upper()


type _Key = tuple[int, str, str, str]


def _key(found: Found) -> _Key:
    return found.uit, str(found.code), found.place, found.plate


def _write(company_id: int, wanted: dict[_Key, Found], rows: Any) -> list[Problem]:
    """The rows become what is wanted; what stays keeps its key and the moment it was found."""
    gone, moved = [], []
    known: set[_Key] = set()
    for row in rows.order_by().iterator(chunk_size=_BATCH):
        key = (row.transport_id, row.code, row.place, row.plate)
        if key not in wanted:
            gone.append(row.pk)
            continue
        known.add(key)
        if row.other_id != wanted[key].other:
            row.other_id = wanted[key].other
            moved.append(row)
    if gone:
        Problem.objects.filter(pk__in=gone).delete()
    if moved:
        Problem.objects.bulk_update(moved, ["other"], batch_size=_BATCH)
    now = timezone.now()
    return Problem.objects.bulk_create(
        (
            Problem(
                company_id=company_id,
                transport_id=one.uit,
                code=one.code,
                place=one.place,
                plate=one.plate,
                other_id=one.other,
                found_at=now,
            )
            for key, one in sorted(wanted.items())
            if key not in known
        ),
        batch_size=_BATCH,
    )


def tidy() -> None:
    """Drop the problems of UITs that have closed since, and lists that nobody took in a day."""
    day = today()
    closed = [Q(**{f"{way}__first_expired_day__lte": day}) for way in ("transport", "other")]
    closed += [
        Q(**{f"{way}__isnull": False}) & ~Q(**{f"{way}__state__in": OPEN})
        for way in ("transport", "other")
    ]
    Problem.objects.filter(reduce(or_, closed)).delete()
    Draft.objects.filter(created_at__lt=timezone.now() - KEEP_DRAFTS).delete()
