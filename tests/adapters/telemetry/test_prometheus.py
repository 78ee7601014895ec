"""Figures as Prometheus reads them."""

from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.telemetry.prometheus import PrometheusTelemetry
from application.ports.storage import StoreUnavailable
from application.ports.submissions import LeaseLost, QueueState
from domain.ids import SubmissionId
from domain.judgement import Verdict
from domain.submission import WorkClass
from tests.contracts import values
from tests.contracts.telemetry_adapters import claim_of


def figures(telemetry: PrometheusTelemetry) -> dict[str, float]:
    """Every sample by its name and labels, as it is written."""
    return {
        sample.name + "".join(f" {k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(telemetry.text().decode())
        for sample in family.samples
    }


def test_a_call_is_timed_and_an_answer_is_no_error() -> None:
    telemetry = PrometheusTelemetry()

    with telemetry.dependency("mysql", "read"):
        pass
    with pytest.raises(LeaseLost), telemetry.dependency("mysql", "write"):
        raise LeaseLost

    seen = figures(telemetry)
    assert seen["assay_dependency_seconds_count dependency=mysql operation=read"] == 1
    assert seen["assay_dependency_seconds_count dependency=mysql operation=write"] == 1
    assert not [name for name in seen if name.startswith("assay_dependency_errors_total")]


def test_a_call_that_fails_is_timed_and_counted() -> None:
    telemetry = PrometheusTelemetry()

    with pytest.raises(StoreUnavailable), telemetry.dependency("mongodb", "read"):
        raise StoreUnavailable("MongoDB")

    seen = figures(telemetry)
    assert seen["assay_dependency_seconds_count dependency=mongodb operation=read"] == 1
    assert seen["assay_dependency_errors_total dependency=mongodb kind=unavailable"] == 1


def test_a_judging_holds_a_slot_until_its_end() -> None:
    telemetry = PrometheusTelemetry()
    telemetry.note_slots(2)

    with telemetry.judging(claim_of(values.submission())) as judging:
        during = figures(telemetry)
        with judging.settling(values.judgement(verdict=Verdict.WRONG_ANSWER)):
            pass

    after = figures(telemetry)
    assert (during["assay_judge_slots"], during["assay_judge_slots_busy"]) == (2, 1)
    assert after["assay_judge_slots_busy"] == 0
    assert after["assay_verdicts_total language=python3 verdict=wrong_answer"] == 1
    assert after["assay_judging_seconds_count class=submission"] == 1
    assert after["assay_judgings_unsettled_total"] == 0


def test_a_try_without_an_outcome_is_no_verdict() -> None:
    telemetry = PrometheusTelemetry()

    with (
        pytest.raises(StoreUnavailable),
        telemetry.judging(claim_of(values.submission())) as judging,
        judging.settling(values.judgement()),
    ):
        raise StoreUnavailable("MongoDB")

    seen = figures(telemetry)
    assert seen["assay_judgings_unsettled_total"] == 1
    assert seen["assay_judge_slots_busy"] == 0
    assert not [name for name in seen if name.startswith("assay_verdicts_total")]


def test_a_practice_run_is_timed_but_its_verdict_is_not_counted() -> None:
    telemetry = PrometheusTelemetry()

    with (
        telemetry.judging(claim_of(values.run())) as judging,
        judging.settling(values.judgement()),
    ):
        pass

    seen = figures(telemetry)
    assert seen["assay_judging_seconds_count class=run"] == 1
    assert not [name for name in seen if name.startswith("assay_verdicts_total")]


def test_the_queue_is_told_by_class_and_forgotten_when_the_store_is_away() -> None:
    telemetry = PrometheusTelemetry()
    due = {WorkClass.SUBMISSION: 3, WorkClass.RUN: 0, WorkClass.REJUDGE: 7}

    made = values.NOW - 90 * values.SECOND
    oldest = SubmissionId(str(UUID(int=int(made.timestamp() * 1_000) << 80 | 7 << 76 | 2 << 62)))
    state = QueueState(
        due=due,
        oldest={WorkClass.SUBMISSION: oldest, WorkClass.REJUDGE: oldest},
        waiting=1,
        next_due_at=None,
    )

    telemetry.note_queue(state, values.NOW)
    seen = figures(telemetry)
    telemetry.note_queue(None, values.NOW)
    unknown = figures(telemetry)

    assert seen["assay_queue_due class=submission"] == 3
    assert seen["assay_queue_due class=run"] == 0
    assert seen["assay_queue_due class=rejudge"] == 7
    assert seen["assay_queue_oldest_seconds class=submission"] == pytest.approx(90, abs=0.01)
    assert seen["assay_queue_oldest_seconds class=run"] == 0
    assert "assay_queue_oldest_seconds class=rejudge" not in seen
    assert not [name for name in unknown if name.startswith("assay_queue")]


def test_a_request_that_breaks_is_a_500_without_a_route() -> None:
    telemetry = PrometheusTelemetry()

    with pytest.raises(KeyError), telemetry.request("GET"):
        raise KeyError

    seen = figures(telemetry)
    assert seen["assay_http_requests_total method=GET route=(none) status=500"] == 1


def test_the_process_tells_of_its_memory() -> None:
    assert figures(PrometheusTelemetry())["process_resident_memory_bytes"] > 0
