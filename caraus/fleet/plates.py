"""Number plates: as people type them, as the fleet keeps them, as they are compared. Pure."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from caraus.core.formatting import folded

# What ANAF takes (schema_ETR_v2, NrVehiculType: capitals and digits).
MIN_LENGTH, MAX_LENGTH = 2, 20
# What people type around letters and digits; an apostrophe keeps a spreadsheet from counting.
_NOISE = frozenset("-.·•_'’\"„”‐‑–—\ufeff\u200b")
_SEPARATORS = frozenset("/+&,;|\\")


def normalized(typed: str) -> str:
    """„b-12 abc” → „B12ABC”: capitals and digits alone, as the search folds them.

    Never fails; "" when there is neither a letter nor a digit.
    """
    return folded(typed).upper()


def clean_plate(typed: str) -> str:
    """A plate for the fleet; raises ValidationError with a sentence where it can't be one."""
    shown = " ".join(typed.split())[:40]
    plate = normalized(typed)
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


def looks_like_plate(typed: str) -> bool:
    """Whether a cell of a spreadsheet looks like a plate: readable, with letters and digits."""
    try:
        plate = clean_plate(typed)
    except ValidationError:
        return False
    return len(plate) <= 12 and not plate.isdigit() and not plate.isalpha()


def _foreign_sign(typed: str) -> str:
    """The first sign that would be lost unseen: a Cyrillic „В” is no Latin „B”."""
    for sign in unicodedata.normalize("NFKD", typed.lower()):
        known = sign.isascii() and sign.isalnum()
        if not (known or sign.isspace() or sign in _NOISE or unicodedata.combining(sign)):
            return sign.upper()
    return ""
