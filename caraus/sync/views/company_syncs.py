"""The page „Sincronizări” of a company, and `/metrics` for whoever watches the installation."""

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from caraus.accounts import access
from caraus.accounts.models import Company
from caraus.authorizations.anaf_errors.table import ERROR_TEXTS
from caraus.authorizations.anaf_errors.texts import ErrorLabel
from caraus.core.formatting import bucharest_day
from caraus.sync import history, metrics
from caraus.sync.limiter import quotas
from caraus.sync.models import SyncRun, SyncState
from caraus.transports.models import UnreadableRecord

_SHOWN = 50


@require_GET
@never_cache
def company_syncs(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the syncs of a company: a chart, the last syncs, the unreadable records."""
    company = access.get_object(request, Company.objects.all(), pk)
    hourly = request.GET.get("perioada") != "luna"
    buckets = history.by_hour(company) if hourly else history.by_day(company)
    state = SyncState.objects.filter(company=company).first()
    unreadable = UnreadableRecord.objects.filter(company=company)
    runs = list(SyncRun.objects.filter(company=company).select_related("authorization")[:_SHOWN])
    context = {
        "company": company,
        "companies_url": resolve_url(settings.COMPANY_LIST_URL),
        "state": state,
        "hourly": hourly,
        "chart": history.chart(buckets, hourly=hourly),
        "calls": sum(bucket.calls for bucket in buckets),
        "good": sum(bucket.good for bucket in buckets),
        "runs": [(run, ERROR_TEXTS.get(run.code), _label(run)) for run in runs],
        "calls_today": _calls_today(state),
        "calls_a_day": quotas.company_daily_limit(state) if state else None,
        "paused_until": _later(state),
        "unreadable": unreadable.filter(resolved_at=None),
        "unreadable_before": unreadable.exclude(resolved_at=None).count(),
    }
    return render(request, "sync/syncs.html", context)


def _label(run: SyncRun) -> ErrorLabel:
    """Label a run by who is responsible; a code that is no longer known counts as ANAF's."""
    return ERROR_TEXTS.get(run.code, ERROR_TEXTS["timeout"]).label


def _calls_today(state: SyncState | None) -> int:
    today = bucharest_day(timezone.now())
    return state.calls_today if state and state.calls_day == today else 0


def _later(state: SyncState | None) -> object:
    paused = state.paused_until if state else None
    return paused if paused and paused > timezone.now() else None


@login_not_required
@never_cache
@require_GET
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Send Prometheus's text to whoever shows the token as a Bearer; to others, 404."""
    token = settings.METRICS_TOKEN
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(shown.encode(), token.encode()):
        raise Http404
    return HttpResponse(
        metrics.render_metrics(), content_type="text/plain; version=0.0.4; charset=utf-8"
    )
