"""What a checker said in one pass: read from how it ended, and from what it left."""

import asyncio
from dataclasses import replace

from adapters.sandbox import feedback
from adapters.sandbox.outcome import BoxBroken, Outcome
from adapters.sandbox.passes import Said
from domain.checker_program import CheckerLimits, CheckerProgram
from domain.checker_report import NEXT_PASS, Answer, CheckerReport, report_of
from domain.run import Excess

_EXCESSES = (
    (Excess.CPU_TIME, "used more than {time_ms} ms of CPU time"),
    (Excess.MEMORY, "used more than {memory_kib} KiB of memory"),
    (Excess.WALL_TIME, "did not end in time"),
    (Excess.OUTPUT, feedback.TOO_MUCH),
)


async def said_by(checker: CheckerProgram, outcome: Outcome, left_behind: bytes) -> Said:
    """What it said; a fault where it broke its protocol, or its limits.

    Raises:
        BoxBroken: it never had the chance.
    """
    is_flooded = feedback.is_flood(left_behind)
    archive = feedback.without_mark(left_behind)
    own_fault = _overrun(checker.limits, outcome) or _death(outcome)
    if not archive and own_fault is None:  # whatever it did, the shell around it would say more
        raise BoxBroken(f"nothing came out of the checker's box: {outcome.exit_code}")
    try:
        left = await asyncio.to_thread(feedback.read_feedback, archive)
    except feedback.BadFeedback as bad:
        report = CheckerReport(fault=own_fault or str(bad), overran=bool(outcome.excess))
        return Said(report=report, ended_ns=outcome.ended_ns, is_flooded=is_flooded)
    answer = Answer(exit_code=outcome.exit_code or 0, stderr=left.stderr, files=left.files)
    report = report_of(checker.protocol, answer)
    report = replace(report, fault=own_fault or report.fault, overran=bool(outcome.excess))
    is_over = bool(report.fault) or not report.accepted
    return Said(
        report=report,
        ended_ns=min(left.ended_ns or outcome.ended_ns, outcome.ended_ns),
        is_flooded=is_flooded,
        next_input=None if is_over else left.files.get(NEXT_PASS),
        archive=archive,
    )


def _overrun(own: CheckerLimits, outcome: Outcome) -> str | None:
    """Which limit of its own the checker went over."""
    for excess, words in _EXCESSES:
        if excess in outcome.excess:
            return "the checker " + words.format(time_ms=own.time_ms, memory_kib=own.memory_kib)
    return None


def _death(outcome: Outcome) -> str | None:
    if outcome.signal is None:
        return None
    return f"the checker was ended by signal {outcome.signal}"
