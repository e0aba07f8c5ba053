"""A poll and its response, over real sockets."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from caraus.accounts.models import Company
from caraus.anaf.errors import Outcome
from caraus.authorizations.models import Authorization, CompanyRight
from caraus.sync.company_sync import SyncResult, sync_company
from caraus.sync.models import SyncRun, SyncState
from caraus.transports.models import Transport, TransportEvent
from tests.simulator_process import SimulatorProcess
from tests.transports.conftest import dump, noon

MINUTE = timedelta(minutes=1)


def sync(company: Company, now: datetime | None = None) -> SyncResult:
    result = sync_company(company_id=company.pk, now=now)
    assert result.outcome is Outcome.OK, result
    return result


def text(value: object) -> str:
    return "" if value is None else str(value)


def place(truth: dict[str, Any]) -> dict[str, str]:
    return {
        "kind": truth["tip_loc"],
        "full_address": text(truth.get("adresa_completa")),
        "county": text(truth.get("judet")),
        "locality": text(truth.get("localitate")),
        "street": text(truth.get("strada")),
        "number": text(truth.get("numar")),
        "other": text(truth.get("alte_info")),
    }


def test_every_field_that_anaf_gives_is_kept(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync(company)
    truths = {record["uit"]: record for record in anaf.active(company.cui)}
    rows = {row.uit: row for row in Transport.objects.all()}
    assert rows.keys() == truths.keys()
    for uit, truth in truths.items():
        row = rows[uit]
        assert row.raw == truth
        assert row.state == "active"
        assert row.declarant_cui == text(truth["cod_decl"])
        assert row.declarant_name == truth["den_decl"]
        assert row.declarant_ref == text(truth.get("ref_decl"))
        assert row.transport_date == date.fromisoformat(truth["data_transp"][:10])
        assert row.first_expired_day == date.fromisoformat(truth["data_exp_uit"][:10])
        assert not row.expiry_computed
        assert (row.carrier_cui, row.carrier_name) == (truth["tr_cod"], truth["tr_den"])
        assert row.plate == truth["nr_veh"]
        assert (row.trailer1, row.trailer2) == (
            text(truth.get("nr_rem1")),
            text(truth.get("nr_rem2")),
        )
        assert (row.start, row.end) == (place(truth["loc_start"]), place(truth["loc_final"]))
        assert row.extra == {}


def test_vehicle_changes_are_kept_whole_and_the_last_one_drives(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui, nr_veh="B01OLD", nr_rem1="B02OLD")["uit"]
    anaf.change_vehicle(
        uit,
        nr_veh="B03NEW",
        nr_rem1=None,
        nr_rem2="B04NEW",
        obs="pană de motor",
        cod_decl=company.cui,
        ref_decl="R-1",
        data_modif_veh="2026-11-24T10:00:00",
        data_decl="2026-11-24T09:30:00",
    )
    sync(company)
    row = Transport.objects.get(uit=uit)
    assert row.vehicle_changes == [
        {
            "at": "2026-11-24T08:00:00+00:00",
            "plate": "B03NEW",
            "trailer1": "",
            "trailer2": "B04NEW",
            "note": "pană de motor",
            "declared_by": company.cui,
            "reference": "R-1",
            "declared_at": "2026-11-24T07:30:00+00:00",
        }
    ]
    assert row.current_vehicle == ("B03NEW", "", "B04NEW")
    assert row.plate == "B01OLD"


@pytest.mark.parametrize("shape", ["documents_as_string", "documents_as_list"])
def test_documents_are_kept_in_either_shape(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, shape: str
) -> None:
    anaf.turn_on(shape)
    sync(company)
    rows = list(Transport.objects.exclude(documents=[]))
    assert rows
    for row in rows:
        documents = row.raw["documente"]
        assert [document["value"] for document in row.documents] == (
            documents if shape == "documents_as_list" else [documents]
        )
        assert all(document["text"] for document in row.documents)


def test_a_second_identical_sync_makes_no_event_and_writes_no_row(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync(company)
    before = dump()
    second_result = sync(company)
    assert dump() == before
    assert (
        second_result.counts.new,
        second_result.counts.changed,
        second_result.counts.missing,
    ) == (0, 0, 0)
    assert second_result.counts.seen == len(before[0]) > 0


def test_each_uit_appears_once_with_the_time_of_the_response(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = timezone.now()
    result = sync(company, now)
    assert result.counts.new == Transport.objects.count() == TransportEvent.objects.count()
    assert set(TransportEvent.objects.values_list("kind", "at")) == {("appeared", now)}
    assert set(Transport.objects.values_list("first_seen_at", "last_seen_at")) == {(now, now)}


@pytest.mark.parametrize(
    ("correction", "kind", "changes"),
    [
        ({"nr_veh": "B77NOU"}, "vehicle_changed", {"plate": ["B01OLD", "B77NOU"]}),
        (
            {"data_transp": "2026-11-26"},
            "changed",
            {
                "transport_date": ["2026-11-25", "2026-11-26"],
                "first_expired_day": ["2026-11-30", "2026-12-01"],
            },
        ),
        ({"ref_decl": None}, "changed", {"declarant_ref": ["R1", ""]}),
        ({"tr_cod": "900020201"}, "carrier_changed", {"carrier_cui": ["900010100", "900020201"]}),
    ],
)
def test_a_correction_makes_one_event_with_old_and_new(
    anaf: SimulatorProcess,
    company: Company,
    authorization: Authorization,
    correction: dict[str, Any],
    kind: str,
    changes: dict[str, Any],
) -> None:
    anaf.set_clock("2026-11-24T12:00")
    uit = anaf.add_uit(company.cui, nr_veh="B01OLD", ref_decl="R1", data_transp="2026-11-25")["uit"]
    now = noon()
    sync(company, now)
    anaf.correct(uit, **correction)
    result = sync(company, now + 5 * MINUTE)
    row = Transport.objects.get(uit=uit)
    event = row.events.exclude(kind="appeared").get()
    assert (event.kind, event.changes, event.at) == (kind, changes, now + 5 * MINUTE)
    assert (result.counts.changed, result.counts.new) == (1, 0)
    assert row.last_changed_at == now + 5 * MINUTE
    assert row.raw == anaf.describe_uit(uit)["record"]


def test_a_vehicle_change_is_an_event_of_its_own_kind(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui)["uit"]
    sync(company)
    anaf.change_vehicle(uit, nr_veh="B03NEW")
    sync(company)
    event = TransportEvent.objects.get(transport__uit=uit, kind="vehicle_changed")
    old, new = event.changes["vehicle_changes"]
    assert (old, [change["plate"] for change in new]) == ([], ["B03NEW"])


def test_a_deep_change_of_the_raw_record_is_kept_without_an_event(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui)["uit"]
    sync(company)
    anaf.correct(uit, id=777)
    sync(company)
    row = Transport.objects.get(uit=uit)
    assert row.raw["id"] == 777
    assert [event.kind for event in row.events.all()] == ["appeared"]


def test_a_deleted_uit_is_delisted_after_two_responses_ten_minutes_apart(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    uit = anaf.add_uit(company.cui)["uit"]
    now = noon()
    sync(company, now)
    sync(company, now + 5 * MINUTE)
    anaf.withdraw(uit)
    states = []
    for minutes in (10, 15, 20, 25):
        sync(company, now + minutes * MINUTE)
        states.append(Transport.objects.get(uit=uit).state)
    assert states == ["missing", "missing", "delisted", "delisted"]
    row = Transport.objects.get(uit=uit)
    assert row.last_seen_at == now + 5 * MINUTE
    assert row.missing_since == now + 10 * MINUTE
    assert [event.kind for event in row.events.all()] == ["delisted", "appeared"]
    assert Transport.objects.filter(state="active").count() == len(anaf.active(company.cui))


def test_a_uit_whose_validity_ended_is_expired(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    sync(company)
    now = datetime.now(UTC) + timedelta(days=40)
    anaf.set_clock(now.isoformat())
    sync(company, now)
    old = Transport.objects.exclude(uit__in=[record["uit"] for record in anaf.active(company.cui)])
    assert old
    assert {row.state for row in old} == {"expired"}
    assert set(TransportEvent.objects.filter(at=now).values_list("kind", flat=True)) == {
        "expired",
        "appeared",
    }


def test_an_empty_response_for_one_poll_leaves_no_trace(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = noon()
    sync(company, now)
    events = TransportEvent.objects.count()
    anaf.turn_on("empty_once")
    empty = sync(company, now + 5 * MINUTE)
    assert empty.counts.missing == Transport.objects.count() > 0
    sync(company, now + 30 * MINUTE)
    assert set(Transport.objects.values_list("state", "missing_since")) == {("active", None)}
    assert TransportEvent.objects.count() == events


def test_everything_that_is_absent_is_delisted_hours_later_than_one_uit(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = noon()
    sync(company, now)
    anaf.turn_on("empty")
    states = []
    for minutes in (5, 15, 25, 184, 185):
        sync(company, now + minutes * MINUTE)
        states.append(set(Transport.objects.values_list("state", flat=True)))
    assert states == [*[{"missing"}] * 4, {"delisted"}]


@pytest.mark.parametrize("scenario", ["empty_array", "text_json"])
def test_odd_but_good_responses_are_good(
    anaf: SimulatorProcess, company: Company, authorization: Authorization, scenario: str
) -> None:
    anaf.turn_on(scenario)
    assert sync(company).counts.seen == len(anaf.active(company.cui))


def test_a_good_response_is_recorded_everywhere_it_matters(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    now = timezone.now()
    result = sync(company, now)
    run = SyncRun.objects.get()
    assert (run.outcome, run.code, run.http_status, run.authorization) == (
        "ok",
        "",
        200,
        authorization,
    )
    assert (run.seen, run.new) == (result.counts.seen, result.counts.new)
    state = SyncState.objects.get(company=company)
    assert (state.last_good_at, state.last_attempt_at, state.last_outcome) == (now, now, "ok")
    assert now + MINUTE <= state.next_sync_at <= now + 10 * MINUTE
    authorization.refresh_from_db()
    assert authorization.last_good_call_at == now
    assert CompanyRight.objects.get().state == "covered"
    company.refresh_from_db()
    assert company.name == "TRANS CARPAȚI LOGISTIC SRL"


def test_a_name_typed_by_a_person_stays(
    anaf: SimulatorProcess, company: Company, authorization: Authorization
) -> None:
    Company.objects.update(name="Carpați", name_typed=True)
    sync(company)
    company.refresh_from_db()
    assert company.name == "Carpați"
