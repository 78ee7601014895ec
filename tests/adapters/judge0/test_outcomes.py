"""What each status of Judge0 says of a run, and what it says of a compilation."""

import pytest

from adapters.judge0.languages import offers
from adapters.judge0.orders import Order, order_of
from adapters.judge0.outcomes import compilation_of, is_worth_another_try, run_of
from adapters.judge0.wire import Config, NamedLanguage, Result, encoded
from application.ports.judge import JudgeUnavailable
from domain.ids import LanguageId
from domain.limits import Limits
from domain.run import Excess, Run
from tests.adapters.judge0.judging import LIMITS, job

NOT_EXCEEDED: frozenset[Excess] = frozenset()
KIB = 1024


def _result(status: int, **fields: object) -> Result:
    usual: dict[str, object] = {"time": 0.25, "wall_time": 0.5, "memory": 3_000, "exit_code": 0}
    return Result(token="t", status_id=status, **(usual | fields))  # type: ignore[arg-type]  # noqa: S106


def _order(limits: Limits = LIMITS, config: Config | None = None) -> Order:
    offer = offers([NamedLanguage(id=71, name="Python (3.8.1)")])[LanguageId("python3")]
    return order_of(job(limits=limits), offer, config or Config())


def _run(result: Result, order: Order | None = None) -> Run:
    return run_of(4, result, order or _order())


def test_all_figures_and_texts_come_back_in_our_units() -> None:
    texts = {"stdout": encoded(b"out\xff"), "stderr": encoded(b"err")}
    assert _run(_result(3, **texts)) == Run(
        ordinal=4,
        exit_code=0,
        cpu_ms=250,
        wall_ms=500,
        memory_kib=3_000,
        stdout=b"out\xff",
        stderr=b"err",
    )


@pytest.mark.parametrize(
    ("result", "exit_code", "signal", "excess"),
    [
        (_result(3), 0, None, NOT_EXCEEDED),
        (_result(4), 0, None, NOT_EXCEEDED),
        (_result(5, message=encoded(b"Time limit exceeded")), None, 9, {Excess.CPU_TIME}),
        (
            _result(5, message=encoded(b"Time limit exceeded (wall clock)")),
            *(None, 9, {Excess.WALL_TIME}),
        ),
        (_result(5), None, 9, {Excess.CPU_TIME}),
        (_result(7), None, 11, NOT_EXCEEDED),
        (_result(8), None, 25, NOT_EXCEEDED),
        (_result(9), None, 8, NOT_EXCEEDED),
        (_result(10), None, 6, NOT_EXCEEDED),
        (_result(7, exit_signal=11), None, 11, NOT_EXCEEDED),
        (_result(11, exit_code=3), 3, None, NOT_EXCEEDED),
        (_result(11, exit_code=128), 128, None, NOT_EXCEEDED),
        (_result(11, exit_code=129), None, 1, NOT_EXCEEDED),
        (_result(11, exit_code=139), None, 11, NOT_EXCEEDED),
        (_result(11, exit_code=192), None, 64, NOT_EXCEEDED),
        (_result(11, exit_code=193), 193, None, NOT_EXCEEDED),
        (_result(11, exit_code=0), 1, None, NOT_EXCEEDED),
        (_result(12, exit_signal=15), None, 15, NOT_EXCEEDED),
        (_result(12), None, 9, NOT_EXCEEDED),
    ],
)
def test_a_status_says_how_the_program_ended(
    result: Result, exit_code: int | None, signal: int | None, excess: frozenset[Excess]
) -> None:
    run = _run(result)
    assert (run.exit_code, run.signal, run.excess, run.fault) == (exit_code, signal, excess, None)


@pytest.mark.parametrize(
    ("result", "is_memory"),
    [
        (_result(11, exit_code=137, memory=LIMITS.memory_kib), True),
        (_result(11, exit_code=137, memory=round(0.96 * LIMITS.memory_kib)), True),
        (_result(11, exit_code=137, memory=10_000), False),
        (_result(11, exit_code=1, memory=LIMITS.memory_kib), True),
        (_result(3, memory=LIMITS.memory_kib), False),
        (_result(3, memory=LIMITS.memory_kib + 1), True),
        (_result(12, exit_signal=9, message=encoded(b"Memory limit exceeded")), True),
        (_result(5, memory=LIMITS.memory_kib), False),
    ],
)
def test_who_was_killed_with_all_memory_in_use_was_killed_for_it(
    result: Result, *, is_memory: bool
) -> None:
    assert (Excess.MEMORY in _run(result).excess) is is_memory


def test_more_cpu_time_than_the_limit_counts_whatever_the_status() -> None:
    assert _run(_result(3, time=1.001)).excess == {Excess.CPU_TIME}
    assert _run(_result(3, time=1.0)).excess == NOT_EXCEEDED


def test_of_standard_error_the_first_part_comes_back() -> None:
    run = _run(_result(11, exit_code=1, stderr=encoded(b"x" * 100 * KIB)))
    assert (len(run.stderr), run.excess) == (64 * KIB, NOT_EXCEEDED)


@pytest.mark.parametrize(("size", "is_over"), [(64 * KIB, False), (64 * KIB + 1, True)])
def test_output_is_cut_at_the_limit(size: int, *, is_over: bool) -> None:
    run = _run(_result(3, stdout=encoded(b"x" * size)))
    assert (len(run.stdout), Excess.OUTPUT in run.excess) == (64 * KIB, is_over)


@pytest.mark.parametrize("ending", [{"status": 8}, {"status": 11, "exit_code": 153}])
def test_a_program_stopped_in_a_flood_went_over_the_output_limit(ending: dict[str, int]) -> None:
    order = _order(Limits(output_kib=2_048))
    result = _result(**ending, stdout=encoded(b"x" * order.kept_bytes))
    assert _run(result, order).excess == {Excess.OUTPUT}


def test_output_that_this_judge0_cuts_within_the_limit_is_its_fault() -> None:
    order = _order(Limits(output_kib=16_384))
    run = _run(_result(11, exit_code=1, stdout=encoded(b"x" * 4_096 * KIB)), order)
    assert run.fault is not None
    assert "4096 KiB" in run.fault
    assert "16384 KiB" in run.fault


def test_output_as_large_as_the_limit_and_as_what_is_kept_is_fine_if_the_program_is() -> None:
    order = _order(Limits(output_kib=4_096))
    full = encoded(b"x" * 4_096 * KIB)
    assert _run(_result(3, stdout=full), order).ended_well
    assert _run(_result(11, exit_code=1, stdout=full), order).excess == {Excess.OUTPUT}


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (_result(13, message=encoded(b"No such file @ rb_sysopen")), "No such file @ rb_sysopen"),
        (_result(13, message="not base64!"), "not base64!"),
        (_result(13), "without a reason"),
        (_result(14, message=encoded(b"execve(./x): Exec format error")), "Exec format error"),
        (_result(15), "unknown status 15"),
        (_result(0), "unknown status 0"),
        (_result(6), "without a word"),
    ],
)
def test_what_the_platform_failed_in_is_a_fault_of_run_and_compilation(
    result: Result, words: str
) -> None:
    run, compilation = _run(result), compilation_of(result)
    assert is_worth_another_try(result)
    assert words in (run.fault or "")
    assert (compilation.ok, words in (compilation.fault or "")) == (False, True)


def test_a_compile_error_has_the_compilers_words() -> None:
    result = _result(6, compile_output=encoded("main.c: \u2018x\u2019 undeclared\0".encode()))
    compilation = compilation_of(result)
    assert (compilation.ok, compilation.fault) == (False, None)
    assert compilation.output == "main.c: \u2018x\u2019 undeclared\ufffd"
    assert not is_worth_another_try(result)


def test_warnings_are_kept_of_a_program_that_compiled() -> None:
    compilation = compilation_of(_result(11, exit_code=1, compile_output=encoded(b"warning")))
    assert (compilation.ok, compilation.output) == (True, "warning")


def test_a_program_that_does_not_compile_again_is_a_fault() -> None:
    assert _run(_result(6, compile_output=encoded(b"why?"))).fault is not None


def test_text_that_is_not_base64_is_an_answer_of_no_use() -> None:
    with pytest.raises(JudgeUnavailable, match="not base64"):
        _run(_result(3, stdout="a"))
