"""Other views of the list, with its filters: a week by vehicle, and the map."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.core.formatting import today
from caraus.transports.models import Transport
from caraus.workspace import county_map, listing, period, week
from caraus.workspace.company_scope import chosen
from caraus.workspace.filters import Asked


@require_GET
@never_cache
def week_strip(request: HttpRequest) -> HttpResponse:
    asked, rows, context = _asked(request)
    shown = period.week(request.GET, asked, today=today())
    after = request.GET.get("dupa_numar")
    after = None if after is None else after.replace("\0", "")[:200]
    context["strip"] = week.strip(rows, shown, context["companies"], today=today(), after=after)
    context["after"] = after
    return render(request, "workspace/week.html", context | _around(asked, shown))


@require_GET
@never_cache
def show_county_map(request: HttpRequest) -> HttpResponse:
    asked, rows, context = _asked(request)
    shown = period.of_map(request.GET, asked, today=today())
    context["map"] = county_map.drawn(rows, shown)
    return render(request, "workspace/map.html", context | _around(asked, shown))


def _asked(request: HttpRequest) -> tuple[Asked, QuerySet[Transport], dict[str, Any]]:
    """The filters of the list but for its period; without a chosen state, the ended ones too."""
    membership = access.current_membership(request)
    choice = chosen(membership, Asked.of(request.GET))
    asked = choice.asked
    of_all_days = replace(asked, de_la=None, pana_la=None, arata=asked.arata or "toate")
    visible = access.visible(Transport.objects.all(), membership)
    rows = listing.filtered(of_all_days, visible, choice.narrowing, today=today())
    context = {
        "asked": asked,
        "companies": choice.companies,
        "company": choice.company,
        "unknown_company": choice.unknown,
        "today": today(),
    }
    return asked, rows, context


def _around(asked: Asked, shown: period.Period) -> dict[str, Any]:
    """Addresses: this period in the other views, the weeks before and after."""
    kept = replace(asked, de_la=None, pana_la=None)
    here = shown.first.isoformat()
    list_days = {"de_la": here, "pana_la": shown.last.isoformat()}
    return {
        "period": shown,
        "kept": kept,
        "before": kept.address(saptamana=shown.before.isoformat()),
        "after_week": kept.address(saptamana=shown.after.isoformat()),
        "this_week": kept.address(),
        "here": kept.address(saptamana=here),
        "in_list": kept.address(**list_days, arata=asked.arata or "toate"),
    }
