"""Send one request to ANAF from synchronous code; give its response, or why none came."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
from anafpy.exceptions import AnafError as LibraryError

from caraus.anaf.errors import AnafError
from caraus.anaf.http import API_ORIGIN, AnafResponse, AnafSettings, open_client
from caraus.anaf.responses import error_of_response

type AnafCall = Callable[[httpx2.AsyncClient], Awaitable[object]]


def send_once(
    call: AnafCall, *, settings: AnafSettings, base_url: str = API_ORIGIN, access_token: str = ""
) -> tuple[Exception | None, AnafResponse | None]:
    """Run `call` over a client of its own; give its error, if any, and ANAF's response, if any.

    anafpy's errors lack the status or the body here and there, so the response that the
    transport remembers counts. Raises only our own faults
    (RuntimeError within a running loop).
    """
    error, response = asyncio.run(_send_once(call, settings, base_url, access_token))
    if error and response is None and not isinstance(error, LibraryError | httpx2.HTTPError):
        raise error
    return error, response


async def _send_once(
    call: AnafCall, settings: AnafSettings, base_url: str, access_token: str
) -> tuple[Exception | None, AnafResponse | None]:
    client_of_one_call = open_client(
        settings=settings, base_url=base_url, access_token=access_token
    )
    async with client_of_one_call as (client, transport):
        try:
            await call(client)
        except Exception as error:
            return error, transport.last
        return None, transport.last


def successful_response(
    call: AnafCall, *, settings: AnafSettings, base_url: str = API_ORIGIN, access_token: str
) -> AnafResponse:
    """Return a whole 2xx response to a call with a Bearer token; raises AnafError for anything
    else."""
    error, response = send_once(
        call, settings=settings, base_url=base_url, access_token=access_token
    )
    failure = error_of_response(error, response, secrets=(access_token,))
    # Raised outside any except: the library's error, which may quote the body, stays behind.
    if failure is not None:
        raise failure
    if response is None:
        raise AnafError("network")
    return response
