"""A submission as an operator sees it: one trace from the request to the last test."""

from uuid import UUID

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.memory.clock import ManualClock
from tests.contracts.telemetry_adapters import open_telemetry
from tests.entrypoints.http.house import House, a_challenge, submit

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


async def test_a_submission_is_one_trace_and_leads_to_the_clients(clock: ManualClock) -> None:
    spans = InMemorySpanExporter()
    async with House(clock=clock, telemetry=open_telemetry(spans)) as house:
        challenge = await a_challenge(await house.admin())
        candidate = await house.candidate()
        candidate.client.headers["traceparent"] = f"00-{TRACE}-{SPAN}-01"
        spans.clear()

        handed_in = await submit(candidate, challenge["id"])
        await house.judge_all()

    told = spans.get_finished_spans()
    own = [s.name for s in told if s.context and s.context.trace_id == UUID(handed_in["id"]).int]
    assert own == ["submit", "queued", "compile", "test", "test", "settle", "judge"]
    (request,) = (span for span in told if span.name == "POST /candidate/submissions")
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == TRACE
    assert request.attributes is not None
    assert request.attributes["submission.id"] == handed_in["id"]


async def test_no_address_token_or_program_is_in_a_trace(clock: ManualClock) -> None:
    spans = InMemorySpanExporter()
    async with House(clock=clock, telemetry=open_telemetry(spans)) as house:
        challenge = await a_challenge(await house.admin("the-admin@example.org"))
        candidate = await house.candidate("the-candidate@example.org")
        await submit(candidate, challenge["id"], "print the-program\n")
        await house.judge_all()
        token = candidate.access_token

    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert "POST /auth/login" in told
    assert [s for s in ("example.org", "the-program", "198.51.100", token) if s in told] == []


async def test_probes_are_counted_and_not_traced(clock: ManualClock) -> None:
    spans = InMemorySpanExporter()
    async with House(clock=clock, telemetry=open_telemetry(spans)) as house:
        await house.anyone.get("/health/live")
        await house.anyone.get("/health/ready")
        await house.anyone.get("/metrics")

    assert spans.get_finished_spans() == ()
