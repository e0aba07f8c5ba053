"""What a person reads of an error: a sentence, an advice, a label, a help page."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from django.utils.translation import gettext

from caraus.anaf.errors import ERRORS, Outcome
from caraus.authorizations.anaf_errors import headings
from caraus.authorizations.anaf_errors.headings import Heading
from caraus.authorizations.anaf_errors.help import HELP_BY_SLUG, HelpPage
from caraus.core.formatting import gettext_lazy


class Responsibility(StrEnum):
    """Who is responsible for an error."""

    ANAF = "anaf"
    AUTHORIZATION = "authorization"
    RIGHTS = "rights"
    US = "us"


@dataclass(frozen=True, slots=True)
class ErrorLabel:
    """How a notice of an error is marked: an icon, a few words and a colour."""

    icon: str
    text: str
    tone: Literal["warn", "bad"]


RESPONSIBILITY_LABELS = {
    Responsibility.ANAF: ErrorLabel("landmark", gettext_lazy("Problemă la ANAF"), "warn"),
    Responsibility.AUTHORIZATION: ErrorLabel(
        "key-round", gettext_lazy("Problemă cu autorizarea"), "bad"
    ),
    Responsibility.RIGHTS: ErrorLabel(
        "shield-alert", gettext_lazy("Lipsește un drept în SPV"), "bad"
    ),
    Responsibility.US: ErrorLabel("server-cog", gettext_lazy("Problemă la noi"), "bad"),
}
# Nobody is at fault but the number of requests.
LIMIT_LABEL = ErrorLabel("hourglass", gettext_lazy("Limită la ANAF"), "warn")


@dataclass(frozen=True, slots=True)
class ErrorText:
    """A row of the table: `sentence` says what happened, `advice` what to do now.

    Both are constant texts, written for a dispatcher in Romanian and translated when they are read;
    numbers stand in `AnafError`. `heading` is for the page after ANAF.
    """

    code: str
    responsibility: Responsibility
    romanian_sentence: str
    romanian_advice: str
    heading: Heading = headings.FAILED
    help_slug: str = ""

    @property
    def sentence(self) -> str:
        return gettext(self.romanian_sentence)

    @property
    def advice(self) -> str:
        return gettext(self.romanian_advice)

    @property
    def help(self) -> HelpPage | None:
        """The help page, where one can help."""
        return HELP_BY_SLUG.get(self.help_slug)

    @property
    def label(self) -> ErrorLabel:
        error_class = ERRORS.get(self.code)
        if error_class is not None and error_class.outcome is Outcome.RATE_LIMITED:
            return LIMIT_LABEL
        return RESPONSIBILITY_LABELS[self.responsibility]
