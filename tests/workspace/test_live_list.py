"""The list asks again with the version that it shows: 204 until something in it changes."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from caraus.accounts.models import Company, User
from caraus.sync.models import SyncState
from caraus.transports.models import Transport, UnreadableRecord
from caraus.workspace import columns
from caraus.workspace.models import SavedView
from tests import factories
from tests.workspace.conftest import MakeTransport

LIST = "/transporturi/"
type Clock = Callable[[timedelta], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that stands still, but for what a test puts it forward."""
    now: datetime = timezone.now()

    def set_forward(by: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: now + by)

    set_forward(timedelta())
    return set_forward


@pytest.fixture
def row(clock: Clock, make: MakeTransport) -> Transport:
    """Return a UIT in a list that was synchronized and has nothing to wait for."""
    now = timezone.now()
    row = make(plate="B12ABC", first_seen_at=now - timedelta(minutes=5, seconds=10))
    factories.authorization(row.company.organization)
    hour = timedelta(hours=1)
    SyncState.objects.create(
        company=row.company, next_sync_at=now + hour, last_attempt_at=now, last_good_at=now - hour
    )
    return row


def version_of(page: str) -> str:
    return page.partition('"Caraus-List-Version": "')[2].partition('"')[0]


def poll(client: Client, version: str, query: str = "") -> tuple[int, str]:
    headers = {"HX-Request": "true", "Caraus-Hidden": "1", "Caraus-List-Version": version}
    response = client.get(f"{LIST}{query}", headers=headers)
    return response.status_code, response.content.decode()


def test_an_unchanged_list_is_not_sent_again(signed_in: Client, row: Transport) -> None:
    page = signed_in.get(LIST).content.decode()
    version = version_of(page)
    assert poll(signed_in, version) == (204, "")
    status, part = poll(signed_in, "")
    assert status == 200
    assert row.uit in part
    assert version_of(part) == version
    assert part.strip() in page  # the page shows what would be sent
    assert poll(signed_in, version, "?arata=expirate")[0] == 200


CHANGES: dict[str, Callable[[Transport, User], object]] = {
    "a plate": lambda row, _: Transport.objects.filter(pk=row.pk).update(plate="B13ABC"),
    "a state": lambda row, _: Transport.objects.filter(pk=row.pk).update(state="missing"),
    "a time that list.js compares": lambda row, _: Transport.objects.filter(pk=row.pk).update(
        last_changed_at=row.last_changed_at + timedelta(minutes=1)
    ),
    "one UIT less": lambda _row, _: Transport.objects.all().delete(),
    "a company": lambda row, _: factories.company(row.company.organization, cui="900030302"),
    "the last good response": lambda _row, _: SyncState.objects.update(last_good_at=timezone.now()),
    "an error of ANAF": lambda _row, _: SyncState.objects.update(last_code="timeout"),
    "an unreadable record": lambda row, _: UnreadableRecord.objects.create(
        company=row.company, digest="1", raw="?", reason="Nu e un UIT.",
        first_seen_at=row.first_seen_at, last_seen_at=row.last_seen_at,
    ),
    "a saved view": lambda row, owner: SavedView.objects.create(
        organization=row.company.organization, user=owner, name="A mea"
    ),
    "the layout": lambda _row, owner: columns.save_list_settings(owner, ["route"], "airy"),
    "the language": lambda _row, owner: User.objects.filter(pk=owner.pk).update(language="en"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_the_list_shows_changes_its_version(
    name: str, signed_in: Client, row: Transport, owner: User
) -> None:
    version = version_of(signed_in.get(LIST).content.decode())
    CHANGES[name](row, owner)
    status, part = poll(signed_in, version)
    assert status == 200
    assert version_of(part) != version
    assert poll(signed_in, version_of(part)) == (204, "")


def test_a_time_in_words_that_changes_is_a_change_too(
    signed_in: Client, row: Transport, clock: Clock, owner: User
) -> None:
    columns.save_list_settings(owner, ["first_seen"], "compact")
    page = signed_in.get(LIST).content.decode()
    assert "acum 5 minute" in page
    clock(timedelta(seconds=40))
    assert poll(signed_in, version_of(page))[0] == 204
    clock(timedelta(seconds=60))
    status, part = poll(signed_in, version_of(page))
    assert (status, "acum 6 minute" in part) == (200, True)


def test_another_company_has_another_version(
    signed_in: Client, row: Transport, company: Company
) -> None:
    version = version_of(signed_in.get(LIST).content.decode())
    assert poll(signed_in, version, f"?firma={company.cui}")[0] == 200
