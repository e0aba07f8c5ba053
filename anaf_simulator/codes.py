"""Codes with check digits: fiscal codes (CUI) and transport codes (UIT)."""

import random
import re

_CUI_WEIGHTS = (7, 5, 3, 2, 1, 7, 5, 3, 2)
UIT_ALPHABET = "0123456789ACDEFHJKLMNPQRTUVWXY"
"""Capital letters without O, I, Z, S, G, B (XSD, UitType)."""
UIT_PATTERN = re.compile(rf"[{UIT_ALPHABET}]{{14}}[0-9]{{2}}")


def cui_check_digit(body: str) -> str:
    """Return the control digit that follows the digits ``body`` of a Romanian fiscal code."""
    padded = body.zfill(9)
    total = sum(int(digit) * weight for digit, weight in zip(padded, _CUI_WEIGHTS, strict=True))
    return str(total * 10 % 11 % 10)


def make_cui(body: int) -> str:
    """Return the whole fiscal code for ``body``: its digits and the control digit."""
    return f"{body}{cui_check_digit(str(body))}"


def is_cui(code: str) -> bool:
    """Return whether ``code`` is 2 to 10 digits that end in the right control digit."""
    if not re.fullmatch(r"[1-9][0-9]{1,9}", code):
        return False
    return cui_check_digit(code[:-1]) == code[-1]


def uit_check_digits(body: str) -> str:
    """Return the last two digits of the sum of the ASCII codes of ``body`` (XSD UitType,
    BR-019)."""
    return f"{sum(body.encode('ascii')):02d}"[-2:]


def make_uit(rng: random.Random) -> str:
    """Make a UIT from ``rng``: 14 characters and the two check digits."""
    body = "".join(rng.choices(UIT_ALPHABET, k=14))
    return body + uit_check_digits(body)


def is_uit(code: str) -> bool:
    """Return whether ``code`` has the form and the check digits of the XSD."""
    return bool(UIT_PATTERN.fullmatch(code)) and code[14:] == uit_check_digits(code[:14])
