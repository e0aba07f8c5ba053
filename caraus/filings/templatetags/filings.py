"""The filings of a UIT on its page: `{% load filings %}`."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest

from caraus.accounts import access
from caraus.filings import permission
from caraus.filings.display import ChangeView, describe_change
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.transports.models import Transport

register = template.Library()
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class FilingsOfUit:
    """The newest changes of a UIT, and whether the reader may file one now."""

    shown: list[ChangeView]
    may_file: bool


@register.simple_tag(takes_context=True)
def filings_of_uit(context: dict[str, Any], transport: Transport) -> FilingsOfUit:
    """Return the newest changes of a UIT, drafts apart, for its page."""
    request: HttpRequest = context["request"]
    rows = VehicleChange.objects.filter(company=transport.company_id, uit=transport.uit)
    rows = rows.exclude(state=ChangeState.DRAFT)[:_MOST_SHOWN]
    may_file = permission.may_file_now(access.current_membership(request), transport)
    return FilingsOfUit(shown=[describe_change(row) for row in rows], may_file=may_file)
