"""/healthz: this process lives. /readyz: it can do its work, and so can the whole."""

from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from caraus import embedded
from caraus.core.health import living_workers


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Respond with 200 as long as the process lives. Nothing else is called: a database that is
    down is no reason to restart the web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Respond with 200 when the database responds, has this version's schema and disk space, and a
    worker lives; else with 503 and what is missing. For the one who deploys or watches; balancers
    request /healthz."""
    state: dict[str, str] = {"database": "ok", "migrations": "ok", "worker": "ok"}
    try:
        if pending := _pending():
            state["migrations"] = f"{pending} pending"
        if not living_workers():
            state["worker"] = "no heartbeat"
    except DatabaseError:
        state = dict.fromkeys(state, "unknown") | {"database": "does not answer"}
    state["disk"] = _disk_space()
    ready = set(state.values()) == {"ok"}
    return JsonResponse({"ready": ready} | state, status=200 if ready else 503)


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations of this version's code, read once in a process."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _pending() -> int:
    applied = MigrationRecorder.Migration.objects.values_list("app", "name")
    return len(_migrations() - set(applied))


def _disk_space() -> str:
    """Return the disk space of an embedded database. Elsewhere a full disk silences the workers'
    heartbeat."""
    if not settings.EMBEDDED:
        return "ok"
    try:
        free = embedded.free_bytes(embedded.data_dir()) >> 20
    except OSError:
        return "unknown"
    return "ok" if free >= settings.LEAST_FREE_MB else f"{free} MB free"
