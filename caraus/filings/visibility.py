"""Our filings among the vehicle changes that ANAF shows for a UIT. Pure."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from caraus.anaf.filings import FilingRow, key_of
from caraus.filings.models import VehicleChange


def is_visible(changes: Sequence[dict[str, Any]], references: Collection[str]) -> bool:
    """Return whether ANAF shows a change with one of our references; a user's own text may stand
    before the part that is ours."""
    keys = {key_of(reference) for reference in references} - {""}
    return any(key_of(change.get("reference") or "") in keys for change in changes)


def is_visible_without_reference(changes: Sequence[dict[str, Any]], change: VehicleChange) -> bool:
    """Return whether ANAF shows our change without any reference: the same plates from the same
    minute, declared by the company. One with another's reference is another's."""
    return any(
        not shown.get("reference")
        and shown.get("declared_by") == change.company.cui
        and (shown.get("plate"), shown.get("trailer1"), shown.get("trailer2")) == change.vehicle
        and _is_same_minute(shown.get("at"), change.moment)
        for shown in changes[change.changes_before :]
    )


def is_row_without_reference(row: FilingRow, change: VehicleChange) -> bool:
    """Return whether a row of `lista` is our change without any reference."""
    return (
        row.kind == "MVH"
        and not row.reference
        and row.uit == change.uit
        and row.declared_by == change.company.cui
        and (row.plate, row.trailer1, row.trailer2) == change.vehicle
        and row.changed_at is not None
        and _minute(row.changed_at) == _minute(change.moment)
    )


def _is_same_minute(text: str | None, moment: datetime) -> bool:
    return bool(text) and _minute(datetime.fromisoformat(str(text))) == _minute(moment)


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def changes_of_others(
    changes: Sequence[dict[str, Any]], references: Collection[str]
) -> list[dict[str, Any]]:
    """Return the changes that are not from one of these references."""
    keys = {key_of(reference) for reference in references} - {""}
    return [change for change in changes if key_of(change.get("reference") or "") not in keys]


def last_moment(changes: Sequence[dict[str, Any]]) -> datetime | None:
    """Return the latest moment of the changes, None where there is none."""
    moments = [datetime.fromisoformat(change["at"]) for change in changes if change.get("at")]
    return max(moments, default=None)
