"""structlog for everything that is logged: JSON in production, readable on a terminal."""

import logging.config
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import structlog


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
        [structlog.dev.ConsoleRenderer(colors=False)]
        if readable
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
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
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # httpx logs whole URLs; ours carry CUIs, never tokens, but say nothing new.
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
        },
    }
    logging.config.dictConfig(config)
    return config


def origin() -> dict[str, str]:
    """For a job's arguments: the request that it was born in."""
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    return {"request_id": str(request_id)} if request_id else {}


def of_request(request_id: str) -> AbstractContextManager[None]:
    """Around a job's work: its log lines carry the request that it was born in."""
    if not request_id:
        return nullcontext()
    return structlog.contextvars.bound_contextvars(request_id=request_id)
