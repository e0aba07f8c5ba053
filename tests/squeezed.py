"""Pages without the blanks that only lay their templates out."""

import re
from typing import Any


def squeezed(page: str) -> str:
    """Runs of blanks become one; beside tags and before the end of a tag there is none."""
    return re.sub(r"(?<=>) | (?=[<>])", "", re.sub(r"\s+", " ", page))


def page_of(response: Any) -> str:
    """The page that a response brings, squeezed."""
    return squeezed(response.content.decode())
