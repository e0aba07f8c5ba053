"""`caraus sync` and `caraus transports`: the product's data for scripts and terminals."""

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from caraus.commands.base import CommandError, database

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from caraus.accounts.models import Company
    from caraus.sync.company_sync import SyncResult
    from caraus.transports.models import Transport, UnreadableRecord


def sync(*, cui: str | None, as_json: bool) -> int:
    """Poll one company or all of them, one after another."""
    with database():
        from caraus.authorizations.rights import clear_refusals
        from caraus.sync.company_sync import sync_company

        results = []
        for company in _companies(cui, archived=False):
            clear_refusals(company)  # a person requests it: every authorization is tried again
            results.append(sync_company(company_id=company.pk))
    if as_json:
        print(json.dumps([_result(result) for result in results], ensure_ascii=False, indent=2))
    else:
        for result in results:
            print(f"{result.cui}  {result.outcome:<12}  {result.message}")
    return _exit_code({str(result.outcome) for result in results})


def _companies(cui: str | None, *, archived: bool) -> "QuerySet[Company]":
    """Return the companies that are followed, or, with `archived`, those put aside too."""
    from caraus.accounts.cui import normalize_cui
    from caraus.accounts.models import Company

    companies = Company.objects.order_by("cui", "pk")
    if cui is not None:
        companies = companies.filter(cui=normalize_cui(cui))
    if cui is not None and not archived and _only_archived(companies):
        raise CommandError(
            f"The company with CUI {cui} is archived: ANAF is not asked about it. Take it back "
            "on the page Firme, among the archived ones.",
            exit_code=2,
        )
    if not archived:
        companies = companies.filter(archived_at=None)
    if not companies.exists():
        which = f"No company with CUI {cui}" if cui else "No company"
        raise CommandError(
            f"{which} has been added. Add it on the page Firme, or with "
            "`caraus createuser --email E --cui CUI`.",
            exit_code=2,
        )
    return companies


def _only_archived(companies: "QuerySet[Company]") -> bool:
    return companies.exists() and not companies.filter(archived_at=None).exists()


def _exit_code(outcomes: set[str]) -> int:
    """Return the exit code: 3 when a person must act goes before 1."""
    if "reauthorize" in outcomes:
        return 3
    return 1 if outcomes - {"ok"} else 0


def _result(result: "SyncResult") -> dict[str, Any]:
    return {
        "cui": result.cui,
        "outcome": str(result.outcome),
        "seen": result.counts.seen,
        "new": result.counts.new,
        "changed": result.counts.changed,
        "missing": result.counts.missing,
        "unreadable": result.counts.unreadable,
        "message": result.message,
    }


def transports(*, cui: str, everything: bool, as_json: bool) -> int:
    """Return the UITs of a company: the open ones, or all."""
    with database():
        companies = list(_companies(cui, archived=True))
        rows = _rows(companies, everything=everything)
    if as_json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_table(rows)
    return 0


def _rows(companies: "list[Company]", *, everything: bool) -> list[dict[str, Any]]:
    from caraus.core.formatting import today
    from caraus.sync.models import SyncState
    from caraus.transports.models import Transport, UnreadableRecord

    transports = Transport.objects.filter(company__in=companies).prefetch_related("events")
    unreadable = UnreadableRecord.objects.filter(company__in=companies)
    good = {
        state.company_id: state.last_good_at
        for state in SyncState.objects.filter(company__in=companies)
        if state.last_good_at
    }
    rows = [_transport(row, today=today(), good=good) for row in transports]
    if not everything:
        rows = [row for row in rows if row["state"] in {"active", "missing"}]
        unreadable = unreadable.filter(resolved_at=None)
    return rows + [_unreadable(record) for record in unreadable]


def _transport(row: "Transport", *, today: date, good: dict[int, Any]) -> dict[str, Any]:
    from caraus.transports.store import last_listed_at

    plate, trailer1, trailer2 = row.current_vehicle
    return {
        "uit": row.uit,
        "state": row.state_on(today),
        "declarant_cui": row.declarant_cui,
        "declarant_name": row.declarant_name,
        "declarant_ref": row.declarant_ref,
        "transport_date": _iso(row.transport_date),
        "first_expired_day": _iso(row.first_expired_day),
        "last_valid_day": _iso(row.last_valid_day),
        "expiry_computed": row.expiry_computed,
        "unreadable_fields": row.unreadable_fields,
        "plate": row.plate,
        "trailer1": row.trailer1,
        "trailer2": row.trailer2,
        "current_plate": plate,
        "current_trailer1": trailer1,
        "current_trailer2": trailer2,
        "carrier_cui": row.carrier_cui,
        "carrier_name": row.carrier_name,
        "start": row.start,
        "end": row.end,
        "documents": row.documents,
        "vehicle_changes": row.vehicle_changes,
        "first_seen_at": row.first_seen_at.isoformat(),
        "last_seen_at": last_listed_at(row, good).isoformat(),
        "events": [
            {"at": event.at.isoformat(), "kind": event.kind, "changes": event.changes}
            for event in sorted(row.events.all(), key=lambda event: (event.at, event.pk))
        ],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


# The fields of a record that was understood; in one that was not they are null or empty.
_EMPTY: dict[str, Any] = {
    "uit": None,
    "state": "unreadable",
    "declarant_cui": None,
    "declarant_name": None,
    "declarant_ref": None,
    "transport_date": None,
    "first_expired_day": None,
    "last_valid_day": None,
    "expiry_computed": False,
    "unreadable_fields": {},
    "plate": None,
    "trailer1": None,
    "trailer2": None,
    "current_plate": None,
    "current_trailer1": None,
    "current_trailer2": None,
    "carrier_cui": None,
    "carrier_name": None,
    "start": None,
    "end": None,
    "documents": [],
    "vehicle_changes": [],
}


def _unreadable(record: "UnreadableRecord") -> dict[str, Any]:
    from caraus.anaf.info import uit_of_raw

    return _EMPTY | {
        "uit": uit_of_raw(record.raw) or None,
        "first_seen_at": record.first_seen_at.isoformat(),
        "last_seen_at": record.last_seen_at.isoformat(),
        "events": [],
        "raw": record.raw,
        "reason": record.reason_label,
    }


# UIT, state, last day, and the spaces between six columns.
_FIXED_WIDTH = 16 + len("unreadable") + len("2026-11-30") + 5 * 2


def _print_table(rows: list[dict[str, Any]]) -> None:
    """Print a line per UIT, on a narrow terminal too: what does not fit is cut, never broken."""
    from rich.console import Console
    from rich.table import Table

    from caraus.transports.display import place_title

    console = Console()
    table = Table(box=None, pad_edge=False)
    for name in ("UIT", "State", "Until"):
        table.add_column(name, no_wrap=True)
    room = max(console.width - _FIXED_WIDTH, 27)
    for name, share in (("Vehicle", 0.3), ("Route", 0.4), ("Declarant", 0.3)):
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=int(room * share))
    for row in rows:
        if row["state"] == "unreadable":
            table.add_row(row["uit"] or "?", "unreadable", "", "", row["raw"][:60], row["reason"])
            continue
        vehicle = " + ".join(
            filter(None, (row[f"current_{part}"] for part in ("plate", "trailer1", "trailer2")))
        )
        table.add_row(
            row["uit"],
            row["state"],
            row["last_valid_day"] or "?",
            vehicle,
            f"{place_title(row['start'])} → {place_title(row['end'])}",
            row["declarant_name"],
        )
    console.print(table if rows else "No UIT.")
