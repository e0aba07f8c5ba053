"""Whatever ANAF answers, and in whatever order: what the database says of a filing is true."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from caraus.anaf.filings import key_of
from caraus.filings import changes
from caraus.filings.models import VehicleChange
from caraus.filings.states import ChangeState
from caraus.sync.models import RateLimiter, SyncState
from tests.filings.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)

# What ANAF does with the requests until the next turn: scenarios that are on together.
BEHAVIOURS: tuple[dict[str, dict[str, Any]], ...] = (
    {},
    {"upload_lost_before": {"endpoint": "upload"}},
    {"upload_lost_after": {}},
    {"upload_502_after": {}, "info_lags": {"seconds": 3600}},
    {"upload_html_after": {}, "lista_lags": {"seconds": 3600}},
    {"upload_nok": {"text": "UIT-ul nu poate fi identificat."}},
    {"upload_nok": {"text": "Vehiculul nu poate fi schimbat."}, "upload_lost_after": {}},
    {"upload_errors": {"text": "Valoarea nu respecta schema."}},
    {"upload_duplicate_refused": {}},
    # Not at `stareMesaj`, where ANAF would say so of what it has taken.
    {"upload_xml_error": {"endpoint": "upload"}},
    {"upload_stuck": {}},
    {"stare_fails": {}},
    {"info_lags": {"seconds": 3600}, "lista_lags": {"seconds": 3600}},
    {"down_502": {}},
    {"cut_json": {}},
    {"html_rejected": {}},
    {"empty_once": {}},
)
# What happens next: the worker, the poller, time, or a person.
TURNS = ("worker", "worker", "worker", "poller", "ten minutes", "person")


class Filing:
    """A change on its way, and the turns that may be taken."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.change = desk.filed(desk.new_uit())
        self.on: dict[str, dict[str, Any]] = {}

    def behave(self, scenarios: dict[str, dict[str, Any]]) -> None:
        for name in self.on:
            self.desk.anaf.turn_off(name)
        for name, options in scenarios.items():
            self.desk.anaf.turn_on(name, **options)
        self.on = scenarios

    def take(self, turn: str) -> None:
        # Nothing here is about the pauses of an outage.
        RateLimiter.objects.all().delete()
        turns: dict[str, Callable[[], object]] = {
            "worker": lambda: self.desk.step(self.change),
            "ten minutes": lambda: self.desk.step(self.change, later=timedelta(minutes=10)),
            "poller": self.desk.sync,
            "person": lambda: changes.send_again(self.change, user=self.desk.user),
        }
        turns[turn]()
        self.change.refresh_from_db()

    def check(self) -> None:
        """Compare with what ANAF has."""
        references = [attempt.reference for attempt in self.change.attempts.all()]
        uploads = [upload for upload in self.desk.uploads() if upload["uit"] == self.change.uit]
        keys = [key_of(upload["reference"]) for upload in uploads]
        assert len(keys) == len(set(keys)) <= len(references)  # no attempt was sent twice
        filed = {key_of(upload["reference"]) for upload in uploads if upload["state"] == "ok"}
        if self.change.state == ChangeState.DONE:
            (record,) = (row for row in self.desk.shown() if row["uit"] == self.change.uit)
            shown = {key_of(shown.get("ref_decl") or "") for shown in record["modif_veh"]}
            assert shown & {key_of(reference) for reference in references}
        elif self.change.state == ChangeState.REFUSED:
            assert key_of(references[-1]) not in filed
            assert self.change.message

    def check_end(self) -> None:
        """Check, with ANAF well again, that nothing that it shows is called refused, lost or
        held."""
        self.behave({})
        self.take("poller")
        self.check()
        references = self.change.attempts.values_list("reference", flat=True)
        keys = {key_of(reference) for reference in references}
        (record,) = (row for row in self.desk.shown() if row["uit"] == self.change.uit)
        if keys & {key_of(shown.get("ref_decl") or "") for shown in record.get("modif_veh") or []}:
            assert self.change.state == ChangeState.DONE


@settings(
    max_examples=25,
    # A failure is reported as it was found: to shrink it would take minutes.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.tuples(st.sampled_from(BEHAVIOURS), st.sampled_from(TURNS)), min_size=3, max_size=9)
)
def test_no_order_of_responses_is_a_false_end(
    desk: Desk, order: list[tuple[dict[str, dict[str, Any]], str]]
) -> None:
    filing = Filing(desk)
    try:
        for behaviour, turn in order:
            filing.behave(behaviour)
            filing.take(turn)
            filing.check()
        filing.check_end()
    finally:
        filing.behave({})
        VehicleChange.objects.all().update(next_step_at=None)
        SyncState.objects.update(failures_in_a_row=0)
        RateLimiter.objects.all().delete()
