"""Every language, with the programs that candidates hand in and what their editors add."""

import pytest

from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.languages import TABLE
from tests.adapters.sandbox.judging import files, job, judged, needs, ran
from tests.adapters.sandbox.samples import SAMPLES, Sample

pytestmark = pytest.mark.asyncio(loop_scope="session")
every_language = pytest.mark.parametrize("sample", SAMPLES, ids=str)
WORDS = "zwölf Boxkämpfer\n\n  und kein Ende".encode()


@pytest.fixture(autouse=True)
def is_offered(request: pytest.FixtureRequest, offered: tuple[str, ...]) -> None:
    sample = getattr(request.node, "callspec", None) and request.node.callspec.params.get("sample")
    if sample:
        needs(sample.language, offered)


async def test_every_entry_of_the_table_has_a_sample() -> None:
    assert {entry.id for entry in TABLE} == {sample.language for sample in SAMPLES}


@every_language
async def test_reads_its_input_and_writes_its_output(judge: SandboxJudge, sample: Sample) -> None:
    run = await ran(judge, sample.language, sample.echo, sample.given(WORDS))

    assert (run.stdout, run.stderr, run.exit_code, run.signal) == (WORDS, b"", 0, None)
    assert run.excess == frozenset()
    assert run.cpu_ms > 0
    assert run.memory_kib > 0


@every_language
async def test_each_input_is_run_in_its_order(judge: SandboxJudge, sample: Sample) -> None:
    inputs = [sample.given(data) for data in (b"1", b"", b"3\n")]

    compilation, runs = await judged(judge, job(sample.language, sample.echo, *inputs))

    assert compilation.ok
    assert [(run.ordinal, run.stdout) for run in runs] == [(1, b"1"), (2, b""), (3, b"3\n")]


@every_language
async def test_the_exit_code_is_told(judge: SandboxJudge, sample: Sample) -> None:
    run = await ran(judge, sample.language, sample.exits)

    assert (run.exit_code, run.signal, run.excess) == (3, None, frozenset())


@every_language
async def test_what_is_not_valid_does_not_compile(judge: SandboxJudge, sample: Sample) -> None:
    compilation, runs = await judged(judge, job(sample.language, sample.broken))

    assert (compilation.ok, compilation.fault, runs) == (False, None, [])
    assert compilation.output.strip()
    assert "/work" not in compilation.output
    assert "/root" not in compilation.output


@every_language
async def test_several_files_work_together(judge: SandboxJudge, sample: Sample) -> None:
    *_, main = sample.parts
    program = files(entry_point=main.replace("_", "."), **sample.parts)

    run = await ran(judge, sample.language, program)

    assert (run.stdout, run.exit_code) == (b"parts\n", 0)


@every_language
async def test_a_byte_order_mark_and_line_ends_of_windows_are_taken(
    judge: SandboxJudge, sample: Sample
) -> None:
    source = "\ufeff" + sample.echo + "\r\n\r\n"

    run = await ran(judge, sample.language, source, sample.given(b"in\n"))

    assert (run.stdout, run.exit_code) == (b"in\n", 0)


@every_language
async def test_one_line_of_sixty_kilobytes_is_taken(judge: SandboxJudge, sample: Sample) -> None:
    source = sample.echo + sample.comment + "x" * 60_000

    run = await ran(judge, sample.language, source, sample.given(b"in\n"))

    assert (run.stdout, run.exit_code) == (b"in\n", 0)
