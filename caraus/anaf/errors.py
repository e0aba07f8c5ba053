"""What went wrong with a call to ANAF: whose fault it is, what to do, and whether to try again."""

import re
from collections.abc import Iterable
from types import MappingProxyType

from caraus.anaf.call_problems import CALL_PROBLEMS
from caraus.anaf.login_problems import LOGIN_PROBLEMS
from caraus.anaf.problems import Outcome, Problem, Whose, said

__all__ = ["PROBLEMS", "AnafError", "Outcome", "Problem", "Whose", "masked"]

#: Every problem by its code.
PROBLEMS = MappingProxyType({row.code: row for row in (*CALL_PROBLEMS, *LOGIN_PROBLEMS)})

_DETAIL_LENGTH = 500
_MASK = "•••"
_SECRETS = (
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;<>\]]+", re.IGNORECASE), rf"\1 {_MASK}"),
    (
        re.compile(
            r"\b((?:access_|refresh_|id_)?token|client_secret|code|session-(?:id|key))"
            r"(\"?\s*[=:]\s*\"?)[^\s\"&,;<>]+",
            re.IGNORECASE,
        ),
        rf"\1\2{_MASK}",
    ),
    (re.compile(r"\bey[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*"), _MASK),
    (re.compile(r"[A-Za-z0-9_+=~-]{40,}"), _MASK),
)


def masked(text: str, *, secrets: Iterable[str] = ()) -> str:
    """One line of at most 500 characters with everything that may be a token replaced by dots.

    Masks the given `secrets` wherever they stand, Bearer and Basic credentials, values named like
    tokens, JWTs, and any unbroken run of 40 characters or more (a trace id has 36).
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, _MASK)
    # A cut leaves room for what masking shortens, and bounds the work on a large body.
    text = text[: _DETAIL_LENGTH * 20]
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 1] + "…"


class AnafError(Exception):
    """A call to ANAF that gave nothing usable. `str()` is the sentence, free of secrets.

    `retry_after`: seconds that ANAF asked us to wait, when it said. `http_status`: None when no
    answer came. `detail`: short technical text for diagnosis, masked. `limit`: the daily number of
    calls that ANAF named in „S-au facut deja N interogari … in cursul zilei”.
    """

    def __init__(
        self,
        code: str,
        *,
        http_status: int | None = None,
        detail: str = "",
        retry_after: float | None = None,
        limit: int | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        self.problem = PROBLEMS[code]
        super().__init__(self.problem.sentence)
        #: The advice of a call that knows better than the problem, in Romanian.
        self.own_advice = ""
        self.http_status = http_status
        self.detail = masked(detail, secrets=secrets)
        self.retry_after = retry_after
        self.limit = limit

    @property
    def code(self) -> str:
        """The stable name of the problem, a key of `PROBLEMS`."""
        return self.problem.code

    @property
    def outcome(self) -> Outcome:
        """The state in which the synchronization or renewal ends."""
        return self.problem.outcome

    @property
    def whose(self) -> Whose:
        """On whose side the problem lies."""
        return self.problem.whose

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        return self.problem.sentence

    @property
    def advice(self) -> str:
        """What to do now, in the reader's language."""
        return said(self.own_advice) or self.problem.advice

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later by itself."""
        return self.problem.retryable
