"""Programs and interactors that talk, on the real sandbox: who ended first, and who is to blame."""

import time
from dataclasses import replace
from fractions import Fraction

import pytest

from adapters.sandbox import plays as playing
from adapters.sandbox.interaction import Partners, played
from adapters.sandbox.judge import SandboxJudge
from adapters.sandbox.outcome import Outcome
from adapters.sandbox.running import Boxes
from application.ports.judge import JudgeJob
from domain.checker_program import CheckerLimits, CheckerProgram, CheckerProtocol
from domain.ids import LanguageId
from domain.judgement import Verdict
from domain.judging import verdict_of
from domain.limits import Limits
from domain.program import single_file
from domain.run import Excess, Run
from tests.adapters.sandbox.judging import judged
from tests.adapters.sandbox.test_checkers import boxes_of, one_test

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMITS = Limits(time_ms=300, memory_kib=131_072, output_kib=64)
BRIEF = CheckerLimits(time_ms=500, memory_kib=131_072)
AC, WA = Verdict.ACCEPTED, Verdict.WRONG_ANSWER
RTE, TLE = Verdict.RUNTIME_ERROR, Verdict.TIME_LIMIT_EXCEEDED
OLE, JE = Verdict.OUTPUT_LIMIT_EXCEEDED, Verdict.JUDGE_ERROR
GUESSES = """\
import sys
secret, feedback = int(open(sys.argv[1]).read()), sys.argv[3]
for line in sys.stdin:
    guess = int(line)
    print("higher" if guess < secret else "lower" if guess > secret else "right", flush=True)
    if guess == secret:
        open(feedback + "judgemessage.txt", "w").write("found")
        sys.exit(42)
sys.exit(43)
"""
"""An interactor: says whether what is looked for is higher or lower, until it is found."""
HALVES = """\
low, high = 1, 1000
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    said = input()
    if said == "right":
        break
    low, high = (middle + 1, high) if said == "higher" else (low, middle - 1)
"""


def interactor(source: str, *, language: str = "python3", passes: int = 2) -> CheckerProgram:
    return CheckerProgram(
        language=LanguageId(language),
        program=single_file(source),
        limits=BRIEF,
        is_interactive=True,
        validation_passes=passes,
    )


async def run_of(
    judge: SandboxJudge,
    by: CheckerProgram,
    program: str,
    *,
    language: str = "python3",
    limits: Limits = LIMITS,
) -> Run:
    job = JudgeJob(
        language=LanguageId(language),
        program=single_file(program),
        limits=limits,
        inputs=(one_test(1, b"777\n", b""),),
        checker=by,
    )
    compilation, (run,) = await judged(judge, job)
    assert compilation.ok, compilation
    return run


async def test_a_program_and_an_interactor_talk(judge: SandboxJudge) -> None:
    run = await run_of(judge, interactor(GUESSES), HALVES)
    assert run.report is not None
    assert (run.report.judge_message, run.stdout) == ("found", b"")
    assert verdict_of(run, None) is AC


async def test_both_may_be_compiled_and_open_their_streams_by_name(judge: SandboxJudge) -> None:
    source = r"""
#include <stdio.h>
int main(void) {
    FILE *in = fopen("/dev/stdin", "r"), *out = fopen("/dev/stdout", "w");
    int number;
    fprintf(out, "5\n");
    fflush(out);
    return fscanf(in, "%d", &number) == 1 && number == 5 ? STATUS : 1;
}
"""
    by = interactor(source.replace("STATUS", "42"), language="c")
    run = await run_of(judge, by, source.replace("STATUS", "0"), language="c")
    assert (run.exit_code, verdict_of(run, None)) == (0, AC)


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        pytest.param("print(5)", WA, id="gives up"),
        pytest.param("raise SystemExit(3)", RTE, id="fails before a word"),
        pytest.param("print(5, flush=True); input(); raise SystemExit(3)", RTE, id="fails later"),
        pytest.param("input()", TLE, id="deadlock"),
        pytest.param("print(5, flush=True)\nwhile True: pass", TLE, id="endless"),
        pytest.param(
            "import sys\nwhile True: sys.stdout.write('5\\n')",
            OLE,
            id="never reads, writes for ever",
        ),
        pytest.param("import os; os.close(1); input()", TLE, id="closes its output and waits"),
        pytest.param("x = bytearray(1 << 30)", Verdict.MEMORY_LIMIT_EXCEEDED, id="eats memory"),
    ],
)
async def test_what_a_program_does_is_its_own(
    judge: SandboxJudge, program: str, verdict: Verdict
) -> None:
    run = await run_of(judge, interactor(GUESSES), program)
    assert verdict_of(run, None) is verdict
    assert run.wall_ms <= LIMITS.wall_time_ms + BRIEF.time_ms + 500


SAYS_WRONG = "import sys\nprint('wrong', flush=True)\nsys.exit(43)"
SAYS_RIGHT = "import sys\nprint('right', flush=True)\nsys.exit(42)"


@pytest.mark.parametrize("_", range(5))
async def test_wrong_from_who_ended_first_beats_what_the_program_does_then(
    judge: SandboxJudge, _: int
) -> None:
    """Five times, as it is a matter of milliseconds."""
    run = await run_of(judge, interactor(SAYS_WRONG), "input(); input()")
    assert run.exit_code == 1
    assert verdict_of(run, None) is WA


@pytest.mark.parametrize("_", range(5))
async def test_who_failed_first_failed_whatever_the_interactor_says_then(
    judge: SandboxJudge, _: int
) -> None:
    source = "import sys\nsys.stdin.read()\nsys.exit(43)"
    run = await run_of(judge, interactor(source), "raise SystemExit(3)")
    assert run.report is not None
    assert not run.report.ended_first
    assert verdict_of(run, None) is RTE


async def test_wrong_beats_a_timeout_and_the_time_is_no_more_than_the_limit(
    judge: SandboxJudge,
) -> None:
    run = await run_of(judge, interactor(SAYS_WRONG), "while True: pass")
    assert (verdict_of(run, None), run.cpu_ms) == (WA, LIMITS.time_ms)


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        pytest.param("while True: pass", TLE, id="too slow"),
        pytest.param("input(); raise SystemExit(3)", RTE, id="exit code"),
        pytest.param("input(); input()", RTE, id="reads on"),
        pytest.param("input()", AC, id="ends well"),
        pytest.param("input(); print('x' * 200_000)", AC, id="has more to say"),
    ],
)
async def test_right_rescues_nobody(judge: SandboxJudge, program: str, verdict: Verdict) -> None:
    roomy = replace(LIMITS, output_kib=1024)
    run = await run_of(judge, interactor(SAYS_RIGHT), program, limits=roomy)
    assert verdict_of(run, None) is verdict


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        pytest.param("raise ValueError('my own bug')", "my own bug", id="crashes"),
        pytest.param("import os; os.kill(os.getpid(), 11)", "139", id="signal"),
        pytest.param("while True: pass", "CPU time", id="never ends"),
        pytest.param("import time; time.sleep(60)", "did not end in time", id="sleeps"),
        pytest.param("x = bytearray(1 << 30)", "memory", id="eats memory"),
    ],
)
async def test_an_interactor_that_fails_is_a_judge_error(
    judge: SandboxJudge, source: str, fault: str
) -> None:
    """Whatever the program makes of it: this one fails, as nobody answers."""
    run = await run_of(judge, interactor(source), "input()")
    assert run.report is not None
    assert fault in (run.report.fault or "")
    assert verdict_of(run, None) is JE


async def test_who_is_killed_by_a_program_that_failed_is_excused(judge: SandboxJudge) -> None:
    source = "import sys\ninput()\nsys.exit(42)"  # ends with an exception when nothing comes
    run = await run_of(judge, interactor(source), "raise SystemExit(3)")
    assert run.report is not None
    assert "EOFError" in (run.report.fault or "")
    assert verdict_of(run, None) is RTE


async def test_an_interactor_may_talk_to_one_that_has_gone(judge: SandboxJudge) -> None:
    source = "import sys\ninput()\nsys.stdin.read()\nprint('x' * 200_000, flush=True)\nsys.exit(43)"
    run = await run_of(judge, interactor(source), "print(5)")
    assert verdict_of(run, None) is WA


async def test_a_flood_is_cut_off(judge: SandboxJudge) -> None:
    source = "import sys\nsys.stdin.read()\nsys.exit(42)"
    run = await run_of(judge, interactor(source), "import os\nos.write(1, b'x' * 100_000)")
    assert run.report is not None
    assert Excess.OUTPUT in run.excess
    assert verdict_of(run, None) is OLE


async def test_a_cut_by_us_is_no_end_of_the_interactors(judge: SandboxJudge) -> None:
    """Which only saw that nothing came any more."""
    source = "import sys\nsys.stdin.read()\nsys.exit(43)"
    endless = "import os\nwhile True: os.write(1, b'x' * 65536)"
    run = await run_of(judge, interactor(source), endless)
    assert (verdict_of(run, None), run.excess) == (OLE, frozenset({Excess.OUTPUT}))


@pytest.mark.parametrize(("code", "verdict"), [(42, OLE), (43, WA)])
async def test_a_flood_that_nobody_hears_is_stopped_at_the_limit(
    judge: SandboxJudge, code: int, verdict: Verdict
) -> None:
    """Not read for as long as the program may wait."""
    said = f"print('done', flush=True); raise SystemExit({code})"
    flood = "import os, sys\nsys.stdin.read()\nwhile True: os.write(1, b'x' * 65536)"
    run = await run_of(judge, interactor(said), flood)
    assert (verdict_of(run, None), run.excess) == (verdict, frozenset({Excess.OUTPUT}))
    assert run.wall_ms < LIMITS.wall_time_ms


async def test_as_much_as_the_limit_is_no_flood(judge: SandboxJudge) -> None:
    source = "import sys\nsys.exit(42 if len(sys.stdin.read()) == 65536 else 43)"
    run = await run_of(judge, interactor(source), "import os\nos.write(1, b'x' * 65536)")
    assert verdict_of(run, None) is AC


async def test_a_flood_of_the_interactor_ends_with_it(judge: SandboxJudge) -> None:
    source = "import sys\nwhile True: print('x' * 1000)"
    run = await run_of(judge, interactor(source), "input()")
    assert verdict_of(run, None) is JE


async def test_the_time_that_the_interactor_computes_is_not_the_programs(
    judge: SandboxJudge,
) -> None:
    source = (
        "import sys, time\n"
        "while time.process_time() < 2.5: pass\n"
        "print('go', flush=True)\nsys.stdin.read()\nsys.exit(42)"
    )
    by = replace(interactor(source), limits=replace(BRIEF, time_ms=20_000))
    run = await run_of(judge, by, "input()", limits=replace(LIMITS, time_ms=200))
    assert verdict_of(run, None) is AC
    assert run.cpu_ms < 200


async def test_two_passes_of_a_conversation(judge: SandboxJudge) -> None:
    source = (
        "import os, sys\n"
        "given, feedback = open(sys.argv[1]).read().strip(), sys.argv[3]\n"
        "print(given, flush=True)\n"
        "if input() != given: sys.exit(43)\n"
        "if given == '777': open(feedback + 'nextpass.in', 'w').write('888')\n"
        "else: open(feedback + 'judgemessage.txt', 'w').write(given)\n"
        "sys.exit(42)"
    )
    run = await run_of(judge, interactor(source), "print(input())")
    assert run.report is not None
    assert run.report.judge_message == "888"
    assert verdict_of(run, None) is AC
    one_only = await run_of(judge, interactor(source, passes=1), "print(input())")
    assert verdict_of(one_only, None) is JE


async def test_neither_has_anything_of_the_other(judge: SandboxJudge) -> None:
    program = (
        "import os\n"
        "print(sorted(os.listdir('/proc/self/fd')), os.path.exists('/judge'),"
        " sum(name.isdigit() for name in os.listdir('/proc')), flush=True)"
    )
    source = (
        "import sys\n"
        "open(sys.argv[3] + 'judgemessage.txt', 'w').write(sys.stdin.read())\nsys.exit(42)"
    )
    run = await run_of(judge, interactor(source), program)
    assert run.report is not None
    assert run.report.judge_message == "['0', '1', '2', '3'] False 2"


async def test_limits_for_the_interactor_are_its_own(judge: SandboxJudge) -> None:
    by = replace(interactor(GUESSES), limits=replace(BRIEF, time_ms=5_000))
    run = await run_of(judge, by, HALVES, limits=replace(LIMITS, time_ms=1_000))
    assert verdict_of(run, None) is AC


async def test_plays_near_the_limit_are_played_again_at_most_three_times(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All passes of all tests together."""
    plays: list[None] = []

    async def counted(boxes: Boxes, partners: Partners, slot: int) -> tuple[Outcome, Outcome]:
        plays.append(None)
        program, of_interactor = await played(boxes, partners, slot)
        over = replace(program, cpu_ms=LIMITS.time_ms + 1, excess=frozenset({Excess.CPU_TIME}))
        return (over if len(plays) != 2 else program), of_interactor

    monkeypatch.setattr(playing, "played", counted)
    what = JudgeJob(
        language=LanguageId("python3"),
        program=single_file("pass"),
        limits=LIMITS,
        inputs=tuple(one_test(n, b"", b"") for n in range(1, 6)),
        checker=interactor("import sys\nsys.stdin.read()\nsys.exit(42)"),
    )
    _, runs = await judged(judge, what)
    assert [verdict_of(run, None) for run in runs] == [AC, TLE, TLE, TLE, TLE]
    assert len(plays) == 5 + 3


# --- floods that nobody stops ------------------------------------------------------------------

PATIENT = replace(LIMITS, time_ms=20_000)
FLOOD = "import os\nwhile True: os.write(1, b'x' * 65536)"


async def test_a_flood_to_one_that_talks_but_never_reads_ends_at_the_limit(
    judge: SandboxJudge,
) -> None:
    """Both would wait for the other until time runs out."""
    talks = "import os, sys\nfor _ in range(99): os.write(1, b'x' * 65536)\nsys.exit(42)"
    run = await run_of(judge, interactor(talks), FLOOD, limits=PATIENT)
    assert (verdict_of(run, None), run.excess) == (OLE, frozenset({Excess.OUTPUT}))
    assert run.wall_ms < PATIENT.wall_time_ms / 2


async def test_an_interactor_that_never_ends_has_its_own_time_alone_after_the_program(
    judge: SandboxJudge,
) -> None:
    begun = time.monotonic()
    run = await run_of(judge, interactor("import time\ntime.sleep(600)"), FLOOD, limits=PATIENT)
    assert run.report is not None
    assert "did not end in time" in (run.report.fault or "")
    assert (verdict_of(run, None), run.excess) == (JE, frozenset({Excess.OUTPUT}))
    assert time.monotonic() - begun < PATIENT.wall_time_ms / 1_000


async def test_what_an_interactor_has_not_yet_read_is_no_flood_and_is_not_lost(
    judge: SandboxJudge,
) -> None:
    """More than a pipe holds, so that whoever writes it all would wait for a reader."""
    source = (
        "import sys\nprint('x' * 300_000, flush=True)\n"
        "sys.exit(42 if len(sys.stdin.read()) == 300_000 else 43)"
    )
    program = "import sys\nsys.stdout.write('y' * 300_000)\nsys.stdout.flush()\ninput()"
    run = await run_of(judge, interactor(source), program, limits=replace(LIMITS, output_kib=1_024))
    assert verdict_of(run, None) is AC


# --- testlib's way -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "verdict", "score"),
    [
        pytest.param("sys.exit(0)", AC, None, id="ok"),
        pytest.param("sys.exit(1)", WA, None, id="wa"),
        pytest.param("sys.exit(2)", WA, None, id="pe"),
        pytest.param("sys.exit(3)", JE, None, id="fail"),
        pytest.param("sys.exit(42)", JE, None, id="another code"),
        pytest.param(
            "sys.stderr.write('points 2.5 well'); sys.exit(7)", AC, Fraction(5, 2), id="points"
        ),
    ],
)
async def test_testlib_interactors_end_in_their_own_way(
    judge: SandboxJudge, end: str, verdict: Verdict, score: Fraction | None
) -> None:
    source = (
        "import sys\n"
        "given, output, answer = sys.argv[1:]\n"
        "open(output, 'w').write('of no use')\n"
        "assert open(answer).read() == ''\n"
        "print(open(given).read(), end='', flush=True)\n"
        f"if input() == '777': {end}"
    )
    by = replace(interactor(source), protocol=CheckerProtocol.TESTLIB)
    run = await run_of(judge, by, "print(input())")
    assert run.report is not None
    assert (verdict_of(run, None), run.report.score) == (verdict, score)


async def test_all_plays_of_a_submission_are_in_two_boxes(
    judge: SandboxJudge, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "#include <stdio.h>\nint main(void) { while (getchar() != EOF); return 42; }"
    accepting = interactor(source, language="c")
    assert await boxes_of(judge, accepting, monkeypatch) == {"program": 1, "checker": 1}
