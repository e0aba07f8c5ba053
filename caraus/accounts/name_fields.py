"""Names that people type: one line of visible text, in which no mail program finds a link.

A line break would break an e-mail's header, a sign that is not seen makes two names look alike, and
a name with an address in it turns our own e-mails into somebody's advertisement.
"""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from caraus.core.fields import TruncatedCharField
from caraus.core.formatting import gettext_lazy

_INVISIBLE = {"Cc", "Cf", "Co", "Cs"}
# Endings after which mail programs make a link of bare words; „S.R.L.” and „Dr.Ion” are none.
_ENDINGS = (
    *("ro", "md", "eu", "com", "net", "org", "info", "biz", "io", "app", "dev", "online", "site"),
    *("website", "xyz", "top", "shop", "store", "link", "click", "live", "club", "icu", "me", "co"),
    *("ru", "su", "cn", "tk", "ml", "ga", "cf", "gq", "pw", "cc", "tv", "ws", "ly", "gl", "gd"),
    *("uk", "de", "fr", "it", "bg", "hu", "pl", "ua", "us", "cloud", "tech", "page", "example"),
)
# An e-mail address (after or before an @) is no link to a page.
_LINK = re.compile(
    rf"://|\bwww\.|(?<![@\w.-])[\w-]+(?:\.[\w-]+)*\.(?:{'|'.join(_ENDINGS)})\b(?![\w@-]|\.\w)"
    # Of an ending that is not known, what stands after it decides: „anaf.ai/spv”, „10.0.0.1:80”.
    r"|(?<![@\w.-])[\w-]+(?:\.[\w-]+)*\.(?:xn--[\w-]+|[^\W\d_]{2,}[/:]\w)"
    r"|(?<![\w.])\d+(?:\.\d+){3}[/:]\w",
    re.IGNORECASE,
)


def single_line(text: str) -> str:
    """Return the text on one line: white space becomes one space, what is not seen is left out."""
    one_line = " ".join(text.split())
    return "".join(
        sign for sign in one_line if unicodedata.category(sign) not in _INVISIBLE
    ).strip()


def has_link(text: str) -> bool:
    """Return whether a mail program would make a link of some of it, wide dots and letters among
    it."""
    plain = unicodedata.normalize("NFKC", text).replace("。", ".")
    return _LINK.search(plain) is not None


def validate_no_link(text: str) -> None:
    """Raise ValidationError for a name that a mail program would show as a link."""
    if has_link(text):
        raise ValidationError(
            gettext_lazy(
                "Numele acesta cuprinde o adresă de internet. Scrie-l fără „www.” și fără "
                "terminația „.ro” sau „.com”."
            ),
            code="link",
        )


class SingleLineFormField(forms.CharField):
    """A form's field of one line."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return single_line(text) if isinstance(text, str) else text


class NameFormField(SingleLineFormField):
    """A form's field of a name."""

    default_validators = [validate_no_link]


class NameField(TruncatedCharField):
    """A column of names: on one line, and no longer than it, whoever writes it; in forms, without
    links too."""

    def truncate(self, text: str) -> str:
        return super().truncate(single_line(text))

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": NameFormField} | kwargs)
