"""Challenges whose checkers are programs are published only with one that compiles."""

import asyncio
from dataclasses import replace

import pytest

from adapters.memory.judge import MemoryJudge
from application import authoring
from application.ports.idempotency import IdempotencyKey
from application.ports.judge import JudgeUnavailable
from domain.challenge import Challenge, ChallengeStatus, JudgingRules, Presentation
from domain.checker_program import CheckerProgram
from domain.checking import Checker, CheckerKind
from domain.errors import InvalidChallenge, StaleRevision
from domain.program import single_file
from domain.run import Compilation
from tests.application.world import PYTHON, World

PUBLISHED, DRAFT = ChallengeStatus.PUBLISHED, ChallengeStatus.DRAFT


def rules(source: str) -> JudgingRules:
    program = CheckerProgram(language=PYTHON, program=single_file(source))
    return JudgingRules(checker=Checker(kind=CheckerKind.CUSTOM, program=program))


GOOD, BROKEN = rules("exit 42"), rules("no such word")


async def edited(
    world: World,
    challenge: Challenge,
    to: JudgingRules,
    *,
    title: str = "Echo",
    status: ChallengeStatus = PUBLISHED,
    revision: int | None = None,
) -> Challenge:
    changed, _ = await world.replace_challenge(
        challenge.id,
        expected_revision=revision or challenge.revision,
        slug=None,
        presentation=Presentation(title=title),
        rules=to,
        status=status,
    )
    return changed


class TriedJudge(MemoryJudge):
    """Counts what it tries; a busy one gets to nothing."""

    tried = 0
    is_busy = False
    fault: str | None = None

    async def try_checker(self, checker: CheckerProgram) -> Compilation:
        self.tried += 1
        if self.is_busy:
            await asyncio.Event().wait()
        return replace(await super().try_checker(checker), fault=self.fault)


async def test_a_checker_that_does_not_compile_is_not_published(world: World) -> None:
    with pytest.raises(InvalidChallenge) as refused:
        await world.a_challenge(rules=BROKEN)
    assert refused.value.pointer == "/checker"
    assert "does not compile: no such word" in refused.value.detail


async def test_what_the_compiler_says_is_cut(world: World) -> None:
    with pytest.raises(InvalidChallenge) as refused:
        await world.a_challenge(rules=rules("wrong" * 10_000))
    assert 4_000 < len(refused.value.detail) < 5_000


async def test_a_draft_may_have_any_until_it_is_published(world: World) -> None:
    draft = await world.a_challenge(rules=BROKEN, status=DRAFT)

    draft = await edited(world, draft, BROKEN, title="Still a draft", status=DRAFT)
    with pytest.raises(InvalidChallenge, match="does not compile"):
        await edited(world, draft, BROKEN)
    published = await edited(world, draft, GOOD)

    assert published.status is PUBLISHED


async def test_another_checker_of_a_published_challenge_has_to_compile(world: World) -> None:
    challenge = await world.a_challenge(rules=GOOD)
    with pytest.raises(InvalidChallenge, match="does not compile"):
        await edited(world, challenge, BROKEN)


async def test_texts_of_a_published_challenge_are_edited_without_a_judge() -> None:
    judge = TriedJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(rules=GOOD)

    await edited(world, challenge, GOOD, title="Better said")

    assert judge.tried == 1


async def test_what_is_out_of_date_is_not_compiled_first() -> None:
    judge = TriedJudge()
    world = World(judge=judge)
    challenge = await world.a_challenge(rules=GOOD)
    with pytest.raises(StaleRevision):
        await edited(world, challenge, BROKEN, revision=challenge.revision + 1)
    assert judge.tried == 1


async def test_whoever_publishes_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authoring, "PATIENCE_S", 0.05)
    judge = TriedJudge()
    judge.is_busy = True
    with pytest.raises(JudgeUnavailable, match="nobody has compiled"):
        await World(judge=judge).a_challenge(rules=GOOD)


async def test_a_fault_of_the_judge_is_none_of_the_checker() -> None:
    judge = TriedJudge()
    judge.fault = "the box fell over"
    with pytest.raises(JudgeUnavailable, match="fell over"):
        await World(judge=judge).a_challenge(rules=GOOD)


async def test_a_repeated_creation_waits_for_no_judge() -> None:
    judge = TriedJudge()
    world = World(judge=judge)
    admin = await world.an_admin()
    key = IdempotencyKey(user_id=admin.id, route="create", key="k", body_hash="body")

    async def create() -> Challenge:
        challenge, _ = await world.create_challenge(
            slug=None,
            presentation=Presentation(title="Once"),
            rules=GOOD,
            status=PUBLISHED,
            key=key,
        )
        return challenge

    first = await create()
    judge.is_busy = True

    assert await create() == first
