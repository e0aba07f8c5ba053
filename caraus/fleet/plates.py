"""Number plates: as people type them, as the fleet keeps them, as they are compared. Pure."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from caraus.core.formatting import normalized_plate

# What ANAF takes (schema_ETR_v2, NrVehiculType: capitals and digits).
MIN_LENGTH, MAX_LENGTH = 2, 20
# Of plates as they are; what is longer in a list holds more than a plate.
MOST_LIKELY_LENGTH = 10
_COUNTIES = (
    "AB|AG|AR|BC|BH|BN|BR|BT|BV|BZ|CJ|CL|CS|CT|CV|DB|DJ|GJ|GL|GR|HD|HR|IF|IL|IS|MH|MM|MS|NT|OT|PH|"
    "SB|SJ|SM|SV|TL|TM|TR|VL|VN|VS"
)
_GAP = r"[\s.\-‐‑–]{0,2}"
_ROMANIAN = re.compile(
    rf"(?<![^\W_])(?:(?:B{_GAP}\d{{2,3}}|(?:{_COUNTIES}){_GAP}\d{{2}}){_GAP}[A-Z]{{3}}"
    # Provisional numbers.
    rf"|(?:B|{_COUNTIES}){_GAP}0\d{{3,6}})(?![^\W_])",
    re.IGNORECASE,
)
# What people type around letters and digits; an apostrophe keeps a spreadsheet from counting.
_NOISE = frozenset("-.·•_'’\"„”‐‑–—\ufeff\u200b")
_SEPARATORS = frozenset("/+&,;|\\")


def clean_plate(typed: str) -> str:
    """Return a plate for the fleet; raises ValidationError with a sentence where it can't be
    one."""
    shown = " ".join(typed.split())[:40]
    plate = normalized_plate(typed)
    if not shown:
        raise ValidationError(gettext("Scrie numărul de înmatriculare, de exemplu B 123 ABC."))
    if any(letter in _SEPARATORS for letter in shown.strip("".join(_SEPARATORS))):
        raise ValidationError(
            gettext("„%(typed)s” pare să țină mai multe numere: scrie-le câte unul pe rând.")
            % {"typed": shown}
        )
    if strange := _foreign_sign(shown):
        raise ValidationError(
            gettext(
                "„%(typed)s” are semnul „%(sign)s”, care nu poate sta pe o plăcuță cu litere "
                "latine."
            )
            % {"typed": shown, "sign": strange}
        )
    if not any(letter.isdigit() for letter in plate):
        raise ValidationError(
            gettext("„%(typed)s” nu este un număr de înmatriculare: nu are nicio cifră.")
            % {"typed": shown}
        )
    if not MIN_LENGTH <= len(plate) <= MAX_LENGTH:
        raise ValidationError(
            gettext("„%(typed)s” nu este un număr de înmatriculare: are %(length)d caractere, ANAF")
            % {"typed": shown, "length": len(plate)}
            + " "
            + gettext("primește între 2 și 20.")
        )
    return plate


def romanian_plates(text: str) -> list[str]:
    """Return the Romanian plates in a text, normalized: „B 124 ABC / Popescu Dan” → ["B124ABC"]."""
    return [normalized_plate(match[0]) for match in _ROMANIAN.finditer(text)]


def without_plates(text: str) -> str:
    """Return the rest of the text."""
    return _ROMANIAN.sub(" ", text).strip(" /,;:-–|()\t\n")


def is_plausible(typed: str) -> bool:
    """Return whether a cell of a list may be a plate of any country: short, with a digit, and no
    words."""
    try:
        plate = clean_plate(typed)
    except ValidationError:
        return False
    letters = sum(sign.isalpha() for sign in plate)
    return len(plate) <= MOST_LIKELY_LENGTH and letters <= 6 and (letters > 0 or len(plate) <= 7)


def looks_like_plate(typed: str) -> bool:
    """Return whether it has letters besides: a bare number is a plate only where one is
    expected."""
    return is_plausible(typed) and not normalized_plate(typed).isdigit()


def leading_plate(text: str) -> tuple[str, str]:
    """Split a plate of any country at the start of a cell from the rest of the cell: „CB 1234 AB
    Popescu” → ("CB1234AB", "Popescu"); ("", text) where there is none."""
    words = text.replace("/", " / ").split()
    taken = 0
    for word in words:
        is_part = any(sign.isdigit() for sign in word) or (word.isupper() and len(word) <= 3)
        if not is_part or len(normalized_plate("".join(words[: taken + 1]))) > MOST_LIKELY_LENGTH:
            break
        taken += 1
    for end in range(taken, 0, -1):
        plate = " ".join(words[:end])
        rest = " ".join(words[end:]).strip(" /,;:-–|")
        if rest and looks_like_plate(plate):
            return normalized_plate(plate), rest
    return "", text


def _foreign_sign(typed: str) -> str:
    """Return the first sign that would be lost unseen: a Cyrillic „В” is no Latin „B”."""
    for sign in unicodedata.normalize("NFKD", typed.lower()):
        known = sign.isascii() and sign.isalnum()
        if not (known or sign.isspace() or sign in _NOISE or unicodedata.combining(sign)):
            return sign.upper()
    return ""
