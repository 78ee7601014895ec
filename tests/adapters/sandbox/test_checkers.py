"""Checkers of the author's on the real sandbox: what they say, and that nothing of theirs hurts."""

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from adapters.sandbox import checker_box, feedback, programs
from adapters.sandbox.box import APP, Bind
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.pipeline import Pipeline
from adapters.sandbox.repeats import Repeats
from adapters.sandbox.running import Boxes
from adapters.sandbox.session import Session
from application.ports.judge import JobRefused, JudgeInput, JudgeJob
from domain.checker_program import CheckerLimits, CheckerProgram, CheckerProtocol
from domain.checker_report import CheckerReport
from domain.ids import LanguageId
from domain.judgement import Verdict
from domain.judging import judged_test, verdict_of
from domain.limits import Limits
from domain.program import Program, SourceFile, several_files, single_file
from domain.run import Run
from tests.adapters.sandbox.judging import glob, judged, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMITS = Limits(time_ms=2_000, memory_kib=262_144, output_kib=64)
CHECKER_LIMITS = CheckerLimits(time_ms=1_000, memory_kib=131_072)
ECHO = "import sys\nsys.stdout.write(sys.stdin.read())"
BEGINNING = """\
import os, sys
from pathlib import Path
given, answer, feedback, *arguments = sys.argv[1:]
output = sys.stdin.read()
def leave(name, text):
    Path(feedback, name).write_text(text)
"""
"""How the checkers here begin; they go on with what is particular."""


def checker(source: str | Program, language: str = "python3", *arguments: str) -> CheckerProgram:
    program = single_file(source) if isinstance(source, str) else source
    return CheckerProgram(
        language=LanguageId(language), program=program, arguments=arguments, limits=CHECKER_LIMITS
    )


def one_test(ordinal: int, data: bytes, expected: bytes) -> JudgeInput:
    async def load() -> bytes:
        return data

    async def answer() -> bytes:
        return expected

    return JudgeInput(ordinal=ordinal, load=load, answer=answer)


async def runs(
    judge: SandboxJudge,
    by: CheckerProgram,
    tests: Sequence[tuple[bytes, bytes]] = ((b"in\n", b"out\n"),),
    program: str = ECHO,
    limits: Limits = LIMITS,
) -> list[Run]:
    job = JudgeJob(
        language=LanguageId("python3"),
        program=single_file(program),
        limits=limits,
        inputs=tuple(one_test(n, *test) for n, test in enumerate(tests, 1)),
        checker=by,
    )
    compilation, seen = await judged(judge, job)
    assert compilation.ok, compilation
    return seen


async def said(judge: SandboxJudge, by: CheckerProgram, program: str = ECHO) -> CheckerReport:
    (run,) = await runs(judge, by, program=program)
    assert run.report is not None, run
    return run.report


# --- the protocol ------------------------------------------------------------------------------


async def test_a_checker_is_given_input_answer_output_and_arguments(judge: SandboxJudge) -> None:
    source = BEGINNING + (
        "leave('judgemessage.txt', repr([Path(given).read_text(), Path(answer).read_text(),"
        " output, arguments, feedback[-1]]))\nsys.exit(42)"
    )
    tests = [(b"1\n", b"2\n"), (b"3\n", b"4\n")]

    first, second = await runs(judge, checker(source, "python3", "a b", "$(c)"), tests)

    assert first.report == CheckerReport(
        accepted=True, judge_message=repr(["1\n", "2\n", "1\n", ["a b", "$(c)"], "/"])
    )
    assert second.report is not None
    assert second.report.judge_message.startswith("['3\\n', '4\\n', '3\\n'")
    assert (first.stdout, verdict_of(first, None)) == (b"1\n", Verdict.ACCEPTED)


async def test_a_checker_in_c_rejects_with_messages(judge: SandboxJudge) -> None:
    source = r"""
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
    char path[4096], line[100];
    FILE *answer = fopen(words[2], "r");
    fgets(line, sizeof line, answer);
    snprintf(path, sizeof path, "%steammessage.txt", words[3]);
    FILE *message = fopen(path, "w");
    fprintf(message, "look again");
    fclose(message);
    return strcmp(line, "right\n") ? 42 : 43;
}
"""
    (run,) = await runs(judge, checker(source, "c"), [(b"in", b"right\n")])
    assert run.report == CheckerReport(accepted=False, team_message="look again")
    assert verdict_of(run, None) is Verdict.WRONG_ANSWER


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            "leave('score.txt', '2.5\\n'); sys.exit(42)",
            CheckerReport(accepted=True, score=Fraction(5, 2)),
            id="score",
        ),
        pytest.param(
            "leave('score_multiplier.txt', '0.25'); sys.exit(42)",
            CheckerReport(accepted=True, multiplier=Fraction(1, 4)),
            id="multiplier",
        ),
    ],
)
async def test_marks_come_back(judge: SandboxJudge, lines: str, expected: CheckerReport) -> None:
    assert await said(judge, checker(BEGINNING + lines)) == expected


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        pytest.param("raise ValueError('my own bug')", "ValueError: my own bug", id="exception"),
        pytest.param("sys.exit(0)", "exit code 0", id="exit code 0"),
        pytest.param("sys.exit(7)", "exit code 7", id="garbage exit code"),
        pytest.param("os.kill(os.getpid(), 11)", "exit code 139", id="signal"),
        pytest.param("os.kill(os.getppid(), 9)", "signal 9", id="kills its shell"),
        pytest.param("while True: pass", "more than 1000 ms of CPU time", id="endless"),
        pytest.param("x = bytearray(1 << 30)", "memory", id="memory bomb"),
        pytest.param(
            "leave('score_multiplier.txt', '1.5'); sys.exit(42)", "not from 0 to 1", id="too much"
        ),
        pytest.param("leave('score.txt', 'NaN'); sys.exit(42)", "one decimal number", id="NaN"),
        pytest.param("leave('score.txt', '1'); sys.exit(43)", "does not accept", id="for nothing"),
        pytest.param(
            "leave('score.txt', '1'); leave('score_multiplier.txt', '1'); sys.exit(42)",
            "left both",
            id="both",
        ),
        pytest.param(
            "for n in range(5000): leave(f'x{n}', '')\nsys.exit(42)", "than 1000 files", id="many"
        ),
        pytest.param(
            "leave('judgemessage.txt', 'x' * (20 << 20))\nsys.exit(42)", "8 MiB", id="huge"
        ),
        pytest.param(
            "os.truncate(os.open(feedback + 'score.txt', os.O_CREAT | os.O_RDWR), 1 << 26)\n"
            "sys.exit(42)",
            "8 MiB",
            id="sparse",
        ),
    ],
)
async def test_what_goes_wrong_in_a_checker_is_its_own_fault(
    judge: SandboxJudge, lines: str, fault: str
) -> None:
    (run,) = await runs(judge, checker(BEGINNING + lines))
    assert run.report is not None
    assert fault in (run.report.fault or "")
    assert verdict_of(run, None) is Verdict.JUDGE_ERROR
    assert run.fault is None


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("print('x' * (20 << 20)); sys.exit(43)", id="floods standard output"),
        pytest.param("sys.stderr.write('x' * (20 << 20)); sys.exit(43)", id="and error"),
        pytest.param("os.mkfifo(feedback + 'judgemessage.txt'); sys.exit(43)", id="FIFO"),
        pytest.param(
            "os.symlink('/etc/passwd', feedback + 'teammessage.txt'); sys.exit(43)", id="link"
        ),
        pytest.param("os.symlink(feedback, feedback + 'loop'); sys.exit(43)", id="loop"),
        pytest.param("os.mkdir(feedback + 'score.txt'); sys.exit(43)", id="folder"),
        pytest.param("os.chmod(feedback, 0); sys.exit(43)", id="closed folder"),
        pytest.param("import shutil; shutil.rmtree(feedback); sys.exit(43)", id="no folder"),
        pytest.param("os.fork() or [0 for _ in iter(int, 1)]; sys.exit(43)", id="daemon"),
    ],
)
async def test_what_a_checker_leaves_is_not_trusted(judge: SandboxJudge, lines: str) -> None:
    report = await said(judge, checker(BEGINNING + lines))
    assert report == CheckerReport(accepted=False)


async def test_a_program_that_did_not_end_well_is_not_checked(judge: SandboxJudge) -> None:
    (run,) = await runs(
        judge, checker(BEGINNING + "sys.exit(42)"), program="import sys; sys.exit(3)"
    )
    assert (run.exit_code, run.report) == (3, None)


async def test_a_checker_that_does_not_compile_is_told_to_staff(judge: SandboxJudge) -> None:
    with pytest.raises(JobRefused, match="the checker does not compile"):
        await runs(judge, checker("int main( { return 42; }", "c"))


async def test_each_test_has_a_cell_of_its_own(judge: SandboxJudge) -> None:
    lines = "sys.exit(43 if Path('/tmp/mine').exists() else 42)\n"
    source = BEGINNING + "seen = Path('/tmp/mine').exists(); Path('/tmp/mine').touch()\n"
    source += lines.replace("Path('/tmp/mine').exists()", "seen")
    tests = [(b"1", b"1"), (b"2", b"2")]
    seen = await runs(judge, checker(source), tests)
    assert [run.report for run in seen] == [CheckerReport(accepted=True)] * 2


async def boxes_of(
    judge: SandboxJudge, by: CheckerProgram, monkeypatch: pytest.MonkeyPatch
) -> Counter[str]:
    """How many of each were opened for five tests."""
    opened: list[str] = []
    whole = Boxes.open

    def counted(self: Boxes, binds: tuple[Bind, ...], slot: int) -> Session:
        targets = {bind.target for bind in binds}
        if APP in targets:  # a compiler's does not show what is run
            opened.append("checker" if feedback.DATA in targets else "program")
        return whole(self, binds, slot)

    monkeypatch.setattr(Boxes, "open", counted)
    seen = await runs(judge, by, [(b"", b"")] * 5, "pass")
    assert [verdict_of(run, None) for run in seen] == [Verdict.ACCEPTED] * 5
    return Counter(opened)


async def test_all_calls_of_a_submission_are_in_one_box(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in a cell of its own. What is only checked, as Python is, would have one for that."""
    accepting = checker("int main(void) { return 42; }", "c")
    assert await boxes_of(judge, accepting, monkeypatch) == {"program": 1, "checker": 1}


async def test_a_checkers_box_that_breaks_is_replaced_and_its_call_repeated(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Session] = []
    whole = Boxes.open

    def broken_at_first(self: Boxes, binds: tuple[Bind, ...], slot: int) -> Session:
        session = whole(self, binds, slot)
        if feedback.DATA in {bind.target for bind in binds}:
            made.append(session)
            if len(made) == 1:
                session.kill()
        return session

    monkeypatch.setattr(Boxes, "open", broken_at_first)
    seen = await runs(judge, checker("import sys\nsys.exit(42)"), [(b"", b"")] * 3, "pass")

    assert [verdict_of(run, None) for run in seen] == [Verdict.ACCEPTED] * 3
    assert len(made) == 2


async def test_nothing_of_a_test_is_left_for_the_checker_of_the_next(judge: SandboxJudge) -> None:
    """Neither what it wrote, nor a process, nor what lies where its input was."""
    source = BEGINNING + (
        "import glob, subprocess, time\n"
        "places = ['/tmp', '/box', '/dev/shm', '/judge', '/app', '/dev/mqueue']\n"
        "found = sorted(sum((glob.glob(p + '/*') + glob.glob(p + '/.*') for p in places), []))\n"
        "found += ['process'] * (sum(map(str.isdigit, os.listdir('/proc'))) - 2)\n"
        "found.append(Path(given).read_text())\n"
        "leave('judgemessage.txt', repr(found))\n"
        "for place in ('/tmp', '/box', '/dev/shm', feedback):\n"
        "    Path(place, 'mine').write_text(output)\n"
        "subprocess.Popen(['sleep', '1000'], start_new_session=True)\n"
        "sys.exit(42)"
    )
    tests = [(b"1", b"a"), (b"2", b"b"), (b"3", b"c")]
    seen = await runs(judge, checker(source), tests)
    told = [run.report.judge_message for run in seen if run.report]
    assert len(told) == 3
    assert told[1] == told[0].replace("'1'", "'2'")
    assert told[2] == told[0].replace("'1'", "'3'")


async def test_what_it_is_given_cannot_be_changed(judge: SandboxJudge) -> None:
    source = BEGINNING + (
        "for path in (given, answer):\n"
        "    try: open(path, 'r+')\n"
        "    except OSError: continue\n"
        "    sys.exit(42)\n"
        "sys.exit(43)"
    )
    assert await said(judge, checker(source)) == CheckerReport(accepted=False)


async def test_the_program_sees_nothing_of_its_checker(judge: SandboxJudge) -> None:
    program = "import os; print(os.path.exists('/judge'), os.listdir('/app'))"
    source = BEGINNING + "leave('judgemessage.txt', output); sys.exit(42)"
    report = await said(judge, checker(source), program)
    assert report.judge_message.startswith("False ['main.py'")


async def test_several_files_are_one_checker(judge: SandboxJudge) -> None:
    files = (
        SourceFile(name="check.py", content="import helper\nhelper.end()"),
        SourceFile(name="helper.py", content="import sys\ndef end(): sys.exit(42)"),
    )
    by = checker(several_files(files, "check.py"))
    assert await said(judge, by) == CheckerReport(accepted=True)


# --- testlib's way -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        pytest.param("sys.exit(0)", CheckerReport(accepted=True), id="ok"),
        pytest.param(
            "sys.exit('wrong answer')", CheckerReport(judge_message="wrong answer"), id="wa"
        ),
        pytest.param("sys.exit(2)", CheckerReport(), id="pe"),
        pytest.param(
            "sys.stderr.write('points 2.5 good'); sys.exit(7)",
            CheckerReport(accepted=True, score=Fraction(5, 2), judge_message="points 2.5 good"),
            id="points",
        ),
        pytest.param(
            "sys.stderr.write('answer is bad'); sys.exit(3)",
            CheckerReport(
                fault="the checker says that it failed: answer is bad",
                judge_message="answer is bad",
            ),
            id="fail",
        ),
    ],
)
async def test_testlib_checkers_end_in_their_own_way(
    judge: SandboxJudge, end: str, expected: CheckerReport
) -> None:
    source = (
        "import sys\n"
        "texts = [open(path).read() for path in sys.argv[1:]]\n"
        f"if texts == ['in\\n', 'in\\n', 'out\\n']: {end}"
    )
    by = replace(checker(source), protocol=CheckerProtocol.TESTLIB)
    assert await said(judge, by) == expected


# --- several passes ----------------------------------------------------------------------------

TWO_PASSES = BEGINNING + (
    "seen = Path(feedback, 'seen')\n"
    "if not seen.exists():\n"
    "    seen.write_text('once')\n"
    "    leave('nextpass.in', 'second')\n"
    "    sys.exit(42)\n"
    "assert not Path(feedback, 'nextpass.in').exists()\n"
    "leave('judgemessage.txt', seen.read_text() + ' ' + output + ' ' + Path(given).read_text())\n"
    "sys.exit(42)"
)


async def test_a_test_may_have_two_passes(judge: SandboxJudge) -> None:
    (run,) = await runs(judge, checker(TWO_PASSES))
    assert run.report == CheckerReport(accepted=True, judge_message="once second second")
    assert run.stdout == b"second"


async def test_the_time_of_a_test_is_that_of_its_slowest_pass(judge: SandboxJudge) -> None:
    program = (
        "import sys, time\ndata = sys.stdin.read()\n"
        "while data == 'in\\n' and time.process_time() < 0.5: pass\nprint(data, end='')"
    )
    (run,) = await runs(judge, checker(TWO_PASSES), program=program)
    assert run.report is not None
    assert run.report.accepted
    assert 500 <= run.cpu_ms < 1_000


async def test_a_second_pass_can_fail(judge: SandboxJudge) -> None:
    program = "import sys\ndata = sys.stdin.read()\nsys.exit(4 if data == 'second' else 0)"
    (run,) = await runs(judge, checker(TWO_PASSES), program=program)
    assert (run.exit_code, verdict_of(run, None)) == (4, Verdict.RUNTIME_ERROR)


@pytest.mark.parametrize(
    ("end", "passes", "fault"),
    [
        pytest.param("42", 3, "too many passes", id="endless"),
        pytest.param("42", 1, "too many passes", id="one more than allowed"),
        pytest.param("43", 2, "does not accept", id="rejected"),
    ],
)
async def test_another_pass_that_cannot_be_is_the_checkers_fault(
    judge: SandboxJudge, end: str, passes: int, fault: str
) -> None:
    source = BEGINNING + f"leave('nextpass.in', 'again'); sys.exit({end})"
    report = await said(judge, replace(checker(source), validation_passes=passes))
    assert fault in (report.fault or "")


async def test_more_points_than_there_are_is_a_fault(judge: SandboxJudge) -> None:
    (run,) = await runs(judge, checker(BEGINNING + "leave('score.txt', '11'); sys.exit(42)"))
    assert judged_test(run, None, Fraction(10)).verdict is Verdict.JUDGE_ERROR


# --- the platform ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["custom", "interactor"])
async def test_what_fails_around_a_checker_is_not_its_fault(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(feedback, "_PROLOGUE", "exit 125\n")
    by = replace(checker("import sys\nsys.exit(42)"), is_interactive=kind == "interactor")
    (run,) = await runs(judge, by, program="pass")
    assert run.report is None
    assert "nothing came out" in (run.fault or "")


async def test_an_exit_code_of_125_is_the_checkers_own(judge: SandboxJudge) -> None:
    report = await said(judge, checker("import sys\nsys.exit(125)"))
    assert "125" in (report.fault or "")


async def test_repeats_near_the_limit_are_a_submissions(judge: SandboxJudge) -> None:
    """Not a test's."""
    accepting = checker("import sys\nsys.exit(42)")
    given: list[Repeats] = []

    class Noted(Pipeline):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            given.append(parts[-1])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(programs, "Pipeline", Noted)
        await runs(judge, accepting, [(b"", b"")] * 3, "pass")
    assert len(given) == 3
    assert len({id(one) for one in given}) == 1


async def test_answers_are_not_for_others_to_read(
    judge: SandboxJudge, pytestconfig: pytest.Config
) -> None:
    home = Path(pytestconfig.cache.mkdir("assay-sandbox"))
    waiting = checker("import sys\nsys.exit(42)")
    seen: list[int] = []
    job = JudgeJob(
        language=LanguageId("python3"),
        program=single_file("pass"),
        limits=LIMITS,
        inputs=(one_test(1, b"", b"secret"),),
        checker=waiting,
    )
    async with aclosing(judge.judge(job)) as said_of:
        async for _ in said_of:
            found = glob(home, f"sandbox/live/{os.getpid()}-*/job-*/data")
            seen += [folder.stat().st_mode & 0o777 for folder in found]
    assert seen == [0o700]


async def test_a_job_that_is_cancelled_waits_for_the_answers_that_it_writes(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else they would be written where its folder has been removed."""
    begun, go_on = threading.Event(), threading.Event()

    def write(*_: object) -> None:
        begun.set()
        assert go_on.wait(60)

    monkeypatch.setattr(checker_box, "_write", write)
    work = asyncio.create_task(runs(judge, checker("import sys\nsys.exit(42)"), program="pass"))
    await until(begun.is_set)
    work.cancel()
    await asyncio.wait({work}, timeout=0.5)
    was_done = work.done()
    go_on.set()
    await asyncio.wait({work})
    assert (was_done, work.cancelled()) == (False, True)
