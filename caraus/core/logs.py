"""structlog for everything that is logged: JSON in production, readable on a terminal.

A log holds no secret: no local variables, no rows of the database, and routes in the place of
paths, because the paths of links hold secrets.
"""

import logging.config
import re
import time
import traceback
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TextIO

import structlog
from structlog.typing import ExcInfo


def logging_config(*, readable: bool) -> dict[str, Any]:
    """Configure structlog and the standard logging; returns the dictConfig that was applied."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(allow=["job_id", "task_name"]),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_write_traceback)]
        if readable
        else [
            structlog.processors.ExceptionRenderer(format_traceback),
            structlog.processors.JSONRenderer(),
        ]
    )
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                "foreign_pre_chain": shared,
            }
        },
        "filters": {
            "routes": {"()": RouteFilter},
            "repetitions": {"()": RepetitionFilter},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "structlog",
                "filters": ["routes", "repetitions"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Not only for our handler: whoever else listens gets no secret either.
            "django.request": {"filters": ["routes"]},
            # httpx logs whole URLs; ours carry CUIs, never tokens, but say nothing new.
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
            # It logs each client that goes away, and of each request that waits for a thread.
            "waitress": {"level": "WARNING"},
            "waitress.queue": {"level": "ERROR"},
        },
    }
    logging.config.dictConfig(config)
    return config


# PostgreSQL writes the values of a row after these words, a password's hash among them.
_ROW_VALUES = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)
# A path alone, or after the address of a site.
_PATH = re.compile(r"""(?<![\w/:.])(https?://[^\s/"'?]*)?(/[^\s"']*)""")
UNKNOWN_ROUTE = "/(unknown)"


def without_row_values(text: str) -> str:
    """Remove the values of rows from a message of PostgreSQL's."""
    return _ROW_VALUES.sub(r"\1: (not logged)", text)


def format_traceback(exc_info: ExcInfo) -> str:
    """Format the traceback, without local variables and without the values of rows."""
    return without_row_values("".join(traceback.format_exception(*exc_info)).rstrip("\n"))


def _write_traceback(stream: TextIO, exc_info: ExcInfo) -> None:
    stream.write("\n" + format_traceback(exc_info))


def without_paths(text: str) -> str:
    """Replace each path by its route; a path without a route is left out."""
    return _PATH.sub(lambda match: (match[1] or "") + route_of(match[2]), text)


def route_of(path: str) -> str:
    """Return the route of a path, whose parameters (secrets of links among them) have no values."""
    from django.urls import Resolver404, resolve

    from caraus.core.organization_paths import without_organization

    try:
        return "/" + resolve(without_organization(path.partition("?")[0])).route
    except Resolver404:
        return UNKNOWN_ROUTE


class RouteFilter(logging.Filter):
    """Put routes in the place of paths in the lines of Django and of the web server."""

    LOGGERS_WITH_PATHS = ("django.request", "django.security", "django.server", "waitress")

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith(self.LOGGERS_WITH_PATHS):
            text = record.getMessage()
            path = getattr(getattr(record, "request", None), "path", "")
            # As a whole first: a path may hold blanks. Django escapes what it logs.
            for spelling in dict.fromkeys((path, path.encode("unicode_escape").decode("ascii"))):
                if len(spelling) > 1 and spelling in text:
                    text = text.replace(spelling, route_of(path))
            record.msg, record.args = without_paths(text), ()
        return True


class RepetitionFilter(logging.Filter):
    """Let ten equal warnings or errors a minute through, and log how many were left out.

    A full disk or a lost database makes thousands of them, often on the very disk that is full.
    """

    MOST, SECONDS, KINDS = 10, 60.0, 1000

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        kind = _kind_of(record)
        began, count = self._counts.get(kind, (0.0, 0))
        now = time.monotonic()
        if not count or now - began > self.SECONDS:
            if len(self._counts) >= self.KINDS:
                self._counts.clear()
            self._counts[kind] = (now, 1)
            if count > self.MOST:
                _add_left_out(record, count - self.MOST)
            return True
        self._counts[kind] = (began, count + 1)
        return count < self.MOST


def _kind_of(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what makes two lines equal: who says it, what, and because of which exception. What
    strangers can vary without end (a forged host) makes no difference."""
    if record.name.startswith("django.security"):
        return (record.name, record.levelno)
    structured = record.msg if isinstance(record.msg, dict) else {}
    error = record.exc_info or structured.get("exc_info")
    raised = error[1] if isinstance(error, tuple) else error
    return (
        record.name,
        record.levelno,
        structured.get("event") or record.msg,
        str(structured.get("error", "")),
        type(raised).__name__,
        str(raised) if isinstance(raised, BaseException) else "",
    )


def _add_left_out(record: logging.LogRecord, count: int) -> None:
    if isinstance(record.msg, dict):
        record.msg = record.msg | {"left_out": count}
    else:
        record.msg, record.args = f"{record.getMessage()} (left out since: {count})", ()


def job_origin() -> dict[str, str]:
    """Return, for a job's arguments, the request that enqueued it."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return {"request_id": str(request_id)} if request_id else {}


def of_request(request_id: str) -> AbstractContextManager[None]:
    """Around a job's work: its log lines carry the request that enqueued it."""
    if not request_id:
        return nullcontext()
    return structlog.contextvars.bound_contextvars(request_id=request_id)
