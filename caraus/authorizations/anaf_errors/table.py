"""The table of what people read of ANAF's errors: a row for each code of `caraus.anaf.errors`."""

from types import MappingProxyType

from caraus.authorizations.anaf_errors.help import HelpPage
from caraus.authorizations.anaf_errors.login_errors import LOGIN_ERRORS
from caraus.authorizations.anaf_errors.request_errors import REQUEST_ERRORS

#: Every row by its code.
ERROR_TEXTS = MappingProxyType({text.code: text for text in (*REQUEST_ERRORS, *LOGIN_ERRORS)})


def help_for(code: str) -> HelpPage | None:
    """Return the help page of a code; None where no page helps, and for "" and unknown codes."""
    text = ERROR_TEXTS.get(code)
    return text.help if text else None


def explanation(code: str) -> str:
    """Say in one paragraph what happened and what to do."""
    text = ERROR_TEXTS[code]
    return f"{text.sentence} {text.advice}"
