"""Fixtures that all folders of the tests share: people, a simulated ANAF, a real worker."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.db import connections
from django.db.backends.signals import connection_created
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser

from caraus import wsgi
from caraus.accounts.models import Company, Organization, User
from tests import (
    call_stack,
    client_handler,
    database_cleanup,
    environment,
    factories,
    processes,
)
from tests.e2e import chromium
from tests.mail import QUEUE
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker

# Nothing is left to luck: every run tries the same examples, however slow the machine is.
hypothesis_settings.register_profile(
    "the same everywhere",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
hypothesis_settings.load_profile("the same everywhere")

database_cleanup.install()
client_handler.install()

# A test's live server loads the application, which bounds all connections of its process from then
# on: of a web process, not of the tests' own.
assert callable(wsgi.application)
connection_created.disconnect(dispatch_uid="caraus.web.error_responses")


# The files that take a minute by themselves, then the folders whose tests start whole
# installations, then the longest of the rest.
LONGEST_FIRST = (
    *("test_code_quality.py", "test_fault_run.py", "test_everyone.py"),
    *("running", "commands", "e2e", "upgrades"),
    *("test_kill_matrix.py", "test_life_cycle.py", "test_stranger.py", "test_roles.py"),
    *("test_logs.py", "test_list.py", "test_private_names.py", "test_in_a_browser.py"),
)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(call_stack, call_stack.__name__)
    config.pluginmanager.register(processes)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Over several processes, a file that takes long must not be the last one begun."""

    def rank(item: pytest.Item) -> int:
        names = {item.path.name, item.path.parent.name}
        return next((at for at, name in enumerate(LONGEST_FIRST) if name in names), 99)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Freeze what is loaded by now: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _emails_are_queued(django_test_environment: None) -> None:
    """Queue e-mails as in life; Django's tests keep them in memory, which is left to `delivery`."""
    settings.MAILERS = settings.MAILERS | {"default": QUEUE}


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorProcess]:
    """Run one simulated ANAF for the whole run, over real sockets."""
    with SimulatorProcess(
        client_id="caraus-tests", client_secret="a-secret-of-the-tests"
    ) as process:
        yield process


@pytest.fixture(scope="session")
def started_chromium() -> Iterator[chromium.Chromium]:
    """Start one Chromium for the whole run."""
    with chromium.started() as started:
        yield started


@pytest.fixture(scope="module")
def browser(started_chromium: chromium.Chromium) -> Iterator[Browser]:
    """Use it in the tests of a module."""
    with started_chromium.in_use() as browser:
        yield browser
        connections.close_all()  # Django has others for what runs under playwright's event loop


@pytest.fixture(scope="session")
def blank() -> Path:
    """Return a data folder at rest, with this version's schema: to be copied by who needs an own
    one."""
    return environment.migrated_folder()


@pytest.fixture
def anaf(simulator_process: SimulatorProcess, settings: LazySettings) -> SimulatorProcess:
    """Return the simulated ANAF as new, with the product's settings pointing at it."""
    simulator_process.reset()
    settings.ANAF_LOGIN_URL = settings.ANAF_API_URL = simulator_process.url
    settings.ANAF_TIMEOUT_SECONDS = 2
    return simulator_process


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.organization()


@pytest.fixture
def owner(organization: Organization) -> User:
    return factories.member(organization, "owner")


@pytest.fixture
def teammate(organization: Organization) -> User:
    """Return a member who may only look."""
    return factories.member(organization, "viewer")


@pytest.fixture
def stranger(db: None) -> User:
    """Return an owner of another organization, with a company and an authorization of its own."""
    return factories.stranger()


@pytest.fixture
def company(organization: Organization) -> Company:
    return factories.company(organization)


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def worker(transactional_db: None) -> Worker:
    """Return the real procrastinate worker over the test database; `worker.drain()` runs what
    waits."""
    return Worker()
