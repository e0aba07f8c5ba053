"""Reading the JSON bodies of control calls."""

import json
from typing import cast

from starlette.requests import Request

from anaf_simulator.wire import JsonObject
from anaf_simulator.world import ENVIRONMENTS


class WrongRequestError(Exception):
    """The control call makes no sense; answered with HTTP 400 and this sentence."""


async def read_body(request: Request) -> JsonObject:
    raw = await request.body()
    try:
        parsed = json.loads(raw) if raw else {}
    except ValueError as error:
        raise WrongRequestError("the body is no JSON") from error
    if not isinstance(parsed, dict):
        raise WrongRequestError("the body must be a JSON object")
    return cast("JsonObject", parsed)


def text_of(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        raise WrongRequestError(f"{name} is missing")
    return str(value)


def count_of(body: JsonObject, name: str) -> int | None:
    value = body.get(name)
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise WrongRequestError(f"{name} must be a whole number above 0")


def env_of(value: object) -> str | None:
    if value is None or value in ENVIRONMENTS:
        return value
    raise WrongRequestError("env must be prod or test")
