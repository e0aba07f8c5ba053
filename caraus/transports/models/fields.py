"""A day that ANAF may leave unknown."""

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# What the database holds for a day that is not known. Every comparison of the list then says what
# is wanted of such a UIT: it has begun, it is not over, and it is the last in both orders.
UNKNOWN_START = date.min
UNKNOWN_END = date.max

if TYPE_CHECKING:
    _DateField = models.DateField[str | date | None, date | None]
else:
    _DateField = models.DateField


class DayOrUnknown(_DateField):
    """A date column that is never null; None in Python is `unknown` in the database."""

    def __init__(self, *args: Any, unknown: date = UNKNOWN_END, **kwargs: Any) -> None:
        self.unknown = unknown
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"unknown": self.unknown}

    def from_db_value(
        self, value: date | None, expression: object, connection: BaseDatabaseWrapper
    ) -> date | None:
        return self.known(value)

    def get_prep_value(self, value: Any) -> Any:
        return self.unknown if value is None else super().get_prep_value(value)

    def known(self, value: date | None) -> date | None:
        """Return a value of the column as Python has it."""
        return None if value == self.unknown else value
