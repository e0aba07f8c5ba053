"""What is responded when a request can't be served for a known reason: a sentence, no error page.

The database gives a web request so long for a lock and for a statement (`set_timeouts`); what
waits longer would hold one of the few threads of a web process, and others' locks with it.
"""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext
from psycopg.errors import LockNotAvailable, QueryCanceled

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = 5


class ErrorResponseMiddleware:
    """Remove NULs from queries, and respond to what `response_to_error` knows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", ""):
            query = request.GET.copy()
            for name, values in list(query.lists()):
                query.setlist(name, [value.replace("\0", "") for value in values])
            request.GET = query  # type: ignore[assignment]
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return response_to_error(request, error)


def response_to_error(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """Return the response to an error with a known reason; None for others."""
    causes = _causes(error)
    if any(isinstance(cause, LockNotAvailable) for cause in causes):
        return _busy_response(
            request,
            gettext(
                "O altă operațiune, de obicei o sincronizare, lucrează chiar acum la aceleași "
                "date. Nu este vina ta. Nimic din ce ai cerut nu s-a făcut: încearcă din nou "
                "peste câteva secunde."
            ),
        )
    if any(isinstance(cause, QueryCanceled) for cause in causes):
        return _busy_response(
            request,
            gettext(
                "Răspunsul a durat prea mult și l-am oprit, ca să nu aștepte și alții. Nu este "
                "vina ta. Nimic din ce ai cerut nu s-a făcut: încearcă din nou peste un minut sau "
                "restrânge ce ceri."
            ),
        )
    if isinstance(error, DataError | ValueError) and "NUL (0x00)" in str(error):
        return plain_error_page(
            status=400,
            title=gettext("Cererea nu a fost înțeleasă"),
            sentence=gettext(
                "Textul trimis conține un caracter care nu poate fi salvat. Întoarce-te, șterge-l "
                "și încearcă din nou."
            ),
        )
    return None


def _causes(error: BaseException | None) -> list[BaseException]:
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes


def _busy_response(request: HttpRequest, sentence: str) -> HttpResponse:
    log.warning("database_too_slow", route=getattr(request.resolver_match, "route", ""))
    if request.headers.get("HX-Request"):  # its part of the page stays; the sentence is shown
        response = HttpResponse(sentence, status=503, content_type="text/plain; charset=utf-8")
    else:
        title = gettext("Serverul este ocupat")
        response = plain_error_page(status=503, title=title, sentence=sentence)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def plain_error_page(*, status: int, title: str, sentence: str) -> HttpResponse:
    """Render an error page without the request: neither the user nor the database is needed for
    anything."""
    context = {"status": status, "title": title, "sentence": sentence}
    return HttpResponse(render_to_string("error_bare.html", context), status=status)


def oversize_message(error: Exception) -> str:
    """Say what was too large in a request; "" when nothing was."""
    if isinstance(error, TooManyFieldsSent):
        return gettext(
            "Formularul are mai multe bife decât primim o dată ({most}). Nimic nu s-a schimbat: "
            "întoarce-te cu butonul „înapoi” al browserului, bifele sunt încă acolo, și lasă mai "
            "puține sau alege toate firmele."
        ).format(most=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
    if isinstance(error, RequestDataTooBig):
        return gettext(
            "Textul trimis este prea lung. Nimic nu s-a schimbat: întoarce-te cu butonul „înapoi” "
            "al browserului și împarte-l în mai multe."
        )
    if isinstance(error, TooManyFilesSent):
        return gettext("Aici nu se primesc fișiere. Nimic nu s-a schimbat.")
    return ""


def set_timeouts(connection: BaseDatabaseWrapper) -> None:
    """Bound what this connection waits for, until it is closed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, false),"
            " set_config('statement_timeout', %s, false)",
            [f"{settings.WEB_LOCK_SECONDS}s", f"{settings.WEB_STATEMENT_SECONDS}s"],
        )


def set_timeouts_on_connect() -> None:
    """Set the timeouts, in a web process, of every connection from now on. Behind a pooler that
    lends connections for one transaction the pooler itself must do it (`connect_query` in
    deploy/pgbouncer.ini)."""
    if not settings.POOLED:
        connection_created.connect(_on_connection, dispatch_uid="caraus.web.error_responses")


def _on_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    set_timeouts(connection)
