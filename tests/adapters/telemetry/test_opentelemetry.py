"""Spans: which there are, what is below what, and what is never in them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.trace import StatusCode

from adapters.system.ids import SystemIds
from adapters.telemetry.opentelemetry import MOST_TESTS, OpenTelemetry
from adapters.telemetry.trace_ids import EvenSampler, trace_id_of
from adapters.telemetry.tracing import Tracing
from application.ports.storage import StoreUnavailable
from application.ports.submissions import LeaseLost
from domain.ids import SubmissionId
from domain.judgement import Verdict
from tests.contracts import values
from tests.contracts.telemetry_adapters import claim_of, open_telemetry

ID = "019c0000-0000-7abc-8def-0123456789ab"
CLIENTS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def telemetry(spans: InMemorySpanExporter) -> OpenTelemetry:
    return open_telemetry(spans)


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    (span,) = (span for span in spans.get_finished_spans() if span.name == name)
    return span


def names(spans: InMemorySpanExporter) -> list[str]:
    return [span.name for span in spans.get_finished_spans()]


def below(child: ReadableSpan, parent: ReadableSpan) -> bool:
    return (
        child.parent is not None
        and parent.context is not None
        and (child.parent.trace_id, child.parent.span_id)
        == (parent.context.trace_id, parent.context.span_id)
    )


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    trace_id: int = span.context.trace_id
    return trace_id


def judge(telemetry: OpenTelemetry, *, submission_id: str = ID, attempt: int = 1) -> None:
    claim = claim_of(values.submission(submission_id), attempt=attempt)
    with telemetry.judging(claim) as judging:
        judging.prepared()
        judging.compiled()
        judging.tested(values.judged(1))
        judging.tested(replace(values.judged(2, Verdict.WRONG_ANSWER), wall_ms=250))
        with judging.settling(values.judgement(verdict=Verdict.WRONG_ANSWER)):
            pass


def test_a_submission_is_one_trace_from_request_to_test_in_two_processes() -> None:
    in_api, in_worker = InMemorySpanExporter(), InMemorySpanExporter()
    api, worker = open_telemetry(in_api), open_telemetry(in_worker)

    with api.request("POST") as request:
        with api.handing_in(values.submission(ID)):
            pass
        request.answered(route="/candidate/submissions", status=202)
    judge(worker)

    submit, judging = named(in_api, "submit"), named(in_worker, "judge")
    made = [submit, *in_worker.get_finished_spans()]
    assert [span.name for span in made] == [
        "submit", "queued", "compile", "test", "test", "settle", "judge",
    ]  # fmt: skip
    assert {trace_of(span) for span in made} == {UUID(ID).int}
    assert submit.parent is None
    assert below(judging, submit)
    assert below(named(in_worker, "queued"), submit)
    assert all(below(span, judging) for span in made[2:6])


def test_the_request_and_the_submission_lead_to_each_other(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    with telemetry.request("POST") as request:
        with telemetry.handing_in(values.submission(ID)):
            pass
        request.answered(route="/candidate/submissions", status=202)

    submit, answering = named(spans, "submit"), named(spans, "POST /candidate/submissions")
    assert [link.context for link in submit.links] == [answering.context]
    assert [link.context for link in answering.links] == [submit.context]
    assert answering.attributes is not None
    assert answering.attributes["submission.id"] == ID


def test_a_request_is_named_by_its_route_and_goes_on_with_the_clients_trace(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    with telemetry.request("GET", traceparent=CLIENTS) as request:
        request.answered(route="/candidate/submissions/{submission_id}", status=503)

    span = named(spans, "GET /candidate/submissions/{submission_id}")
    assert span.attributes is not None
    assert f"{trace_of(span):x}" == "af7651916cd43dd8448eb211c80319c"
    assert span.parent is not None
    assert f"{span.parent.span_id:x}" == "b7ad6b7169203331"
    assert span.attributes["http.response.status_code"] == 503
    assert span.status.status_code is StatusCode.ERROR


def test_a_calls_span_is_below_whatever_goes_on(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    with telemetry.request("GET") as request:
        with pytest.raises(StoreUnavailable), telemetry.dependency("mysql", "read"):
            raise StoreUnavailable("MySQL")
        request.answered(route="/x", status=503)

    call = named(spans, "mysql read")
    assert below(call, named(spans, "GET /x"))
    assert call.status.status_code is StatusCode.ERROR
    assert call.attributes == {
        "dependency.name": "mysql",
        "dependency.operation": "read",
        "error.type": "StoreUnavailable",
        "error.kind": "unavailable",
    }


def test_what_a_timer_or_a_probe_does_is_no_trace(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    with telemetry.dependency("mongodb", "claim"):
        pass
    with telemetry.request("GET", probe=True) as request:
        with telemetry.dependency("mysql", "check"):
            pass
        request.answered(route="/health/ready", status=200)

    assert names(spans) == []


async def test_calls_that_overlap_are_below_their_own(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    meeting = asyncio.Barrier(2)

    async def answer(route: str) -> None:
        with telemetry.request("GET") as request:
            await meeting.wait()
            with telemetry.dependency("redis", route):
                await meeting.wait()
            request.answered(route=f"/{route}", status=200)

    await asyncio.gather(answer("one"), answer("two"))

    assert below(named(spans, "redis one"), named(spans, "GET /one"))
    assert below(named(spans, "redis two"), named(spans, "GET /two"))


def test_the_attempt_says_who_judged_what_and_how_it_ended(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    judge(telemetry, attempt=2)

    assert "queued" not in names(spans)  # since when a second try waited, nobody knows
    assert named(spans, "judge").attributes == {
        "submission.id": ID,
        "submission.class": "submission",
        "submission.language": "python3",
        "judgement.number": 1,
        "judgement.attempt": 2,
        "worker.id": "w1",
        "judgement.verdict": "wrong_answer",
        "judgement.tests_run": 2,
        "judgement.settled": True,
    }


def test_a_tests_span_lasts_as_long_as_the_test_did(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    judge(telemetry)

    _, slow = (span for span in spans.get_finished_spans() if span.name == "test")
    assert slow.start_time is not None
    assert slow.end_time is not None
    assert 250 <= (slow.end_time - slow.start_time) / 1e6 < 350


def test_waiting_began_when_the_program_was_handed_in(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    judge(telemetry)

    queued, judging = named(spans, "queued"), named(spans, "judge")
    assert queued.start_time is not None
    assert abs(queued.start_time / 1e9 - values.NOW.timestamp()) < 0.001
    assert judging.start_time is not None
    assert queued.end_time is not None
    assert queued.end_time <= judging.start_time


def test_a_lost_try_is_neither_settled_nor_an_error(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    with (
        pytest.raises(LeaseLost),
        telemetry.judging(claim_of(values.submission(ID))) as judging,
        judging.settling(values.judgement()),
    ):
        raise LeaseLost

    span = named(spans, "judge")
    assert span.attributes is not None
    assert span.attributes["judgement.settled"] is False
    assert span.status.status_code is StatusCode.UNSET


def test_of_ten_thousand_tests_the_first_have_spans(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    with telemetry.judging(claim_of(values.submission(ID))) as judging:
        for ordinal in range(1, 10_001):
            judging.tested(values.judged(ordinal))

    attributes = named(spans, "judge").attributes
    assert names(spans).count("test") == MOST_TESTS
    assert attributes is not None
    assert attributes["judgement.tests_run"] == 10_000


def test_nothing_of_what_candidates_write_or_run_is_in_a_span(
    telemetry: OpenTelemetry, spans: InMemorySpanExporter
) -> None:
    secret = "the-candidates-own"  # noqa: S105 - a mark to look for
    test = replace(
        values.judged(1, Verdict.RUNTIME_ERROR),
        output=secret, stderr=secret, message=secret, fault=secret,
    )  # fmt: skip
    judgement = replace(values.judgement(tests=(test,)), compile_output=secret, fault=secret)
    claim = replace(claim_of(values.submission(ID)), handed_in=values.handed_in(secret, secret))

    with telemetry.request("POST") as request:
        with pytest.raises(RuntimeError), telemetry.judging(claim) as judging:
            judging.prepared()
            judging.tested(test)
            with judging.settling(judgement), telemetry.dependency("s3", "put"):
                raise RuntimeError(secret)
        request.answered(route="/x", status=500)

    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "judge" in told
    assert secret not in told


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.9])
def test_a_share_of_the_traces_is_that_share_of_the_submissions(share: float) -> None:
    ids = SystemIds()
    sampler = EvenSampler(TraceIdRatioBased(share))

    kept = [
        sampler.should_sample(None, trace_id_of(SubmissionId(ids.new())), "submit").decision
        for _ in range(4_000)
    ].count(Decision.RECORD_AND_SAMPLE)

    assert abs(kept / 4_000 - share) < 0.05


def test_what_one_process_keeps_of_a_trace_the_other_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    in_api, in_worker = InMemorySpanExporter(), InMemorySpanExporter()
    api, worker = open_telemetry(in_api), open_telemetry(in_worker)
    ids = [str(uuid4()) for _ in range(100)]

    for submission_id in ids:
        with api.handing_in(values.submission(submission_id)):
            pass
        judge(worker, submission_id=submission_id)

    begun = _traces(in_api.get_finished_spans())
    assert 20 < len(begun) < 80
    assert _traces(in_worker.get_finished_spans()) == begun


def test_nothing_is_made_before_the_first_span() -> None:
    made: list[SimpleSpanProcessor] = []

    def destination() -> SimpleSpanProcessor:
        made.append(SimpleSpanProcessor(InMemorySpanExporter()))
        return made[-1]

    telemetry = OpenTelemetry(Tracing(destination))
    before = len(made)
    judge(telemetry)
    judge(telemetry)

    assert (before, len(made)) == (0, 1)


def _traces(spans: Sequence[ReadableSpan]) -> set[int]:
    return {trace_of(span) for span in spans}
