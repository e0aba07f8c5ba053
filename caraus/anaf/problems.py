"""The words for what can go wrong between us and ANAF. The table itself is `errors.PROBLEMS`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What came of one question to ANAF: the state that a synchronization or a renewal ends in."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    BAD_ANSWER = "bad_answer"
    NO_RIGHTS = "no_rights"
    REAUTHORIZE = "reauthorize"


class Whose(StrEnum):
    """On whose side the problem lies."""

    ANAF = "anaf"
    AUTHORIZATION = "authorization"
    RIGHTS = "rights"
    US = "us"


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of trouble: `sentence` says what happened, `advice` what to do now.

    Both are constant texts, written for a dispatcher in Romanian and said in the reader's language;
    numbers stand in `AnafError`.
    `retryable`: the same call may succeed later although nobody at the carrier does anything.
    """

    code: str
    outcome: Outcome
    whose: Whose
    romanian_sentence: str
    romanian_advice: str
    retryable: bool

    @property
    def sentence(self) -> str:
        return said(self.romanian_sentence)

    @property
    def advice(self) -> str:
        return said(self.romanian_advice)


_languages: list[Callable[[str], str]] = [str]


def speak(translate: Callable[[str], str]) -> None:
    """From now on texts are said through `translate`; the boundary itself knows Romanian only."""
    _languages[0] = translate


def said(text: str) -> str:
    """A constant text of this package in the reader's language."""
    return _languages[0](text) if text else ""


def gettext_noop(text: str) -> str:
    """Mark a text for the translation catalogues, which know this name; return it unchanged."""
    return text
