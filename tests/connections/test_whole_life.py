"""The clock moves: one authorization lives as long as ANAF lets it, without a person, and ends
with each notice told once, in the app and by a real SMTP server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import DatabaseError
from django.db import connection as database

from caraus.accounts.models import Company, Organization, User
from caraus.anaf.errors import AnafError
from caraus.connections import asking, consent, deadlines, renewal
from caraus.connections.models import Connection
from caraus.notifications.models import Email, Notification
from tests import factories
from tests.mail import MailServer
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker

STAGES = [
    "Autorizarea SPV expiră peste 30 de zile",
    "Autorizarea SPV expiră peste 14 zile",
    "Autorizarea SPV expiră peste 7 zile",
    "Autorizarea SPV expiră peste 3 zile",
    "Autorizarea SPV expiră mâine",
    "Autorizarea SPV expiră azi",
]
REFUSED = "Autorizarea SPV trebuie refăcută acum"
DAY = timedelta(days=1)


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.MAILERS = server.mailers
        yield server


@dataclass
class Life:
    """Day by day what the worker's timers do, by the simulated ANAF's clock."""

    anaf: SimulatorProcess
    connection: Connection
    renewed: list[datetime] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.anaf.now())

    def pass_day(self) -> None:
        self.anaf.advance(days=1)
        now = self.now()
        for pk in renewal.due(now):
            try:
                renewal.renew(connection_id=pk, only_if_due=True, now=now)
            except AnafError as error:
                self.failed.append(error.code)
            except DatabaseError:
                self.failed.append("killed")
            else:
                self.renewed.append(now)
        deadlines.remind(now=now)

    def until_dead(self, *, at_most: int) -> int:
        """How many days it took."""
        for day in range(1, at_most + 1):
            self.pass_day()
            self.connection.refresh_from_db()
            if not self.connection.is_active:
                return day
        raise AssertionError("it still lives")


@pytest.fixture
def life(
    worker: Worker, anaf: SimulatorProcess, smtp: MailServer, owner: User, company: Company
) -> Life:
    factories.member(owner.memberships.get().organization, "admin", name="Dan Admin")
    address = consent.begin(user=owner, organization=owner.memberships.get().organization)
    came = anaf.log_in("three", url=address)
    made = consent.finish(user=owner, state=came["state"], code=came["code"])
    assert isinstance(made, Connection)
    asking.ask(made, company)
    return Life(anaf, made)


def killed_once_while_saving() -> None:
    """The next save of an authorization dies with its transaction, as with the worker."""
    with database.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'killed'; END $$;"
            "CREATE TRIGGER die BEFORE UPDATE OF last_renewed_at ON connections_connection "
            "FOR EACH ROW EXECUTE FUNCTION die()"
        )


def alive_again() -> None:
    with database.cursor() as cursor:
        cursor.execute("DROP FUNCTION die() CASCADE")


def told_once_to_each(worker: Worker, smtp: MailServer, titles: list[str]) -> None:
    """In the app and by e-mail, to the owner and the administrator, and nothing else."""
    worker.drain()
    for user in User.objects.all():
        bell = Notification.objects.filter(user=user).order_by("created_at", "pk")
        assert [one.title for one in bell] == titles
        letters = [one["Subject"] for one in smtp.messages if one["To"] == user.email]
        assert sorted(letters) == sorted(titles)
    assert len(smtp.messages) == 2 * len(titles)
    assert set(Email.objects.values_list("state", flat=True)) == {"sent"}


def test_two_years_without_a_person_through_an_outage_and_a_killed_worker(
    life: Life, worker: Worker, smtp: MailServer
) -> None:
    for _ in range(76):  # the first renewal's window is open
        life.pass_day()
    assert len(life.renewed) == 1
    # ANAF's login is down for five days, just when the next renewal is due.
    while not renewal.due(life.now() + DAY):
        life.pass_day()
    life.anaf.turn_on("token_endpoint_down")
    before = len(life.renewed)
    for _ in range(5):
        life.pass_day()
    assert len(life.renewed) == before
    assert life.failed == ["token_endpoint_down"] * len(life.failed)
    assert len(life.failed) >= 4
    life.anaf.turn_off("token_endpoint_down")
    life.pass_day()
    life.pass_day()
    assert len(life.renewed) == before + 1

    # A worker is killed in the middle of the next one: ANAF has answered, nothing is saved.
    while not renewal.due(life.now() + DAY):
        life.pass_day()
    killed_once_while_saving()
    life.pass_day()
    assert life.failed[-1] == "killed"
    alive_again()
    life.pass_day()
    assert len(life.renewed) == before + 2
    assert not Notification.objects.exists()  # up to here nobody had to know

    gone = (life.now() - life.connection.authorized_at).days
    days = gone + life.until_dead(at_most=810 - gone)
    assert 729 <= days <= 806  # an access token may outlive the refresh token
    assert 8 <= len(life.renewed) <= 11
    told_once_to_each(worker, smtp, [*STAGES, REFUSED])


def test_where_the_365_days_do_not_restart_the_notices_follow_the_true_end(
    life: Life, worker: Worker, smtp: MailServer
) -> None:
    life.anaf.turn_on("refresh_keeps_end")
    days = life.until_dead(at_most=460)
    assert 364 <= days <= 455
    told = Notification.objects.filter(title=STAGES[-1])[0]
    assert abs(told.created_at - (life.connection.authorized_at + 365 * DAY)) <= DAY
    assert not life.connection.refresh_expiry_estimated
    told_once_to_each(worker, smtp, [*STAGES, REFUSED])


def test_strict_rotation_makes_no_difference_to_a_life_without_crashes(
    life: Life, worker: Worker, smtp: MailServer
) -> None:
    life.anaf.turn_on("refresh_kills_old")
    days = life.until_dead(at_most=810)
    assert 729 <= days <= 806  # an access token may outlive the refresh token
    assert life.failed == ["refresh_rejected"]
    told_once_to_each(worker, smtp, [*STAGES, REFUSED])


def test_after_the_end_one_authorization_by_a_person_begins_a_new_life(
    life: Life, worker: Worker, organization: Organization, company: Company
) -> None:
    life.anaf.turn_on("refresh_keeps_end")
    life.until_dead(at_most=460)
    owner = life.connection.authorized_by
    assert owner
    address = consent.begin(user=owner, organization=organization)
    came = life.anaf.log_in("three", url=address)
    new = consent.finish(user=owner, state=came["state"], code=came["code"])
    assert isinstance(new, Connection)
    life.connection.refresh_from_db()
    assert (life.connection.status, life.connection.replaced_by) == ("replaced", new)
    asking.ask(new, company)
    assert new.is_active
