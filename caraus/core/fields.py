"""Columns that take composed text: what does not fit is cut, for no text may undo what is stored;
and columns of folded text, which is searched.

Widths of people's names and addresses stand here, so that what is made of them fits.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

from caraus.core.formatting import folded

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]
    _TextField = models.TextField[str, str]
else:
    _CharField = models.CharField
    _TextField = models.TextField

# RFC 5321's longest address, and the longest name of a person.
EMAIL_LENGTH = 254
PERSON_NAME_LENGTH = 150
# Of a company, and of an organization.
COMPANY_NAME_LENGTH = 200
# How a person is called: by name, or by the address.
PERSON_LABEL_LENGTH = max(EMAIL_LENGTH, PERSON_NAME_LENGTH)
# „Ana Pop (ana@example.ro)”.
ACTOR_LENGTH = PERSON_NAME_LENGTH + len(" (") + EMAIL_LENGTH + len(")")


class TruncatedCharField(_CharField):
    """A column of text that is cut to its width, the last sign then being „…”."""

    def deconstruct(self) -> Any:
        """Return a column like another: migrations need not know this class."""
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.CharField", positional, named

    def truncate(self, text: str) -> str:
        """Return the text as the column keeps it."""
        width = self.max_length or 0
        return text if len(text) <= width else text[: width - 1].rstrip() + "…"

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return self.truncate(prepared) if isinstance(prepared, str) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self.truncate(value)
            setattr(model_instance, self.attname, value)
        return value


class FoldedField(_TextField):
    """The folded text of other fields of the row, each with a space before and after it; written
    whenever this field is."""

    def __init__(self, *args: Any, of: Sequence[str] = (), **kwargs: Any) -> None:
        self.of = tuple(of)
        super().__init__(*args, **(kwargs | {"editable": False}))

    def deconstruct(self) -> Any:
        """Hide this class from migrations: for the database it is a column like another."""
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.TextField", positional, named

    def fold(self, model_instance: models.Model) -> str:
        """Return the text as the column keeps it."""
        texts = (folded(getattr(model_instance, name)) for name in self.of)
        return f" {' '.join(filter(None, texts))} "

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        value = self.fold(model_instance)
        setattr(model_instance, self.attname, value)
        return value


class UniqueKeyField(TruncatedCharField):
    """A column of composed keys: two that differ differ still when they are cut."""

    def truncate(self, text: str) -> str:
        width = self.max_length or 0
        if len(text) <= width:
            return text
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{text[: width - len(digest) - 1]}:{digest}"


def truncate_for_column(model: type[models.Model], field: str, text: str) -> str:
    """Return the text as this column of the model keeps it, for SQL that is written out."""
    column = model._meta.get_field(field)
    return column.truncate(text) if isinstance(column, TruncatedCharField) else text
