"""One call to ANAF from synchronous code: run it, and say what came back or why nothing did."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
from anafpy.exceptions import AnafError as LibraryError

from caraus.anaf.answers import failure_of
from caraus.anaf.errors import AnafError
from caraus.anaf.http import API_ORIGIN, AnafSettings, Answer, open_client

type Call = Callable[[httpx2.AsyncClient], Awaitable[object]]


def attempt(
    call: Call, *, settings: AnafSettings, base_url: str = API_ORIGIN, access_token: str = ""
) -> tuple[Exception | None, Answer | None]:
    """Run `call` over a client of its own; give its error, if any, and ANAF's answer, if any.

    anafpy's errors lack the status or the body here and there, so the transport's memory of the
    answer is what counts. Raises only what is a fault of ours (RuntimeError within a running loop).
    """
    error, answer = asyncio.run(_attempt(call, settings, base_url, access_token))
    if error and answer is None and not isinstance(error, LibraryError | httpx2.HTTPError):
        raise error
    return error, answer


async def _attempt(
    call: Call, settings: AnafSettings, base_url: str, access_token: str
) -> tuple[Exception | None, Answer | None]:
    client_of_one_call = open_client(
        settings=settings, base_url=base_url, access_token=access_token
    )
    async with client_of_one_call as (client, transport):
        try:
            await call(client)
        except Exception as error:
            return error, transport.last
        return None, transport.last


def good_answer(
    call: Call, *, settings: AnafSettings, base_url: str = API_ORIGIN, access_token: str
) -> Answer:
    """A whole 2xx answer to a call with a Bearer token; raises AnafError for anything else."""
    error, answer = attempt(call, settings=settings, base_url=base_url, access_token=access_token)
    failure = failure_of(error, answer, secrets=(access_token,))
    # Raised outside any except: the library's error, which may quote the answer, stays behind.
    if failure is not None:
        raise failure
    if answer is None:
        raise AnafError("network")
    return answer
