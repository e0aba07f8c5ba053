"""What a notification says: made whenever it is shown or sent, in the language of the reader.

Facts are stored: codes, names, days, moments. The package that sends a notification registers the
function that writes its message (`message_kind`) in its own `notification_texts.py`, which is
imported at start.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger(__name__)

#: JSON: what a message is written of.
type Facts = dict[str, Any]

TITLE_LENGTH = 200
ACTION_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Message:
    """What is read. It may be read a day after the fact: it names days, never „azi” alone.

    Paragraphs of `text` are parted by an empty line; `action` is the text of the button that leads
    on; `row_title` is the title in the list, the vehicle first; `brief` says it in a few words.
    """

    title: str
    text: str = ""
    action: str = ""
    brief: str = ""
    row_title: str = ""


@dataclass(frozen=True, slots=True)
class MessageKind:
    """The function that writes the messages of a code, in the active language; the title of so
    many that are shown as one, by the facts of the first; and which of these keys of notices
    somebody has dealt with since."""

    code: str
    write: Callable[[Facts], Message]
    title_of_many: Callable[[Facts, int], str] | None = None
    dealt_with: Callable[[Collection[str]], set[str]] | None = None


_registered: dict[str, MessageKind] = {}


def message_kind(
    code: str,
    *,
    title_of_many: Callable[[Facts, int], str] | None = None,
    dealt_with: Callable[[Collection[str]], set[str]] | None = None,
) -> Callable[[Callable[[Facts], Message]], MessageKind]:
    """Register a function that writes a message. Raises ValueError for a known code."""

    def register(write: Callable[[Facts], Message]) -> MessageKind:
        if code in _registered:
            raise ValueError(f"The message {code} is registered already.")
        _registered[code] = MessageKind(code, write, title_of_many, dealt_with)
        return _registered[code]

    return register


def registered_message(code: str) -> MessageKind:
    """Return the message of this code; one that writes nothing for a code that exists no longer."""
    return _registered.get(code) or MessageKind(code, lambda _facts: Message(""))


def title_of_many(code: str, facts: Facts, number: int) -> str:
    """Return the title of so many that are shown as one; "" where none is registered."""
    kind = _registered.get(code)
    return kind.title_of_many(facts, number) if kind and kind.title_of_many else ""


def kinds_dealt_with() -> dict[Callable[[Collection[str]], set[str]], list[str]]:
    """Return the codes of messages about what may be dealt with, by what says which is."""
    codes: dict[Callable[[Collection[str]], set[str]], list[str]] = {}
    for kind in _registered.values():
        if kind.dealt_with:
            codes.setdefault(kind.dealt_with, []).append(kind.code)
    return codes


def write_message(code: str, facts: Facts) -> Message | None:
    """Write a message in the active language. None for a code that exists no longer and for facts
    of an older version: one notification may not take the others with it."""
    kind = _registered.get(code)
    if kind is None:
        return None
    try:
        message = kind.write(facts)
    except (AttributeError, KeyError, TypeError, ValueError):
        log.exception("notification_message_not_written", code=code)
        return None
    return Message(
        _shortened(message.title, TITLE_LENGTH),
        message.text,
        _shortened(message.action, ACTION_LENGTH),
        _shortened(message.brief or message.title, TITLE_LENGTH),
        _shortened(message.row_title or message.title, TITLE_LENGTH),
    )


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"
