"""The Romanian fiscal code (CUI/CIF): read as people write it, checked by its last digit."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength
from stdnum.ro import cui as ro_cui

from caraus.core.formatting import plural

# What people type around the digits: spaces, dots, dashes, the VAT prefix.
_NOISE = str.maketrans("", "", " .-\u00a0\t")


def normalize_cui(value: str) -> str:
    """Normalize „RO 12 345 674” to „12345674”; raises ValidationError with a sentence in Romanian.

    The check digit is verified (Law 359/2004, annex; algorithm as in python-stdnum).
    """
    digits = _digits(value)
    if not digits:
        raise ValidationError(gettext("Scrie CUI-ul firmei, de exemplu RO 14399840."))
    if not digits.isdigit() or not digits.isascii():
        raise ValidationError(
            gettext(
                "„{strip}” nu este un CUI: pe lângă prefixul RO se acceptă numai cifre."
            ).format(strip=value.strip())
        )
    try:
        return str(ro_cui.validate(digits))
    except InvalidLength as error:
        raise ValidationError(
            gettext("„{strip}” nu este un CUI: are {digits}, iar un CUI are între 2 și 10.").format(
                strip=value.strip(), digits=plural(len(digits), "cifră", "cifre")
            )
        ) from error
    except (InvalidChecksum, InvalidComponent, InvalidFormat) as error:
        raise ValidationError(
            gettext(
                "„{strip}” nu este un CUI valid: cifra de control nu se potrivește. "
                "Verifică dacă l-ai copiat întreg."
            ).format(strip=value.strip())
        ) from error


def find_cui(value: str) -> str:
    """Normalize a CUI; return "" for what is none."""
    digits = _digits(value)
    return digits if digits.isascii() and digits.isdigit() and ro_cui.is_valid(digits) else ""


def _digits(value: str) -> str:
    return value.strip().upper().translate(_NOISE).removeprefix("RO").lstrip("0")


def validate_cui(value: str) -> None:
    """Field validator: the value must be a normalized CUI."""
    if normalize_cui(value) != value:
        raise ValidationError(
            gettext("CUI-ul se păstrează numai cu cifre, fără RO și fără zerouri în față.")
        )
