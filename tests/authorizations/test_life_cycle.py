"""The clock moves: one authorization lives as long as ANAF lets it, without a person, and ends
with each notice sent once, in the app and by a real SMTP server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings

from caraus.accounts.models import Company, Organization, User
from caraus.anaf.errors import AnafError
from caraus.authorizations import consent, deadlines, rights_check, token_refresh
from caraus.authorizations.models import Authorization
from caraus.core import crypto
from caraus.notifications.models import Notification, NotificationEmail
from tests import factories
from tests.authorizations.processes import killed_after_the_response
from tests.mail import MailServer
from tests.simulator_process import SimulatorProcess
from tests.worker import Worker

STAGES = [f"Autorizarea SPV expiră: {days}" for days in (30, 14, 7, 3, 1, 0)]
REFUSED = "Autorizarea SPV trebuie refăcută acum"
DAY = timedelta(days=1)


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.MAILERS = server.mailers
        yield server


@dataclass
class Life:
    """What the worker's timers do, by the simulated ANAF's clock: day by day, and every fifth day
    while no refresh and no notice can be due before the next one."""

    anaf: SimulatorProcess
    authorization: Authorization
    renewed: list[datetime] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.anaf.now())

    def pass_uneventful_days(self) -> None:
        """Let a day go by, or five of which the first four cannot bring anything."""
        then = self.now() + 5 * DAY
        first_notice = self.authorization.expires_at - (max(deadlines.STAGES) + 1) * DAY
        alone = then < first_notice and not token_refresh.authorizations_due(then)
        self.pass_day(5 if alone else 1)

    def pass_day(self, days: int = 1) -> None:
        """Do the timers' work of the day that comes, or of the last of some days."""
        now = datetime.fromisoformat(self.anaf.advance(days=days))
        for pk in token_refresh.authorizations_due(now):
            try:
                token_refresh.refresh_authorization(authorization_id=pk, only_if_due=True, now=now)
            except AnafError as error:
                self.failed.append(error.code)
            else:
                self.renewed.append(now)
        deadlines.notify_of_deadlines(now=now)
        self.authorization.refresh_from_db()
        if self.authorization.is_active and now < self.authorization.expires_at:
            assert self.authorization.access_expires_at > now  # there is always a key to ask with

    def until_due(self) -> None:
        """Go on to the last day before a refresh; ANAF takes the key that is held."""
        while not token_refresh.authorizations_due(self.now() + DAY):
            self.pass_uneventful_days()
        token = crypto.decrypt(self.authorization.access_token_sealed)
        assert self.anaf.api("info", token, cui_op=factories.CUI).status_code == 200

    def until_dead(self, *, at_most: int) -> int:
        """Return on which day of its life it ended."""
        while self.authorization.is_active:
            assert self.age < at_most, "it still lives"
            self.pass_uneventful_days()
        return self.age

    @property
    def age(self) -> int:
        return (self.now() - self.authorization.authorized_at).days

    def outage_of_five_days(self) -> None:
        """ANAF's login falls just when a refresh is due."""
        self.until_due()
        self.anaf.turn_on("token_endpoint_down")
        before, failed = len(self.renewed), len(self.failed)
        for _ in range(5):
            self.pass_day()
        assert len(self.renewed) == before
        assert set(self.failed[failed:]) == {"token_endpoint_down"}
        assert len(self.failed) - failed >= 4
        self.anaf.turn_off("token_endpoint_down")
        for _ in range(2):
            self.pass_day()
        assert len(self.renewed) == before + 1

    def worker_killed(self) -> None:
        """-9 in the middle of a refresh: ANAF has responded, nothing is saved."""
        self.until_due()
        while not token_refresh.authorizations_due(self.now()):
            self.anaf.advance(hours=1)
        held = self.authorization.refresh_token_sealed
        killed_after_the_response(self.anaf, self.authorization.pk, now=self.now())
        self.authorization.refresh_from_db()
        assert self.authorization.refresh_token_sealed == held


@pytest.fixture
def life(
    worker: Worker, anaf: SimulatorProcess, smtp: MailServer, owner: User, company: Company
) -> Life:
    factories.member(owner.memberships.get().organization, "admin", name="Dan Admin")
    address = consent.begin_consent(
        user=owner, browser="b", organization=owner.memberships.get().organization
    )
    callback = anaf.log_in("three", url=address)
    authorization = consent.finish_consent(
        user=owner, browser="b", state=callback["state"], code=callback["code"]
    )
    assert isinstance(authorization, Authorization)
    rights_check.request_info(authorization, company)
    return Life(anaf, authorization)


def named(notification: Notification) -> str:
    """Return its title, with the stage in place of the day of the end."""
    title, expires, _day = notification.title.partition(" expiră ")
    return f"{title}{expires.rstrip()}: {notification.key.rpartition(':')[2]}" if expires else title


def each_notified_once(worker: Worker, smtp: MailServer, titles: list[str]) -> None:
    """Check that the owner and the administrator are notified in the app and by e-mail, and
    nothing else."""
    worker.drain()
    for user in User.objects.all():
        bell = Notification.objects.filter(user=user).order_by("created_at", "pk")
        assert [named(notice) for notice in bell] == titles
        emails = [message["Subject"] for message in smtp.messages if message["To"] == user.email]
        assert sorted(emails) == sorted(notice.title for notice in bell)
    assert len(smtp.messages) == 2 * len(titles)
    assert set(NotificationEmail.objects.values_list("state", flat=True)) == {"sent"}


def test_two_years_without_a_person_through_an_outage_and_a_killed_worker(
    life: Life, worker: Worker, smtp: MailServer
) -> None:
    life.until_due()
    life.pass_day()
    assert len(life.renewed) == 1
    life.outage_of_five_days()
    life.worker_killed()
    life.pass_day()
    assert len(life.renewed) == 3
    assert not Notification.objects.exists()  # up to here nobody had to know

    days = life.until_dead(at_most=810)
    assert 729 <= days <= 806  # an access token may outlive the refresh token
    assert 8 <= len(life.renewed) <= 11
    each_notified_once(worker, smtp, [*STAGES, REFUSED])


def test_where_the_365_days_do_not_restart_the_notices_follow_the_true_end(
    life: Life, worker: Worker, smtp: MailServer, organization: Organization, company: Company
) -> None:
    life.anaf.turn_on("refresh_keeps_end")
    life.outage_of_five_days()
    life.worker_killed()
    life.pass_day()
    days = life.until_dead(at_most=460)
    assert 364 <= days <= 455
    notification = Notification.objects.filter(key__endswith=":0")[0]
    assert abs(notification.created_at - (life.authorization.authorized_at + 365 * DAY)) <= DAY
    assert not life.authorization.refresh_expiry_estimated
    each_notified_once(worker, smtp, [*STAGES, REFUSED])

    # One authorization by a person begins a new life.
    owner = life.authorization.authorized_by
    assert owner
    address = consent.begin_consent(user=owner, browser="b", organization=organization)
    callback = life.anaf.log_in("three", url=address)
    new = consent.finish_consent(
        user=owner, browser="b", state=callback["state"], code=callback["code"]
    )
    assert isinstance(new, Authorization)
    life.authorization.refresh_from_db()
    assert (life.authorization.status, life.authorization.replaced_by) == ("replaced", new)
    rights_check.request_info(new, company)
    assert new.is_active


def test_strict_rotation_makes_no_difference_through_an_outage(
    life: Life, worker: Worker, smtp: MailServer
) -> None:
    life.anaf.turn_on("refresh_kills_old")
    life.outage_of_five_days()
    days = life.until_dead(at_most=810)
    assert 729 <= days <= 806  # an access token may outlive the refresh token
    assert life.failed[-1] == "refresh_rejected"
    each_notified_once(worker, smtp, [*STAGES, REFUSED])


def test_strict_rotation_and_a_killed_worker_call_a_person_at_once_and_once(
    life: Life, worker: Worker, smtp: MailServer
) -> None:
    life.anaf.turn_on("refresh_kills_old")
    life.worker_killed()
    assert life.until_dead(at_most=90) < 80
    each_notified_once(worker, smtp, [REFUSED])
