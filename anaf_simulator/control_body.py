"""Reading the JSON bodies of control calls."""

import json
from typing import cast

from starlette.requests import Request

from anaf_simulator.wire import JsonObject
from anaf_simulator.world import ENVIRONMENTS


class WrongRequestError(Exception):
    """The control call makes no sense; answered with HTTP 400 and this sentence."""


async def read_body(request: Request) -> JsonObject:
    """Read the body as a JSON object; an empty one as {}."""
    raw = await request.body()
    try:
        parsed = json.loads(raw) if raw else {}
    except ValueError as error:
        raise WrongRequestError("the body is no JSON") from error
    if not isinstance(parsed, dict):
        raise WrongRequestError("the body must be a JSON object")
    return cast("JsonObject", parsed)


def text_of(body: JsonObject, name: str) -> str:
    """Read a text, or a number as text, that must be there."""
    value = body.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        raise WrongRequestError(f"{name} is missing")
    return str(value)


def count_of(body: JsonObject, name: str) -> int | None:
    """Read a whole number above 0; None where it is missing."""
    value = body.get(name)
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise WrongRequestError(f"{name} must be a whole number above 0")


def env_of(value: object) -> str | None:
    """Read prod or test; None where it is missing."""
    if value is None or value in ENVIRONMENTS:
        return value
    raise WrongRequestError("env must be prod or test")
