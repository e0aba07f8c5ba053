"""Our filings among the vehicle changes that ANAF shows for a UIT. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from caraus.anaf.filings import key_of


def shows(changes: Sequence[dict[str, Any]], references: Collection[str]) -> bool:
    """Tell whether ANAF shows a change with one of our references; a user's own text may stand
    before the part that is ours."""
    keys = {key_of(reference) for reference in references} - {""}
    return any(key_of(change.get("reference") or "") in keys for change in changes)


def of_others(
    changes: Sequence[dict[str, Any]], references: Collection[str]
) -> list[dict[str, Any]]:
    """Give the changes that are not from one of these references."""
    keys = {key_of(reference) for reference in references} - {""}
    return [change for change in changes if key_of(change.get("reference") or "") not in keys]


def last_moment(changes: Sequence[dict[str, Any]]) -> datetime | None:
    """Give the latest moment of the changes, None where there is none."""
    moments = [datetime.fromisoformat(change["at"]) for change in changes if change.get("at")]
    return max(moments, default=None)
