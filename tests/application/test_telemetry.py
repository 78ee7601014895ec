"""What the use cases tell those who watch over them."""

from dataclasses import replace

from adapters.memory.telemetry import MemoryTelemetry
from application.ports.task_queue import QueueUnavailable
from domain.program import single_file
from domain.submission import WorkClass
from tests.application.world import PYTHON, World, a_test


async def test_a_submission_is_followed_from_its_coming_to_its_verdict(world: World) -> None:
    telemetry = MemoryTelemetry()
    challenge = await world.a_challenge(a_test("1"), a_test("2"))
    submit = replace(world.submit_code, telemetry=telemetry)

    handed_in = await submit(
        await world.a_candidate(),
        challenge_id=challenge.id,
        language=PYTHON,
        program=single_file("on 2 exit 1\necho"),
    )
    await replace(world.judge_submission(), telemetry=telemetry)()

    assert telemetry.told == [
        f"handing in {handed_in.id}",
        "prepared",
        "compiled",
        "test 1: accepted",
        "test 2: runtime_error",
        "settled: runtime_error",
        f"judging {handed_in.id} as 1.1",
    ]


async def test_a_try_that_the_platform_failed_says_why(world: World) -> None:
    telemetry = MemoryTelemetry()
    challenge = await world.a_challenge(a_test())
    submission = await world.submitted(await world.a_candidate(), challenge, "unavailable")

    await replace(world.judge_submission(), telemetry=telemetry)()

    assert telemetry.told == [
        "prepared",
        "compiled",
        "handed back: the program asked for it (worker worker)",
        f"judging {submission.id} as 1.1",
    ]


async def test_a_practice_run_is_followed_though_the_queue_is_away(world: World) -> None:
    telemetry = MemoryTelemetry()

    async def away(work_class: WorkClass) -> None:  # noqa: ARG001 - as its port has it
        raise QueueUnavailable

    world.queue.judge_submission = away  # type: ignore[method-assign]
    run = await replace(world.run_code, telemetry=telemetry)(
        await world.a_candidate(),
        challenge_id=None,
        language=PYTHON,
        program=single_file("echo"),
        stdin="hello",
    )

    assert telemetry.told == [f"handing in {run.id}"]
