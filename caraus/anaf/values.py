"""ANAF's JSON values, read with patience: texts, fiscal codes, moments, and safe JSON trees."""

import json
import math
import re
import unicodedata
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

#: ANAF's clock: what comes without a zone is Romanian time (its texts name none; e-factura-go and
#: anafpy read it so).
BUCHAREST = ZoneInfo("Europe/Bucharest")

_YEARS = range(2000, 2101)
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ROMANIAN = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].+)?")


def folded(text: str) -> str:
    """Lower case, without diacritics, with single spaces: ANAF writes its notes both ways."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def text_of(value: object) -> str:
    """A field as text: "" for null, numbers without ".0", anything else as JSON; stripped."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return canonical(value)


def cui_of(value: object) -> str:
    """A fiscal code as text without the RO prefix; codes that are not numbers (CNP, PF) stay."""
    return re.sub(r"^RO\s*(?=\d)", "", text_of(value), flags=re.IGNORECASE)


def moment_of(value: object) -> datetime:
    """A moment in UTC, from ISO, yyyyMMdd[HHmm[ss]] or dd.mm.yyyy [HH:MM[:SS]].

    A value without a zone is Europe/Bucharest. Raises ValueError for anything else, and for years
    outside 2000-2100, which only a fault can bring.
    """
    text = text_of(value)
    try:
        found = _parsed(text)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.year not in _YEARS:
        raise ValueError(f"data „{text[:40]}” nu poate fi citită")
    return (found if found.tzinfo else found.replace(tzinfo=BUCHAREST)).astimezone(UTC)


def _parsed(text: str) -> datetime | None:
    if text.isdecimal() and text.isascii():
        form = _COMPACT.get(len(text))
        return datetime.strptime(text, form) if form else None  # noqa: DTZ007
    if match := _ROMANIAN.fullmatch(text):
        day, month, year, clock = match.groups(default="00:00")
        hour, _, rest = clock.partition(":")
        return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{rest}")
    return datetime.fromisoformat(text) if _ISO.fullmatch(text) else None


def day_of(value: object) -> date:
    """The Romanian calendar day of a moment; raises ValueError as `moment_of` does."""
    return moment_of(value).astimezone(BUCHAREST).date()


def load_json(text: str) -> Any:
    """JSON made safe to keep in PostgreSQL: no NUL, no lone surrogate, no NaN or infinity.

    Raises ValueError (json.JSONDecodeError among them) and RecursionError.
    """
    return _kept(json.loads(text, parse_constant=str))


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(key): _kept(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_kept(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _clean(text: str) -> str:
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return (
        text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def canonical(value: object) -> str:
    """One JSON text for equal values: sorted keys, no spaces, diacritics as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """The sha256 of a text, in hex."""
    return sha256(text.encode()).hexdigest()
