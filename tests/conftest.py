"""Fixtures that every room of the tests shares: people, a simulated ANAF, a real worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings, settings
from django.db import connection as database
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from caraus import wsgi
from caraus.accounts.models import Company, Organization, User
from tests import factories, made_once
from tests.commands.installation import Installation
from tests.mail import QUEUE
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker


def _let_the_journal_be_emptied(**_: object) -> None:
    """Django empties all tables after a test that commits; the journal's own tests put the guard
    back. Migrating in a test makes it anew, hence the signal."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_trigger WHERE tgname = 'audit_log_no_truncate'")
        if cursor.fetchone():
            cursor.execute(
                "ALTER TABLE accounts_journalentry DISABLE TRIGGER audit_log_no_truncate"
            )


post_migrate.connect(_let_the_journal_be_emptied)

# A test's live server loads the application, which bounds all connections of its process from then
# on: of a web process, not of the tests' own.
assert callable(wsgi.application)
connection_created.disconnect(dispatch_uid="caraus.web.refusals")


# The files that take a minute by themselves, then the rooms whose tests start whole installations.
LONGEST_FIRST = ("test_storm.py", "test_everyone.py", "running", "commands", "e2e", "upgrades")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Over several processes, a file that takes long must not be the last one begun."""

    def rank(item: pytest.Item) -> int:
        places = {item.path.name, item.path.parent.name}
        return next((at for at, one in enumerate(LONGEST_FIRST) if one in places), 99)

    items.sort(key=rank)


@pytest.fixture(scope="session", autouse=True)
def _letters_are_queued(django_test_environment: None) -> None:
    """As in life; Django's tests keep every letter in memory, which is left to `delivery`."""
    settings.MAILERS = settings.MAILERS | {"default": QUEUE}


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[SimulatorProcess]:
    """One simulated ANAF for the whole run, over real sockets."""
    with SimulatorProcess(
        client_id="caraus-tests", client_secret="a-secret-of-the-tests"
    ) as process:
        yield process


@pytest.fixture(scope="session")
def blank(
    simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Path:
    """A data folder at rest, with this version's schema: to be copied by who needs an own one."""

    def make(folder: Path) -> None:
        made = Installation(folder, simulator_process).run("migrate")
        assert made.returncode == 0, made.stderr

    return made_once.folder(tmp_path_factory, worker_id, "blank", make)


@pytest.fixture
def anaf(simulator_process: SimulatorProcess, settings: LazySettings) -> SimulatorProcess:
    """The simulated ANAF as new, and the product's settings pointing at it."""
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
    """A member who may only look."""
    return factories.member(organization, "viewer")


@pytest.fixture
def stranger(db: None) -> User:
    """An owner of another organization, with a company and an authorization of its own."""
    return factories.stranger()


@pytest.fixture
def company(organization: Organization) -> Company:
    return factories.company(organization)


@pytest.fixture
def signed_in(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture(autouse=True)
def no_jobs_left(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Django empties its own tables after a test that commits; the queue's are left to us."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = "transactional_db" in request.fixturenames
    if commits or (marker and marker.kwargs.get("transaction")):
        with django_db_blocker.unblock(), database.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs CASCADE")


@pytest.fixture
def worker(transactional_db: None) -> Worker:
    """The real procrastinate worker over the test database; `worker.drain()` runs what waits."""
    return Worker()
