"""The fields of one object of ANAF's as texts, and which of them could not be understood."""

from collections.abc import Callable
from typing import Any

from caraus.anaf.values import canonical, text_of

#: ANAF promises no lengths; its schema allows a few hundred characters. What is longer is cut, for
#: every text is searched, compared and shown many times. The record itself is kept whole.
MOST_TEXT = 2000
CUT_MARK = "…"
_SHOWN = 100


def cut(text: str, note: Callable[[], None]) -> str:
    """Return the text, or its beginning with „…” when it is too long, which `note` records."""
    if len(text) <= MOST_TEXT:
        return text
    note()
    return text[: MOST_TEXT - 1] + CUT_MARK


def is_cut(text: str) -> bool:
    """Return whether `cut` has shortened this text."""
    return len(text) == MOST_TEXT and text.endswith(CUT_MARK)


class Fields:
    """An object's fields, read with patience; what can't be understood is kept in `unread`."""

    def __init__(
        self, item: dict[str, Any], *, unread: dict[str, str] | None = None, prefix: str = ""
    ) -> None:
        self.item = item
        #: ANAF's names with the beginning of what stood there.
        self.unread = {} if unread is None else unread
        self._prefix = prefix

    def get(self, name: str) -> Any:
        """Return the value of ANAF's field as it came; None where it is missing."""
        return self.item.get(name)

    def note(self, name: str) -> None:
        """Say that a field could not be understood, or not whole."""
        value = self.item.get(name)
        shown = text_of(value) if not isinstance(value, list | dict) else canonical(value)
        if len(shown) > _SHOWN:
            shown = shown[: _SHOWN - 1] + CUT_MARK
        self.unread[self._prefix + name] = shown

    def text(self, name: str) -> str:
        """Read a field as text; a list of one text is that text; "" and a note for what is none."""
        value = self.item.get(name)
        if isinstance(value, list):
            given = [each for each in value if each is not None]
            value = given[0] if len(given) == 1 else given or None
        if isinstance(value, list | dict):
            if value:
                self.note(name)
            return ""
        return cut(text_of(value), lambda: self.note(name))
