"""Authorizations as they come from the simulated ANAF: with its tokens, without the pages."""

import threading
from collections.abc import Callable

from django.db import connections

from caraus.accounts.models import Organization
from caraus.authorizations.models import Authorization
from tests import factories
from tests.simulator_process import SimulatorProcess

CALLBACK = "http://127.0.0.1:8000/anaf/callback"


def authorize(
    anaf: SimulatorProcess, organization: Organization, certificate: str = "three"
) -> Authorization:
    """Return an authorization whose tokens ANAF has given for this certificate."""
    code = anaf.log_in(certificate, url=anaf.authorize_url(CALLBACK))["code"]
    tokens = anaf.exchange(code, CALLBACK).json()
    return factories.authorization(
        organization,
        access_token=tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        serial=certificate,
    )


def at_once[T](*actions: Callable[[], T]) -> list[T | Exception]:
    """Run the actions in threads that start together, each with a database connection of its own;
    gives what each returned or raised."""
    barrier = threading.Barrier(len(actions))
    results: list[T | Exception] = [RuntimeError("never ran")] * len(actions)

    def run(number: int, action: Callable[[], T]) -> None:
        try:
            connections["default"].ensure_connection()
            barrier.wait(10)
            results[number] = action()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results
