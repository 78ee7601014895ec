"""Writing challenges: versions, uploads, removal, repeats of a request."""

import asyncio
from dataclasses import replace

import pytest

from adapters.memory.judge import PYTHON, MemoryJudge
from application import reading
from application.ports.idempotency import IdempotencyKey
from application.use_cases.delete_test_case import DeleteTestCase
from application.use_cases.get_challenge import GetChallenge
from application.use_cases.get_open_challenge import GetOpenChallenge
from application.use_cases.list_test_cases import ListTestCases
from domain.challenge import (
    MAX_INLINE_BYTES,
    Challenge,
    ChallengeStatus,
    ChallengeVersion,
    JudgingRules,
    Presentation,
    TestCase,
    Visibility,
)
from domain.errors import (
    ChallengeNotFound,
    IdempotencyKeyReused,
    InvalidChallenge,
    InvalidTestCase,
    SlugTaken,
    StaleRevision,
    TestCaseNotFound,
)
from domain.ids import ChallengeId, LanguageId, TestCaseId
from domain.limits import LanguageLimits, Limits
from domain.scoring import Scoring, ScoringKind, TestGroup
from tests.application.world import World, a_test

PUBLIC = Visibility.PUBLIC


async def _version(world: World, challenge: Challenge) -> ChallengeVersion:
    _, version = await GetChallenge(storage=world.storage)(challenge.id)
    return version


async def _tests(world: World, challenge: Challenge) -> list[TestCase]:
    listed = ListTestCases(storage=world.storage)
    _, tests = await listed(challenge.id, after=0, limit=1_000)
    return list(tests)


async def test_a_new_challenge_has_version_1_and_no_tests(world: World) -> None:
    challenge = await world.a_challenge()

    version = await _version(world, challenge)

    assert (challenge.revision, challenge.version, version.number) == (1, 1, 1)
    assert version.test_ids == ()


async def test_a_slug_is_made_of_the_title(world: World) -> None:
    challenge, _ = await world.create_challenge(
        slug=None,
        presentation=Presentation(title="Two Sum — ¡again!"),
        rules=JudgingRules(),
        status=ChallengeStatus.DRAFT,
    )

    assert challenge.slug == "two-sum-again"


async def test_two_challenges_cannot_share_a_slug(world: World) -> None:
    await world.a_challenge(slug="same")

    with pytest.raises(SlugTaken):
        await world.a_challenge(slug="same")


async def _replaced(
    world: World,
    challenge: Challenge,
    *,
    title: str = "Echo",
    rules: JudgingRules | None = None,
    status: ChallengeStatus = ChallengeStatus.PUBLISHED,
) -> tuple[Challenge, ChallengeVersion]:
    return await world.replace_challenge(
        challenge.id,
        expected_revision=challenge.revision,
        slug=None,
        presentation=Presentation(title=title),
        rules=rules or JudgingRules(),
        status=status,
    )


async def test_new_words_make_no_new_version(world: World) -> None:
    challenge = await world.a_challenge(a_test())

    changed, version = await _replaced(world, challenge, title="Echo, better told")

    assert (changed.revision, changed.version) == (challenge.revision + 1, challenge.version)
    assert version.number == challenge.version


async def test_new_rules_make_a_new_version_with_the_same_tests(world: World) -> None:
    challenge = await world.a_challenge(a_test())
    before = await _version(world, challenge)

    changed, version = await _replaced(
        world, challenge, rules=JudgingRules(limits=Limits(time_ms=1_000))
    )

    assert changed.version == challenge.version + 1
    assert version.test_ids == before.test_ids
    assert version.hash != before.hash


async def test_an_edit_of_what_was_edited_meanwhile_is_refused(world: World) -> None:
    challenge = await world.a_challenge()
    await _replaced(world, challenge, title="First")

    with pytest.raises(StaleRevision) as stale:
        await _replaced(world, challenge, title="Second")

    assert stale.value.current == 2


async def test_of_edits_at_once_one_is_kept(world: World) -> None:
    challenge = await world.a_challenge()

    results = await asyncio.gather(
        *(_replaced(world, challenge, title=f"Edit {n}") for n in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, tuple) for result in results) == 1


async def test_tests_are_ordered_samples_first_then_by_natural_name(world: World) -> None:
    challenge = await world.a_challenge(
        a_test("10"), a_test("2"), a_test("b", visibility=PUBLIC), a_test("1")
    )

    assert [test.name for test in await _tests(world, challenge)] == ["b", "1", "2", "10"]


async def test_samples_weigh_nothing_and_hidden_tests_one_unless_told(world: World) -> None:
    rules = JudgingRules(scoring=Scoring(kind=ScoringKind.WEIGHTED))
    challenge = await world.a_challenge(
        a_test("s", visibility=PUBLIC), a_test("1"), a_test("2", weight=5), rules=rules
    )

    assert [test.weight for test in await _tests(world, challenge)] == [0, 1, 5]
    assert (await _version(world, challenge)).max_score == 6


async def test_hidden_data_goes_to_the_blob_store_and_small_public_data_to_the_row(
    world: World,
) -> None:
    challenge = await world.a_challenge(
        a_test("p", given=b"public", visibility=PUBLIC),
        a_test("q", given=b"x" * (MAX_INLINE_BYTES + 1), visibility=PUBLIC),
        a_test("h", given=b"hidden"),
    )

    tests = await _tests(world, challenge)

    assert [test.input.inline is None for test in tests] == [False, True, True]
    assert await reading.whole(world.blobs, tests[2].input) == b"hidden"


async def test_replacing_puts_new_tests_in_place_of_all(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"), a_test("2"))

    await world.add_test_cases(challenge.id, [a_test("3")], replacing=True)

    assert [test.name for test in await _tests(world, challenge)] == ["3"]


async def test_removing_a_test_leaves_it_in_older_versions(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"), a_test("2"))
    first = (await _tests(world, challenge))[0]
    old = await _version(world, challenge)
    delete = DeleteTestCase(storage=world.storage, offer=world.judge, clock=world.clock)

    changed = await delete(challenge.id, first.id)

    assert changed.version == old.number + 1
    assert [test.name for test in await _tests(world, challenge)] == ["2"]
    async with world.storage.read() as unit:
        assert len(await unit.test_cases.of_version(old)) == 2
    with pytest.raises(TestCaseNotFound):
        await delete(challenge.id, first.id)


async def test_an_upload_to_no_challenge_is_refused(world: World) -> None:
    with pytest.raises(ChallengeNotFound):
        await world.add_test_cases(ChallengeId("none"), [a_test()], replacing=False)


async def test_one_bad_test_refuses_the_whole_upload(world: World) -> None:
    challenge = await world.a_challenge(a_test("1"))

    with pytest.raises(InvalidTestCase) as refused:
        await world.upload(challenge, a_test("2"), a_test("\n"))

    assert refused.value.pointer == "/testcases/1/name"
    assert [test.name for test in await _tests(world, challenge)] == ["1"]


async def test_a_test_in_a_group_that_is_not_there_is_refused(world: World) -> None:
    groups = Scoring(kind=ScoringKind.GROUPS, groups=(TestGroup(name="small", points=10),))
    challenge = await world.a_challenge(rules=JudgingRules(scoring=groups))

    with pytest.raises(InvalidTestCase, match="large"):
        await world.upload(challenge, a_test("1", group="large"))

    assert [blob async for blob in world.blobs.list()] == []


async def test_a_group_that_tests_are_in_cannot_be_taken_away(world: World) -> None:
    groups = Scoring(kind=ScoringKind.GROUPS, groups=(TestGroup(name="small", points=10),))
    challenge = await world.a_challenge(
        a_test("1", group="small"), rules=JudgingRules(scoring=groups)
    )
    others = Scoring(kind=ScoringKind.GROUPS, groups=(TestGroup(name="large", points=10),))

    with pytest.raises(InvalidChallenge, match="small"):
        await _replaced(world, challenge, rules=JudgingRules(scoring=others))


async def test_a_repeated_creation_has_the_rules_that_hold_now(world: World) -> None:
    key = await _key(world)

    async def create() -> tuple[Challenge, ChallengeVersion]:
        return await world.create_challenge(
            slug=None,
            presentation=Presentation(title="Once"),
            rules=JudgingRules(),
            status=ChallengeStatus.DRAFT,
            key=key,
        )

    challenge, _ = await create()
    await _replaced(world, challenge, rules=JudgingRules(limits=Limits(time_ms=3_000)))

    again, version = await create()

    assert (again.id, again.version, version.number) == (challenge.id, 2, 2)
    assert version.rules.limits.time_ms == 3_000


async def _key(world: World, body: str = "body") -> IdempotencyKey:
    admin = await world.an_admin()
    return IdempotencyKey(user_id=admin.id, route="upload", key="k", body_hash=body)


async def test_a_repeated_upload_adds_nothing_and_answers_the_same(world: World) -> None:
    challenge = await world.a_challenge()
    key = await _key(world)
    upload = world.add_test_cases
    tests = [a_test("b"), a_test("a")]

    first = await upload(challenge.id, tests, replacing=False, key=key)
    again = await upload(challenge.id, tests, replacing=False, key=key)

    assert again.version == first.version
    assert list(again.added) == list(first.added)
    assert len(await _tests(world, challenge)) == 2


async def test_the_same_key_with_another_body_is_refused(world: World) -> None:
    challenge = await world.a_challenge()
    key = await _key(world)
    await world.add_test_cases(challenge.id, [a_test()], replacing=False, key=key)

    with pytest.raises(IdempotencyKeyReused):
        await world.add_test_cases(
            challenge.id, [a_test()], replacing=False, key=replace(key, body_hash="other")
        )


async def test_creations_with_one_key_at_once_make_one_challenge(world: World) -> None:
    key = await _key(world)

    async def create() -> Challenge:
        challenge, _ = await world.create_challenge(
            slug=None,
            presentation=Presentation(title="Once"),
            rules=JudgingRules(),
            status=ChallengeStatus.DRAFT,
            key=key,
        )
        return challenge

    made = await asyncio.gather(*(create() for _ in range(5)))

    assert len({challenge.id for challenge in made}) == 1


async def test_equal_content_has_an_equal_version_hash(world: World) -> None:
    one = await world.a_challenge(a_test("1"), slug="one")
    two = await world.a_challenge(a_test("1"), slug="two")
    three = await world.a_challenge(a_test("1", weight=2), slug="three")

    hashes = [(await _version(world, c)).hash for c in (one, two, three)]

    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


@pytest.mark.parametrize("status", [ChallengeStatus.DRAFT, ChallengeStatus.ARCHIVED])
async def test_candidates_see_published_challenges_alone(
    world: World, status: ChallengeStatus
) -> None:
    challenge = await world.a_challenge(a_test(), status=status)
    open_challenge = GetOpenChallenge(
        storage=world.storage, submissions=world.submissions, blobs=world.blobs, offer=world.judge
    )

    with pytest.raises(ChallengeNotFound):
        await open_challenge(await world.a_candidate(), challenge.id)
    assert (await open_challenge(await world.an_admin(), challenge.slug)).challenge == challenge


async def test_no_such_test_to_remove(world: World) -> None:
    challenge = await world.a_challenge()
    delete = DeleteTestCase(storage=world.storage, offer=world.judge, clock=world.clock)

    with pytest.raises(TestCaseNotFound):
        await delete(challenge.id, TestCaseId("none"))


REACH = Limits(time_ms=2_000, memory_kib=262_144)


@pytest.mark.parametrize(
    ("rules", "pointer", "numbers"),
    [
        (JudgingRules(limits=Limits(time_ms=2_001)), "/limits/time_ms", ("2001", "2000")),
        (JudgingRules(limits=Limits(memory_kib=262_145)), "/limits/memory_kib", ("262145",)),
        (
            JudgingRules(language_limits={PYTHON.id: LanguageLimits(time_ms=5_000)}),
            "/language_limits/python3/time_ms",
            ("5000", "2000"),
        ),
    ],
)
async def test_a_limit_over_what_the_judge_can_do_is_refused_with_both_numbers(
    rules: JudgingRules, pointer: str, numbers: tuple[str, ...]
) -> None:
    world = World(judge=MemoryJudge((replace(PYTHON, most=REACH),)))
    challenge = await world.a_challenge()

    with pytest.raises(InvalidChallenge) as created:
        await world.a_challenge(rules=rules, slug="other")
    with pytest.raises(InvalidChallenge) as replaced:
        await _replaced(world, challenge, rules=rules)

    for refusal in (created.value, replaced.value):
        assert refusal.pointer == pointer
        assert all(number in refusal.detail for number in numbers)
    await _replaced(world, challenge, rules=rules, status=ChallengeStatus.ARCHIVED)


async def test_limits_of_languages_that_a_challenge_does_not_take_matter_not() -> None:
    world = World(judge=MemoryJudge((replace(PYTHON, most=REACH),)))
    rules = JudgingRules(limits=Limits(time_ms=9_000), languages=(LanguageId("c"),))

    assert (await world.a_challenge(rules=rules)).version == 1
