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

_LONGEST_NUMBER = 100
_YEARS = range(2000, 2101)
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_ROMANIAN = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ].+)?")
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})[./](\d{1,2})")
#: xs:date may carry a zone („2026-11-20Z”): it names that day, whatever the hour elsewhere.
_DAY_WITH_ZONE = re.compile(r"(\d{4}-\d{2}-\d{2})\s*(?:Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)
#: Seconds or milliseconds since 1970, bare or as Microsoft's serializers write them.
_EPOCH = re.compile(r"(\d{10})(?:\.\d+)?|(?:/Date\()?(\d{13})(?:\.\d+)?(?:(?:[+-]\d{4})?\)/)?")
#: What Java's ZonedDateTime appends to ISO.
_ZONE_NAME = re.compile(r"\[[\w/+-]+\]$")
#: What people write where a form wants something and there is nothing, by letters and digits.
_NOTHING = re.compile(
    r"|x+|0+|na|nu|nuare[a-z]*|fara[a-z]*|nuexista[a-z]*|nuestecazul|neaplicabil|lipsa[a-z]*|solo"
    r"|null|none|nan|nil|undefined|unknown|necunoscut[a-z]*|nespecificat[a-z]*"
)


def without_diacritics(text: str) -> str:
    """Lower case, without diacritics, with single spaces: ANAF writes its notes both ways."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def text_of(value: object) -> str:
    """Read a field as text: "" for null, numbers without ".0", anything else as JSON; stripped."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return canonical(value)


def letters_and_digits(text: str) -> str:
    """Fold a text to its letters and digits, by which two writings of a plate are compared."""
    return "".join(sign for sign in without_diacritics(text) if sign.isalnum())


def is_placeholder(text: str) -> bool:
    """Return whether a text only fills a field: „-”, „FĂRĂ REMORCĂ”, „N/A”, „XX”, „00”, or
    nothing."""
    return bool(_NOTHING.fullmatch(letters_and_digits(text)))


def normalized_cui(value: object) -> str:
    """Return a fiscal code as text, without the RO prefix, blanks, zeros before and a „.0” of a
    number.

    Codes that are not numbers (PF, foreign ones) stay; a placeholder is no code: "".
    """
    text = text_of(value)
    number = re.fullmatch(
        r"(?:RO[-.:]?)?0*([0-9]+)(?:[.,]0+)?", "".join(text.split()), re.IGNORECASE
    )
    if number:
        return number[1].lstrip("0")
    return "" if is_placeholder(text) else text


def parse_moment(value: object) -> datetime:
    """Read a moment in UTC, from ISO, yyyyMMdd[HHmm[ss]], dd.mm.yyyy [HH:MM[:SS]], the seconds or
    milliseconds since 1970, or numbers in a list (year, month, day …, as Java writes them).

    A value without a zone is Europe/Bucharest. Raises ValueError for anything else, and for years
    outside 2000-2100, which only a fault can bring.
    """
    text = text_of(value)
    try:
        moment = _of_numbers(value) if isinstance(value, list) else _parsed(text)
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise ValueError(f"not a date: {text[:40]!r}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=BUCHAREST)).astimezone(UTC)


def _of_numbers(values: list[Any]) -> datetime | None:
    """Read a moment from [year, month, day, …]."""
    if not 3 <= len(values) <= 6 or any(type(number) is not int for number in values):
        return None
    year, month, day, *clock = values
    return datetime(year, month, day, *clock)  # noqa: DTZ001


def _parsed(text: str) -> datetime | None:
    if text.isascii() and (epoch := _EPOCH.fullmatch(text)):
        seconds, milliseconds = epoch.groups()
        return datetime.fromtimestamp(int(seconds or milliseconds[:-3]), UTC)
    if text.isdecimal() and text.isascii():
        form = _COMPACT.get(len(text))
        return datetime.strptime(text, form) if form else None  # noqa: DTZ007
    if match := _ROMANIAN.fullmatch(text):
        day, month, year, clock = match.groups(default="00:00")
        hour, _, rest = clock.partition(":")
        return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{rest}")
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = match.groups()
        return datetime(int(year), int(month), int(day))  # noqa: DTZ001
    if match := _DAY_WITH_ZONE.fullmatch(text):
        return datetime.fromisoformat(match[1])
    text = _ZONE_NAME.sub("", text)
    return datetime.fromisoformat(text) if _ISO.fullmatch(text) else None


def parse_day(value: object) -> date:
    """Return the Romanian calendar day of a moment; raises ValueError as `parse_moment` does."""
    return parse_moment(value).astimezone(BUCHAREST).date()


def load_json(text: str) -> Any:
    """Load JSON made safe to keep in PostgreSQL: no NUL, no lone surrogate, no NaN or infinity.

    Raises ValueError (json.JSONDecodeError among them) and RecursionError.
    """
    return _cleaned(json.loads(text, parse_constant=str, parse_int=_int))


def _int(digits: str) -> int | str:
    """Read a whole number; one that is longer than Python reads stays a text: it is one field's
    fault."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else digits


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, dict):
        return {_clean(key): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
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
    """Return one JSON text for equal values: sorted keys, no spaces, diacritics as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest_of(text: str) -> str:
    """Return the sha256 of a text, in hex."""
    return sha256(text.encode()).hexdigest()
