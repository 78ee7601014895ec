"""Whatever is done in whatever order, each repository answers as the memory one does."""

from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from adapters.memory.clock import ManualClock
from application.ports.idempotency import IdempotencyKey
from application.ports.submissions import (
    Claim,
    QueueState,
    ShadowChoice,
    SubmissionFilter,
    SubmissionRepository,
)
from domain.ids import ChallengeId, LanguageId, RejudgeSetId, SubmissionId, UserId
from domain.judgement import Judgement, Verdict
from domain.leaderboard import BestScore
from domain.submission import Submission, SubmissionKind, SubmissionStatus, WorkClass
from tests.contracts.adapters_of import SUBMISSIONS
from tests.contracts.machines import STEPWISE, Comparison
from tests.contracts.values import CPP, PYTHON, handed_in, idempotency_key, judged, judgement, lease

START = datetime(2026, 3, 1, 23, 59, 50, 999_999, tzinfo=UTC)
PREFIXES = st.sampled_from(("a", "A", "b", " ", "\U0001f680", "\uffff"))
"""Of ids: they sort in another order than they are made, and by code point alone."""
USERS = st.sampled_from((UserId("u"), UserId("U"), UserId("v")))
CHALLENGES = st.sampled_from((ChallengeId("c"), ChallengeId("C")))
LANGUAGES = st.sampled_from((PYTHON, CPP))
OFFERED = st.none() | st.lists(LANGUAGES, unique=True).map(tuple)
SERVED = st.dictionaries(USERS, st.integers(1, 3))
WORKERS = st.sampled_from(("w", "W"))
CLASSES = st.lists(st.sampled_from(WorkClass), unique=True, max_size=3).map(tuple) | st.just(
    tuple(WorkClass)
)
SETS = st.sampled_from((RejudgeSetId("r"), RejudgeSetId("R")))
DAYS = st.none() | st.sampled_from((date(2026, 3, 1), date(2026, 3, 2)))
WAITS = st.sampled_from((0, 1, 7, 31, 3_600, 90_000)).map(lambda s: timedelta(seconds=s))
VERDICTS = st.sampled_from(
    (Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.JUDGE_ERROR, Verdict.COMPILE_ERROR)
)
SUBMISSIONS_GIVEN = st.builds(
    Submission,
    id=PREFIXES.map(SubmissionId),
    kind=st.sampled_from(SubmissionKind),
    user_id=USERS,
    challenge_id=CHALLENGES,
    challenge_version=st.just(1),
    language=LANGUAGES,
    ranked=st.booleans(),
    submitted_at=st.just(START),
    status=st.just(SubmissionStatus.QUEUED),
    judgement_number=st.just(0),
    pending_number=st.just(1),
    attempt=st.just(0),
    verdict=st.none(),
    score=st.none(),
    max_score=st.none(),
    cpu_ms=st.none(),
    memory_kib=st.none(),
    judged_at=st.none(),
    expires_at=st.just(START),
)
KEYS = st.none() | st.builds(
    idempotency_key, key=st.sampled_from(("k", "K")), body_hash=st.sampled_from(("x", "y"))
)
JUDGEMENTS = st.builds(
    judgement,
    verdict=VERDICTS,
    score=st.sampled_from((0, 1, Fraction(100, 3), Fraction(1, 2_000_000), 100)),
    tests=st.lists(st.sampled_from(Verdict), max_size=3).map(
        lambda verdicts: tuple(judged(n, verdict) for n, verdict in enumerate(verdicts, 1))
    ),
)
FILTERS = st.builds(
    SubmissionFilter,
    kind=st.sampled_from(SubmissionKind),
    user_id=st.none() | USERS,
    challenge_id=st.none() | CHALLENGES,
    status=st.none() | st.sampled_from(SubmissionStatus),
    verdict=st.none() | VERDICTS,
    language=st.none() | LANGUAGES,
)


class SubmissionsComparison(Comparison[SubmissionRepository]):
    names: Bundle[SubmissionId] = Bundle("names")
    claims: Bundle[Claim] = Bundle("claims")

    def entry(self, name: str, folder: Path) -> AbstractAsyncContextManager[SubmissionRepository]:
        return SUBMISSIONS[name](folder, ManualClock())

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.made = 0

    @rule(by=WAITS)
    def let_time_pass(self, by: timedelta) -> None:
        self.now += by

    @rule(target=names, given=SUBMISSIONS_GIVEN, key=KEYS)
    def add(self, given: Submission, key: IdempotencyKey | None) -> SubmissionId:
        self.made += 1
        one = replace(
            given,
            id=SubmissionId(f"{given.id}{self.made}"),
            submitted_at=self.now,
            expires_at=self.now + timedelta(seconds=8.5),
        )
        own_key = key and replace(key, user_id=given.user_id)
        self.both(lambda repository: repository.add(one, handed_in(one.id), own_key))
        return one.id

    @rule(target=claims, classes=CLASSES, worker=WORKERS, languages=OFFERED, served=SERVED)
    def claim(
        self,
        classes: tuple[WorkClass, ...],
        worker: str,
        languages: tuple[LanguageId, ...] | None,
        served: dict[UserId, int],
    ) -> MultipleResults[Claim]:
        self.made += 1
        own = lease(f"t{self.made}", worker=worker, expires_at=self.now + timedelta(seconds=30))
        claim = self.both(
            lambda repository: repository.claim_next(classes, self.now, own, languages, served)
        )
        return multiple(*(one for one in (claim,) if isinstance(one, Claim)))

    @rule(claim=claims, by=WAITS)
    def extend(self, claim: Claim, by: timedelta) -> None:
        self.both(lambda repository: repository.extend(claim, self.now + by))

    @rule(claim=claims, by=WAITS, failed=st.booleans())
    def hand_back(self, claim: Claim, by: timedelta, *, failed: bool) -> None:
        later = self.now + by
        self.both(lambda repository: repository.hand_back(claim, not_before=later, failed=failed))

    @rule(claim=claims, outcome=JUDGEMENTS)
    def record_outcome(self, claim: Claim, outcome: Judgement) -> None:
        own = replace(outcome, number=claim.number, challenge_version=claim.version)
        self.both(lambda repository: repository.record_outcome(claim, own))

    @rule(classes=CLASSES, outcome=JUDGEMENTS)
    def judge_next(self, classes: tuple[WorkClass, ...], outcome: Judgement) -> None:
        self.made += 1
        own = lease(f"t{self.made}", expires_at=self.now + timedelta(seconds=30))
        now = self.now

        async def judge(repository: SubmissionRepository) -> Submission | None:
            claim = await repository.claim_next(classes, now, own)
            if claim is None:
                return None
            judged_so = replace(outcome, number=claim.number, challenge_version=claim.version)
            return await repository.record_outcome(claim, judged_so)

        self.both(judge)

    @rule(worker=WORKERS)
    def release_worker(self, worker: str) -> None:
        self.both(lambda repository: repository.release_worker(worker))

    @rule(name=names, version=st.integers(1, 3))
    def request_rejudge(self, name: SubmissionId, version: int) -> None:
        self.both(lambda repository: repository.request_rejudge(name, version=version))

    @rule(name=names, of=SETS)
    def request_shadow(self, name: SubmissionId, of: RejudgeSetId) -> None:
        self.both(lambda repository: repository.request_rejudge(name, version=2, shadow_of=of))

    @rule(name=names, number=st.integers(1, 3), of=SETS)
    def withdraw_shadow(self, name: SubmissionId, number: int, of: RejudgeSetId) -> None:
        self.both(lambda repository: repository.withdraw_shadow(name, number, shadow_of=of))

    @rule(chosen=st.sets(names, min_size=1), base=st.integers(1, 2), number=st.integers(1, 4))
    def apply_judgements(self, chosen: set[SubmissionId], base: int, number: int) -> None:
        choices = [
            ShadowChoice(submission_id=name, base=base, number=number) for name in sorted(chosen)
        ]

        async def apply(repository: SubmissionRepository) -> list[SubmissionId]:
            return sorted(await repository.apply_judgements(choices))

        self.both(apply)

    @rule(name=names)
    def position_of(self, name: SubmissionId) -> None:
        self.both(lambda repository: repository.position_of(name, self.now))

    @rule()
    def remove_expired_runs(self) -> None:
        self.both(lambda repository: repository.remove_expired_runs(self.now))

    @rule(name=names, number=st.integers(1, 3))
    def read(self, name: SubmissionId, number: int) -> None:
        self.both(lambda repository: repository.get(name))
        self.both(lambda repository: repository.handed_in(name))
        self.both(lambda repository: repository.judgement(name, number))

    @rule(which=FILTERS, before=st.none() | names, limit=st.integers(1, 5))
    def list(self, which: SubmissionFilter, before: SubmissionId | None, limit: int) -> None:
        async def listed(repository: SubmissionRepository) -> tuple[Submission, ...]:
            return tuple(await repository.list(which, before=before, limit=limit))

        self.both(listed)

    @rule()
    def look_at_the_queue(self) -> None:
        async def state(repository: SubmissionRepository) -> QueueState:
            found = await repository.queue_state(self.now)
            return replace(found, due=+Counter(found.due))

        self.both(state)

    @rule(user=USERS, challenge=st.none() | CHALLENGES)
    def add_up(self, user: UserId, challenge: ChallengeId | None) -> None:
        async def best(repository: SubmissionRepository) -> set[BestScore]:
            return set(await repository.best_scores(challenge))

        self.both(best)
        self.both(lambda repository: repository.progress_of(user))

    @rule(challenge=CHALLENGES, since=DAYS, until=DAYS)
    def analyse(self, challenge: ChallengeId, since: date | None, until: date | None) -> None:
        async def facts(repository: SubmissionRepository) -> tuple[object, ...]:
            return (
                *await repository.judged_facts(challenge, since=since, until=until),
                *await repository.test_failures(challenge, since=since, until=until),
            )

        self.both(facts)


FEWER = settings(STEPWISE, max_examples=min(STEPWISE.max_examples, 50))
"""For soaking what takes a millisecond and more a step."""
EXAMPLES = {"mongo": FEWER}


@pytest.mark.parametrize("adapter", SUBMISSIONS)
def test_each_step_has_the_answer_that_memory_gives(adapter: str) -> None:
    class Against(SubmissionsComparison):
        name = adapter

    run_state_machine_as_test(Against, settings=EXAMPLES.get(adapter, STEPWISE))
