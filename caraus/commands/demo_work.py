"""What the two people of the demo's organization did in the days that lie behind it."""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from django.db.models import Count

from caraus.accounts.models import Company, Membership, Organization, User
from caraus.anaf.filings import (
    UploadOutcome,
    VehicleChangeDocument,
    build_vehicle_change,
    new_reference,
)
from caraus.commands import demo_data as data
from caraus.core.formatting import BUCHAREST, bucharest_day, normalized_plate
from caraus.filings.models import FilingAttempt, VehicleChange
from caraus.filings.sending import anaf_settings_for
from caraus.filings.states import ChangeState
from caraus.fleet.changes import VehicleEntry, save_vehicles
from caraus.fleet.issue_marks import mark_issue
from caraus.fleet.models import Issue, VehicleKind
from caraus.transports.marks import mark_transports
from caraus.transports.models import DEALT_WITH, Mark, Transport, TransportEvent, TransportNote
from caraus.workspace.declarant_requests import save_declarant_contact
from caraus.workspace.saved_views import save_view

# When they mark what is unloaded.
EVENING = time(20)
_ROMANIAN_PLATE = re.compile(r"(B\d{2,3}|[A-Z]{2}\d{2})[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Team:
    """The two who work in the demo's organization."""

    owner: Membership
    colleague: Membership

    def pick(self, key: object) -> User:
        """Return who did something: the same one for the same key."""
        is_owner = chance(f"who/{key}") < 0.6
        return self.owner.user if is_owner else self.colleague.user


def chance(key: str) -> float:
    """Return a number from 0 to 1, the same for the same key."""
    return random.Random(key).random()  # noqa: S311 - reproducible on purpose


def mark_unloaded(companies: Collection[Company], at: datetime, team: Team) -> None:
    """Mark in the evening what is unloaded, by lorry: some of it soon, most before it ends."""
    today = bucharest_day(at)
    evening = datetime.combine(today, EVENING, BUCHAREST)
    rows = Transport.objects.filter(
        ~DEALT_WITH,
        company__in=companies,
        state__in=Transport.OPEN_STATES,
        transport_date__lt=today,
    )
    unmarked = list(rows.order_by("pk"))
    ends = today + timedelta(days=1)
    ending = Counter(row.sort_vehicle for row in unmarked if row.first_expired_day == ends)
    by_user: dict[User, list[Transport]] = {}
    for row in unmarked:
        # A whole load of groupage is not forgotten.
        at_end = 1.0 if ending[row.sort_vehicle] > 2 else 0.94
        likely = at_end if row.first_expired_day == ends else 0.08
        if chance(f"unloaded/{row.sort_vehicle}/{today}") < likely:
            by_user.setdefault(team.pick(f"{row.sort_vehicle}/{today}"), []).append(row)
    for user, unloaded in by_user.items():
        mark_transports(unloaded, Mark.Kind.UNLOADED, user, at=evening)


def fill_fleets(owner: Membership, companies: Collection[Company]) -> None:
    """Enter each company's vehicles with their drivers, but for one that stands on a UIT."""
    numbers = count()
    for is_first, company in ((not at, company) for at, company in enumerate(companies)):
        lorries, trailers = _plates(company)
        entries = [
            VehicleEntry(plate, VehicleKind.TRAILER)
            for plate in (*sorted(trailers), *(data.IDLE_TRAILERS if is_first else ()))
        ]
        idle = dict.fromkeys(data.IDLE_LORRIES, "") if is_first else {}
        for plate, trailer in (lorries | idle).items():
            number = next(numbers)
            note = f"de obicei cu remorca {trailer}" if trailer else ""
            driver = data.DRIVERS[number % len(data.DRIVERS)]
            phone = data.phone_of(number)
            entries.append(
                VehicleEntry(plate, VehicleKind.VEHICLE, note, driver=driver, phone=phone)
            )
        if is_first:
            entries.append(VehicleEntry(data.RETIRED_LORRY, VehicleKind.VEHICLE, active=False))
        save_vehicles(owner, company, entries)


def _plates(company: Company) -> tuple[dict[str, str], set[str]]:
    """Return the company's lorries, each with its usual trailer, and all trailers. Of a fleet that
    is not small, the lorry that was seen last is missing: it is new."""
    usual: dict[str, Counter[str]] = {}
    trailers: set[str] = set()
    for row in Transport.objects.filter(company=company).order_by("first_seen_at", "pk"):
        for vehicle in (row.current_vehicle, (row.plate, row.trailer1, row.trailer2)):
            plate, *others = map(normalized_plate, vehicle)
            trailers.update(filter(None, others))
            if _ROMANIAN_PLATE.fullmatch(plate):
                usual.setdefault(plate, Counter())[others[0]] += 1
    lorries = {plate: counted.most_common(1)[0][0] for plate, counted in usual.items()}
    if len(lorries) > 10:
        lorries.popitem()
    return dict(sorted(lorries.items())), trailers


def do_work(team: Team, organization: Organization, now: datetime) -> None:
    """Write what the two of them have done beside marking what is unloaded."""
    rows = Transport.objects.filter(organization=organization)
    open_rows = rows.filter(~DEALT_WITH, state__in=Transport.OPEN_STATES)
    delisted = rows.filter(state=Transport.State.DELISTED, first_expired_day__gt=bucharest_day(now))
    for row in delisted.order_by("-last_changed_at")[:1]:
        mark_transports([row], Mark.Kind.TAKEN, team.colleague.user, at=now)
    for row in open_rows.filter(issues=None).order_by("transport_date", "pk")[:1]:
        mark_transports([row], Mark.Kind.FINE, team.owner.user, at=now)
    for issue in Issue.objects.filter(company__organization=organization).order_by("pk")[:1]:
        mark_issue(issue, Mark.Kind.TAKEN, team.colleague.user)
    members = (team.colleague, team.owner)
    for number, row in enumerate(open_rows.order_by("-first_seen_at", "pk")[: len(data.NOTES)]):
        at = row.first_seen_at + (now - row.first_seen_at) / 2
        author = members[number % 2].user
        TransportNote.objects.create(
            transport=row, author=author, text=data.NOTES[number], created_at=at
        )
    busiest = open_rows.values("declarant_cui").annotate(number=Count("pk")).order_by("-number")
    for declarant in busiest.values_list("declarant_cui", flat=True)[:1]:
        save_declarant_contact(
            organization,
            declarant,
            phone=data.CONTACT_PHONE,
            email=data.CONTACT_EMAIL,
            by=team.owner.user,
        )
    save_view(
        team.owner,
        name=data.SHARED_VIEW,
        address=data.SHARED_VIEW_ADDRESS,
        default=False,
        shared=True,
    )
    _file_change(team.owner.user, rows)


def _file_change(user: User, rows: Any) -> None:
    """Write how the newest vehicle change that a company declared by itself was filed from here."""
    for row in (
        rows.exclude(vehicle_changes=[]).select_related("company").order_by("-first_seen_at")
    ):
        shown = row.vehicle_changes[-1]
        if shown["declared_by"] == row.company.cui and shown["at"]:
            _write_filing(user, row, shown)
            return


def _write_filing(user: User, row: Transport, shown: dict[str, Any]) -> None:
    moment = datetime.fromisoformat(shown["at"])
    filed_at = datetime.fromisoformat(shown["declared_at"] or shown["at"])
    change = VehicleChange.objects.create(
        company=row.company,
        transport=row,
        uit=row.uit,
        plate=shown["plate"],
        trailer1=shown["trailer1"] or "",
        trailer2=shown["trailer2"] or "",
        moment=moment,
        note=shown["note"] or data.FILING_NOTE,
        before_plate=row.plate,
        before_trailer1=row.trailer1,
        before_trailer2=row.trailer2,
        state=ChangeState.DONE,
        # ANAF shows it without our reference: it was recognized by its plates.
        reason="by_plates",
        state_since=filed_at + timedelta(minutes=1),
        created_by=user,
        created_by_name=user.name,
        created_at=filed_at,
        confirmed_at=filed_at,
    )
    reference = new_reference(now=filed_at)
    xml = build_vehicle_change(
        VehicleChangeDocument(
            declarant_cui=row.company.cui,
            uit=row.uit,
            plate=change.plate,
            trailer1=change.trailer1,
            trailer2=change.trailer2,
            moment=moment,
            reference=reference,
            note=change.note,
        )
    )
    FilingAttempt.objects.create(
        change=change,
        reference=reference,
        xml=xml,
        sha256=hashlib.sha256(xml).hexdigest(),
        environment=anaf_settings_for(change).environment,
        sent_at=filed_at,
        outcome=UploadOutcome.ACCEPTED,
    )
    steps = (("", ChangeState.QUEUED), (ChangeState.PROCESSING, ChangeState.DONE))
    for minutes, (before, state) in enumerate(steps):
        TransportEvent.objects.create(
            transport=row,
            at=filed_at + timedelta(minutes=minutes),
            kind=TransportEvent.Kind.FILING,
            by=None if minutes else user,
            changes={"filing": [before, state]},
        )
