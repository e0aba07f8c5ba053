"""`caraus vehicle-change` and `caraus vehicle-changes`, for scripts and terminals."""

import argparse
import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from caraus.commands.base import CommandError, database

if TYPE_CHECKING:
    from caraus.filings.models import FilingAttempt, VehicleChange
    from caraus.filings.rules import VehicleChangeInput
    from caraus.transports.models import Transport

_EXIT_CODES = {"unknown": 1, "not_found": 1, "refused": 4, "draft": 2, "cancelled": 2, "closed": 1}
_REAUTHORIZE = {"no_authorization", "reauthorize"}


def file_vehicle_change(options: argparse.Namespace) -> int:
    """File one change and print how it stands; see `filing_options.CHANGE_HELP`."""
    with database():
        from caraus.filings import changes
        from caraus.filings.rules import RuleError
        from caraus.filings.states import ChangeState

        transport = _transport(options.cui, options.uit)
        try:
            change = changes.create_draft(transport, _read_input(options, transport), user=None)
        except RuleError as error:
            raise CommandError(error.sentence, exit_code=2) from None
        changes.confirm([change], user=None)
        change.refresh_from_db()
        if options.wait and change.state != ChangeState.DRAFT:
            _wait(change, options.wait)
        row = _row(change)
        code = _exit_code(change)
    if options.json:
        print(json.dumps(row, ensure_ascii=False, indent=2))
    else:
        print(f"{row['uit']}  {row['state']:<10}  {row['message']}")
    return code


def _transport(cui: str, uit: str) -> "Transport":
    from caraus.accounts.cui import normalize_cui
    from caraus.transports.models import Transport

    rows = Transport.objects.select_related("company").filter(
        company__cui=normalize_cui(cui), uit=uit.strip().upper(), company__archived_at=None
    )
    transport = rows.order_by("pk").first()
    if transport is None:
        raise CommandError(f"No UIT {uit} of a company with CUI {cui} is known.", exit_code=2)
    return transport


def _read_input(options: argparse.Namespace, transport: "Transport") -> "VehicleChangeInput":
    from django.utils import timezone

    from caraus.core.formatting import BUCHAREST
    from caraus.filings.rules import VehicleChangeInput

    if options.no_trailer and (options.trailer1 or options.trailer2):
        raise CommandError("--no-trailer contradicts --trailer1 and --trailer2.", exit_code=2)
    moment = timezone.now()
    if options.at:
        try:
            moment = datetime.fromisoformat(options.at)
        except ValueError:
            raise CommandError(
                f"--at {options.at} is not a moment such as 2026-11-29T14:05.", exit_code=2
            ) from None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=BUCHAREST)
    _, present1, present2 = transport.current_vehicle
    stays = not options.no_trailer and options.trailer1 is None and options.trailer2 is None
    return VehicleChangeInput(
        plate=options.plate,
        trailer1=present1 if stays else options.trailer1 or "",
        trailer2=present2 if stays else options.trailer2 or "",
        moment=moment,
        note=options.note,
    )


def _wait(change: "VehicleChange", seconds: float) -> None:
    """Wait until nothing moves any more, or the time is over; do what no worker does."""
    from caraus.filings import processor
    from caraus.filings.states import ChangeState
    from caraus.sync.company_sync import sync_if_due

    deadline = time.monotonic() + seconds
    while change.next_step_at is not None and time.monotonic() < deadline:
        processor.step(change.pk)
        change.refresh_from_db()
        if change.state in {ChangeState.ACCEPTED, ChangeState.UNKNOWN}:
            sync_if_due(company_id=change.company_id)
            change.refresh_from_db()
        if change.next_step_at is not None:
            time.sleep(0.1)


def _exit_code(change: "VehicleChange") -> int:
    if change.state == "held":
        return 3 if change.reason in _REAUTHORIZE else 2
    return _EXIT_CODES.get(change.state, 0)


def vehicle_changes(*, cui: str, as_json: bool) -> int:
    """Print the changes of a company, newest first; no rehearsals, which no field distinguishes."""
    with database():
        from caraus.accounts.cui import normalize_cui
        from caraus.filings.models import VehicleChange
        from caraus.filings.states import ChangeState

        changes = (
            VehicleChange.objects.filter(company__cui=normalize_cui(cui), rehearsal=False)
            .exclude(state=ChangeState.DRAFT)
            .prefetch_related("attempts__responses")
        )
        rows = [_row(change) for change in changes]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            print(f"{row['id']:>6}  {row['uit']}  {row['state']:<10}  {row['message']}")
    return 0


def _row(change: "VehicleChange") -> dict[str, Any]:
    from caraus.core.formatting import BUCHAREST
    from caraus.filings import display

    words = [display.state_sentence(change), change.message]
    return {
        "id": change.pk,
        "uit": change.uit,
        "state": change.state,
        "message": " ".join(filter(None, words)),
        "plate": change.plate,
        "trailer1": change.trailer1,
        "trailer2": change.trailer2,
        "at": change.moment.astimezone(BUCHAREST).isoformat(),
        "attempts": [_attempt(attempt) for attempt in change.attempts.all()],
    }


def _attempt(attempt: "FilingAttempt") -> dict[str, Any]:
    uploads = [response for response in attempt.responses.all() if response.kind == "upload"]
    return {
        "reference": attempt.reference,
        "sent_at": attempt.sent_at.isoformat(),
        "index": attempt.index,
        "outcome": attempt.outcome,
        "answer": uploads[-1].exchange().text if uploads else "",
    }
