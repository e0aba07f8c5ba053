"""The envelopes of ANAF's answers (swaggers of 07.2024)."""

import json
import uuid
from datetime import datetime

from starlette.responses import Response

from anaf_simulator.clock import compact_minute, local

type JsonObject = dict[str, object]


class JsonAnswer(Response):
    """JSON as ANAF's services send it: UTF-8, diacritics not escaped."""

    media_type = "application/json"

    def __init__(
        self, content: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        self.content = content
        body = json.dumps(content, ensure_ascii=False).encode()
        super().__init__(body, status_code=status, headers=headers)


def error_object(now: datetime, text: str) -> JsonAnswer:
    """Say anything but records as ``info`` does: HTTP 200, ``error`` (swagger-info.json)."""
    return JsonAnswer(
        {"trace_id": str(uuid.uuid4()), "dateResponse": compact_minute(now), "error": text}
    )


def envelope(now: datetime, status: int, fields: JsonObject) -> JsonAnswer:
    """Wrap a response of the other services; ``status`` is ExecutionStatus, 0 good and 1 not."""
    tail: JsonObject = {
        "dateResponse": compact_minute(now),
        "ExecutionStatus": status,
        "trace_id": str(uuid.uuid4()),
    }
    return JsonAnswer({**fields, **tail})


def errors(now: datetime, *texts: str, **fields: object) -> JsonAnswer:
    """Answer HTTP 200 with ``Errors`` (swaggers lista, stare, upload)."""
    return envelope(now, 1, {"Errors": [{"errorMessage": text} for text in texts], **fields})


def missing_parameter(now: datetime, name: str) -> JsonAnswer:
    """Answer HTTP 400 without a mandatory parameter (swagger-info.json)."""
    return JsonAnswer(
        {
            "timestamp": local(now).strftime("%d-%m-%Y %H:%M:%S"),
            "status": 400,
            "error": "Bad Request",
            "message": f"Parametrul {name} este obligatoriu",
        },
        status=400,
    )


def not_found(now: datetime, path: str) -> JsonAnswer:
    """Answer HTTP 404 for a path that is none (swaggers lista, stare, upload)."""
    return JsonAnswer(
        {
            "timestamp": now.isoformat(timespec="milliseconds"),
            "status": 404,
            "error": "Not Found",
            "path": path,
        },
        status=404,
    )
