"""A proof-reader of every e-mail that a test receives, in both its parts."""

import re

# What a template or a sentence leaves behind when it was given the wrong thing.
_LEFTOVERS = re.compile(
    r"<[A-Z]\w+:|\bNone\b|\{\{|\{%|%\(\w+\)|\{\w+\}|<bound |<function |\b[a-z_]+\.[a-z_]+ object at"
)
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
_TWICE_ESCAPED = re.compile(r"&amp;(?:amp|lt|gt|quot|#\d+|#x[0-9a-f]+);", re.IGNORECASE)
# From twenty on (by the last two digits) Romanian says „20 de firme”; below, „19 firme”.
_NOUNS = "transport|firm|UIT|noută|problem|or[ăe]|zile|minut|interog"
_COUNTED = re.compile(rf"\b(\d+) (de )?(?={_NOUNS})")


def faults(subject: str, text: str, html: str = "") -> list[str]:
    """Return what is wrong with an e-mail."""
    faults = [f"{part}: {text_part!r}" for part, text_part in _said(subject, text, html)]
    if "\n" in subject or len(subject) > 200:
        faults.append(f"subject: {subject!r}")
    return faults


def _said(subject: str, text: str, html: str) -> list[tuple[str, str]]:
    parts = {"subject": subject, "text": text, "html": html}
    leftovers = [
        (name, match[0]) for name, part in parts.items() for match in _LEFTOVERS.finditer(part)
    ]
    for name in ("subject", "text"):
        leftovers += [(name, match[0]) for match in _ESCAPED.finditer(parts[name])]
    leftovers += [("html", match[0]) for match in _TWICE_ESCAPED.finditer(html)]
    for name, part in parts.items():
        for match in _COUNTED.finditer(part):
            number = int(match[1])
            wants_de = number == 0 or number % 100 >= 20 or (number >= 100 and number % 100 == 0)
            if number > 1 and wants_de != bool(match[2]):
                leftovers.append((name, part[match.start() : match.end() + 12]))
    return leftovers
