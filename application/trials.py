"""Checkers are tried by workers, for a server that has no judge of its own."""

import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.announced import ALIVE
from application.ports.clock import Clock
from application.ports.ids import Ids
from application.ports.judge import CheckerTrials, JudgeUnavailable
from application.ports.storage import Storage
from application.ports.submissions import HandedIn, SubmissionRepository
from application.ports.task_queue import QueueUnavailable, TaskQueue
from domain.checker_program import CheckerProgram
from domain.ids import LanguageId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.run import Compilation
from domain.submission import Submission, SubmissionKind, SubmissionStatus

NOBODY = UserId("nobody")
"""Whose the trials are: no user's id is like that."""
_KEPT_FOR = timedelta(minutes=10)
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsByWorkers(CheckerTrials):
    """Hands checkers in as practice runs, which compile as all else does, and end in no time.

    Where a judge that runs no checkers might take one nothing is tried: its tools are others.
    """

    storage: Storage
    submissions: SubmissionRepository
    queue: TaskQueue
    clock: Clock
    ids: Ids

    async def try_checker(self, checker: CheckerProgram) -> Compilation:
        """As the port says; what does not come back in time is judged later, for nobody.

        Raises:
            JudgeUnavailable: the platform failed in it.
            StoreUnavailable: a store does not answer.
        """
        now = self.clock.now()
        if not await self._is_for_checkers_alone(checker.language, now):
            return Compilation(ok=True)
        trial = Submission(
            id=SubmissionId(self.ids.new()),
            kind=SubmissionKind.RUN,
            user_id=NOBODY,
            challenge_id=None,
            challenge_version=None,
            language=checker.language,
            ranked=False,
            submitted_at=now,
            expires_at=now + _KEPT_FOR,
        )
        await self.submissions.add(trial, HandedIn(program=checker.program, stdin=""), None)
        with contextlib.suppress(QueueUnavailable):  # it is stored: the timer will find it
            await self.queue.judge_submission(trial.work_class)
        return _compilation_in(await self._judgement(trial.id))

    async def _is_for_checkers_alone(self, language: LanguageId, now: datetime) -> bool:
        async with self.storage.read() as unit:
            living = await unit.workers.alive(now - ALIVE)
        offered = [known for worker in living for known in worker.languages]
        return all(known.runs_checkers for known in offered if known.id == language)

    async def _judgement(self, trial: SubmissionId) -> Judgement | None:
        while True:
            found = await self.submissions.get(trial)
            if found is None:
                raise JudgeUnavailable("the trial of a checker is gone")
            if found.status is SubmissionStatus.DONE:
                return await self.submissions.judgement(trial, found.judgement_number or 1)
            await self.clock.sleep(_LOOK_S)


def _compilation_in(judgement: Judgement | None) -> Compilation:
    """What it did once it was compiled says nothing: it was given nothing to check."""
    if judgement is None or judgement.verdict is Verdict.JUDGE_ERROR:
        return Compilation(ok=False, fault=(judgement and judgement.fault) or "the trial failed")
    refused = judgement.verdict is Verdict.COMPILE_ERROR
    return Compilation(ok=not refused, output=judgement.compile_output or "")
