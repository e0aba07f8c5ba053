"""Pages without the blanks that only lay their templates out."""

import re
from typing import Any


def squeezed(page: str) -> str:
    """Make runs of blanks one; remove them beside tags and before the end of a tag."""
    return re.sub(r"(?<=>) | (?=[<>])", "", re.sub(r"\s+", " ", page))


def page_of(response: Any) -> str:
    """Return the page that a response brings, squeezed."""
    return squeezed(response.content.decode())
