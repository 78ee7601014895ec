"""What is seen to before a challenge is published, beside what the domain says of it."""

import asyncio

from application.ports.judge import CheckerTrials, JobRefused, JudgeUnavailable
from domain.checker_program import CheckerProgram
from domain.checker_report import message_text
from domain.errors import InvalidChallenge, LanguageNotOffered

PATIENCE_S = 30.0
"""Whoever publishes waits no longer for a judge that is busy."""


async def check_compiles(trials: CheckerTrials, checker: CheckerProgram | None) -> None:
    """Return if there is none, or if it compiles. To be called outside of transactions.

    Raises:
        InvalidChallenge: it does not compile, or cannot be run here.
        JudgeUnavailable: nobody said so in time.
    """
    if checker is None:
        return
    try:
        async with asyncio.timeout(PATIENCE_S):
            compilation = await trials.try_checker(checker)
    except TimeoutError:
        reason = f"nobody has compiled the checker for {PATIENCE_S:.0f} s"
        raise JudgeUnavailable(reason) from None
    except (JobRefused, LanguageNotOffered) as error:
        raise InvalidChallenge("/checker/language", str(error)) from None
    if compilation.fault is not None:
        raise JudgeUnavailable(f"the checker could not be compiled: {compilation.fault}")
    if not compilation.ok:
        said = message_text(compilation.output.encode("utf-8", "replace"))
        raise InvalidChallenge("/checker", f"does not compile: {said}")
