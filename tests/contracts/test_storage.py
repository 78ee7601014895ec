"""Users, challenges and tests in transactions: every adapter of `Storage` keeps this contract."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.memory.clock import ManualClock
from application.ports.challenges import ChallengeFilter
from application.ports.idempotency import IDEMPOTENCY_LIFETIME, IdempotencyKey, IdempotencyRace
from application.ports.storage import Storage, UnitOfWork
from application.ports.workers import Worker
from domain.challenge import Challenge, ChallengeStatus, Difficulty, TestCase
from domain.errors import EmailTaken, IdempotencyKeyReused, SlugTaken, StaleRevision
from domain.ids import BlobKey, ChallengeId, SessionId, TestCaseId, UserId
from domain.scoring import MAX_GROUP_NAME_LENGTH
from domain.user import Role, User
from tests.contracts.adapters_of import STORAGES
from tests.contracts.values import (
    ALICE,
    AWKWARD_TEXTS,
    BOB,
    CPP,
    FULL_PRESENTATION,
    FULL_RULES,
    MAX,
    MICROSECOND,
    NOW,
    SUM,
    beside,
    case,
    challenge,
    idempotency_key,
    idempotency_record,
    inline,
    key_of,
    presentation,
    session,
    user,
    version,
    worker,
)


@pytest.fixture(params=STORAGES)
async def storage(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Storage]:
    async with STORAGES[request.param](tmp_path, clock) as storage:
        yield storage


# --- transactions ------------------------------------------------------------------------------


async def test_a_database_has_one_deployment_for_good(storage: Storage) -> None:
    async with storage.read() as unit:
        assert await unit.deployment.known() is None
    async with storage.begin() as unit:
        assert await unit.deployment.settle("first") == "first"
    async with storage.begin() as unit:
        assert await unit.deployment.settle("second") == "first"
    async with storage.read() as unit:
        assert await unit.deployment.known() == "first"


async def test_many_that_settle_on_a_deployment_at_once_agree(storage: Storage) -> None:
    async def settle(proposed: str) -> str:
        async with storage.begin() as unit:
            return await unit.deployment.settle(proposed)

    settled = await asyncio.gather(*(settle(f"d{number}") for number in range(8)))
    assert len(set(settled)) == 1


async def test_what_a_block_wrote_is_there_for_the_next(storage: Storage) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user())
    async with storage.read() as unit:
        assert await unit.users.get(ALICE) == user()


async def test_a_block_reads_what_it_wrote(storage: Storage) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user())
        assert await unit.users.by_email("ALICE@example.org") == user()


async def test_a_block_that_raises_leaves_nothing(storage: Storage) -> None:
    await _fill(storage, user("bob"), challenge("max"))

    with pytest.raises(ZeroDivisionError):
        await _write_everything_and_raise(storage)

    async with storage.read() as unit:
        assert await unit.users.list(after=None, limit=10) == [user("bob")]
        assert await unit.sessions.get(SessionId("s1")) is None
        assert await unit.challenges.by_slug("sum-slug") is None
        assert await unit.challenges.get(MAX) == challenge("max")
        assert await unit.challenges.version(SUM, 1) is None
        assert await unit.test_cases.get(TestCaseId("t1")) is None
        assert await unit.idempotency.find(idempotency_key(), NOW) is None


async def _write_everything_and_raise(storage: Storage) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user())
        await unit.users.update(replace(user("bob"), disabled=True))
        await unit.sessions.add(session())
        await unit.challenges.add(challenge())
        await unit.challenges.update(challenge("max", revision=2), expected_revision=1)
        await unit.test_cases.add([case()])
        await unit.challenges.add_version(version(tests=(case(),)))
        await unit.idempotency.add(idempotency_record(idempotency_key()))
        raise ZeroDivisionError


async def test_what_was_rolled_back_may_be_written_again(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        await _write_everything_and_raise_without_bob(storage)

    await _fill(storage, user(), challenge())

    async with storage.read() as unit:
        assert await unit.users.get(ALICE) == user()


async def _write_everything_and_raise_without_bob(storage: Storage) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user())
        await unit.challenges.add(challenge())
        raise ZeroDivisionError


async def test_a_block_that_is_cancelled_leaves_nothing(storage: Storage) -> None:
    inside = asyncio.Event()
    work = asyncio.create_task(_write_and_wait(storage, inside))
    await inside.wait()
    work.cancel()
    await asyncio.wait({work})

    await _fill(storage, user("bob"))

    async with storage.read() as unit:
        assert await unit.users.list(after=None, limit=10) == [user("bob")]


async def _write_and_wait(storage: Storage, inside: asyncio.Event) -> None:
    async with storage.begin() as unit:
        await unit.users.add(user())
        inside.set()
        await asyncio.Event().wait()


async def test_a_reader_waits_for_no_writer_and_sees_nothing_unfinished(storage: Storage) -> None:
    async with storage.begin() as writing:
        await writing.users.add(user())
        async with storage.read() as reading:
            assert await reading.users.get(ALICE) is None


async def test_a_refusal_inside_a_block_may_be_caught_outside_it(storage: Storage) -> None:
    await _fill(storage, user())
    with pytest.raises(EmailTaken):
        await _fill(storage, user("bob", email="alice@example.org"))
    await _fill(storage, user("bob"))


async def test_writers_at_once_lose_no_update(storage: Storage) -> None:
    await _fill(storage, user(display_name="0"))

    await asyncio.gather(*(_count_up(storage) for _ in range(20)))

    async with storage.read() as unit:
        assert await unit.users.get(ALICE) == user(display_name="20")


async def _count_up(storage: Storage) -> None:
    async with storage.begin() as unit:
        stored = await unit.users.get(ALICE)
        assert stored is not None
        await asyncio.sleep(0)
        counted = str(int(stored.display_name) + 1)
        await unit.users.update(replace(stored, display_name=counted))


async def test_closing_twice_is_harmless(storage: Storage) -> None:
    await storage.check()
    await storage.close()
    await storage.close()


# --- users -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", AWKWARD_TEXTS)
async def test_a_name_comes_back_to_the_letter(storage: Storage, text: str) -> None:
    await _fill(storage, user(display_name=text))
    async with storage.read() as unit:
        assert await unit.users.get(ALICE) == user(display_name=text)


async def test_microseconds_and_time_zone_come_back(storage: Storage) -> None:
    awkward = replace(user(), created_at=NOW.replace(microsecond=1))
    await _fill(storage, awkward)
    async with storage.read() as unit:
        stored = await unit.users.get(ALICE)
    assert stored is not None
    assert stored.created_at == awkward.created_at
    assert stored.created_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("other", ["ALICE@EXAMPLE.ORG", "alice@example.org", "Alice@Example.Org"])
async def test_an_e_mail_is_taken_whatever_its_case(storage: Storage, other: str) -> None:
    await _fill(storage, user())
    with pytest.raises(EmailTaken):
        await _fill(storage, user("bob", email=other))


@pytest.mark.parametrize("asked", ["ALICE@EXAMPLE.ORG", "alice@example.org", " Alice@Example.org "])
async def test_a_user_is_found_by_e_mail_whatever_its_case(storage: Storage, asked: str) -> None:
    await _fill(storage, user())
    async with storage.read() as unit:
        assert await unit.users.by_email(asked) == user()


@pytest.mark.parametrize("asked", ["", "alice", "alice@example.or_", "%", "alice@example.org.au"])
async def test_no_user_is_found_by_part_of_an_e_mail(storage: Storage, asked: str) -> None:
    await _fill(storage, user())
    async with storage.read() as unit:
        assert await unit.users.by_email(asked) is None


async def test_of_many_registrations_of_one_e_mail_one_wins(storage: Storage) -> None:
    people = [user(f"u{n}", email="one@example.org") for n in range(20)]
    results = await asyncio.gather(*(_fill(storage, p) for p in people), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["EmailTaken"] * 19 + ["NoneType"]
    async with storage.read() as unit:
        assert len(await unit.users.list(after=None, limit=100)) == 1


async def test_ids_that_differ_in_case_or_by_a_blank_are_different(storage: Storage) -> None:
    people = [user(name, email=f"{n}@x.org") for n, name in enumerate(("u", "U", "u ", "\u00fc"))]
    await _fill(storage, *people)
    async with storage.read() as unit:
        assert [await unit.users.get(person.id) for person in people] == people
        assert await unit.users.get(UserId("U ")) is None


async def test_an_update_replaces_everything_but_the_id(storage: Storage) -> None:
    changed = replace(
        user(), email="new@example.org", role=Role.ADMIN, disabled=True, display_name=""
    )
    await _fill(storage, user())
    async with storage.begin() as unit:
        await unit.users.update(changed)
    async with storage.read() as unit:
        assert await unit.users.get(ALICE) == changed
        assert await unit.users.by_email("alice@example.org") is None
        assert await unit.users.by_email("new@example.org") == changed


async def test_users_by_ids_are_those_that_exist(storage: Storage) -> None:
    await _fill(storage, user(), user("bob"))
    async with storage.read() as unit:
        assert await unit.users.by_ids([BOB, UserId("nobody"), BOB]) == {BOB: user("bob")}
        assert await unit.users.by_ids([]) == {}


async def test_a_thousand_users_by_ids_are_all_found(storage: Storage) -> None:
    people = [user(f"u{n}") for n in range(1_000)]
    await _fill(storage, *people)
    async with storage.read() as unit:
        assert len(await unit.users.by_ids([person.id for person in people])) == 1_000


async def test_users_are_listed_by_id_in_pages(storage: Storage) -> None:
    await _fill(storage, *(user(name, email=f"{ord(name)}@x.org") for name in "bBaA\u00e9"))
    async with storage.read() as unit:
        first = await unit.users.list(after=None, limit=2)
        rest = await unit.users.list(after=first[-1].id, limit=10)
    assert [person.id for person in first] == ["A", "B"]
    assert [person.id for person in rest] == ["a", "b", "\u00e9"]


async def test_only_enabled_admins_are_counted(storage: Storage) -> None:
    await _fill(
        storage,
        user("a", role=Role.ADMIN),
        user("b", role=Role.ADMIN, disabled=True),
        user("c"),
        user("d", role=Role.ADMIN),
    )
    async with storage.read() as unit:
        assert await unit.users.count_enabled_admins() == 2


async def test_the_last_two_admins_cannot_disable_each_other(storage: Storage) -> None:
    admins = [user("a", role=Role.ADMIN), user("b", role=Role.ADMIN)]
    await _fill(storage, *admins)

    await asyncio.gather(*(_disable_unless_last(storage, admin) for admin in admins))

    async with storage.read() as unit:
        assert await unit.users.count_enabled_admins() == 1


async def _disable_unless_last(storage: Storage, admin: User) -> None:
    async with storage.begin() as unit:
        enabled = await unit.users.count_enabled_admins()
        await asyncio.sleep(0)
        await unit.users.update(replace(admin, disabled=enabled > 1))


# --- sessions ----------------------------------------------------------------------------------


async def test_a_session_comes_back(storage: Storage) -> None:
    await _fill(storage, user())
    await _sign_in(storage, "s1")
    async with storage.read() as unit:
        assert await unit.sessions.get(SessionId("s1")) == session()
        assert await unit.sessions.get(SessionId("S1")) is None


async def test_rotation_raises_the_generation_and_says_when(storage: Storage) -> None:
    await _fill(storage, user())
    await _sign_in(storage, "s1")
    later = NOW + timedelta(hours=1, microseconds=7)

    async with storage.begin() as unit:
        assert await unit.sessions.rotate(session(), later) is True

    async with storage.read() as unit:
        stored = await unit.sessions.get(SessionId("s1"))
    assert stored == replace(session(), generation=2, rotated_at=later)


async def test_rotation_of_another_generation_changes_nothing(storage: Storage) -> None:
    await _fill(storage, user())
    await _sign_in(storage, "s1")
    async with storage.begin() as unit:
        assert await unit.sessions.rotate(replace(session(), generation=2), NOW) is False
        assert await unit.sessions.rotate(session("unknown"), NOW) is False
    async with storage.read() as unit:
        assert await unit.sessions.get(SessionId("s1")) == session()


async def test_of_many_rotations_at_once_one_succeeds(storage: Storage) -> None:
    await _fill(storage, user())
    await _sign_in(storage, "s1")
    results = await asyncio.gather(*(_rotate(storage) for _ in range(10)))
    assert sorted(results) == [False] * 9 + [True]


async def _rotate(storage: Storage) -> bool:
    async with storage.begin() as unit:
        return await unit.sessions.rotate(session(), NOW)


async def test_a_revoked_session_stays_so_and_others_live(storage: Storage) -> None:
    await _fill(storage, user())
    await _sign_in(storage, "s1", "s2")
    async with storage.begin() as unit:
        await unit.sessions.revoke(SessionId("s1"))
        await unit.sessions.revoke(SessionId("s1"))
        await unit.sessions.revoke(SessionId("unknown"))
    async with storage.read() as unit:
        assert await unit.sessions.get(SessionId("s1")) == replace(session(), revoked=True)
        assert await unit.sessions.get(SessionId("s2")) == session("s2")


async def test_all_sessions_of_one_user_can_be_revoked(storage: Storage) -> None:
    await _fill(storage, user(), user("bob"))
    await _sign_in(storage, "s1", "s2")
    async with storage.begin() as unit:
        await unit.sessions.add(session("s3", of="bob"))
    async with storage.begin() as unit:
        await unit.sessions.revoke_all(ALICE)
    async with storage.read() as unit:
        stored = [await unit.sessions.get(SessionId(name)) for name in ("s1", "s2", "s3")]
    assert [one is not None and one.revoked for one in stored] == [True, True, False]


async def test_expired_sessions_are_forgotten(storage: Storage) -> None:
    await _fill(storage, user())
    async with storage.begin() as unit:
        await unit.sessions.add(session("old", expires_at=NOW - MICROSECOND))
        await unit.sessions.add(session("living", expires_at=NOW + MICROSECOND))
    async with storage.begin() as unit:
        assert await unit.sessions.remove_expired(NOW) == 1
        assert await unit.sessions.remove_expired(NOW) == 0
    async with storage.read() as unit:
        assert await unit.sessions.get(SessionId("old")) is None
        assert await unit.sessions.get(SessionId("living")) is not None


# --- challenges and versions -------------------------------------------------------------------


async def test_a_challenge_comes_back_whole(storage: Storage) -> None:
    full = challenge(shown=FULL_PRESENTATION, status=ChallengeStatus.ARCHIVED)
    await _fill(storage, full)
    async with storage.read() as unit:
        assert await unit.challenges.get(SUM) == full
        assert await unit.challenges.by_slug("sum-slug") == full
        assert await unit.challenges.get(ChallengeId("SUM")) is None
        assert await unit.challenges.by_slug("sum") is None


@pytest.mark.parametrize("text", AWKWARD_TEXTS)
async def test_titles_statements_and_tags_come_back_to_the_letter(
    storage: Storage, text: str
) -> None:
    shown = replace(presentation(text, tags=("x", text)), statement=text)
    await _fill(storage, challenge(shown=shown))
    async with storage.read() as unit:
        stored = await unit.challenges.get(SUM)
    assert stored is not None
    assert stored.presentation == shown


async def test_what_was_handed_out_or_in_cannot_change_what_is_stored(storage: Storage) -> None:
    given = replace(presentation(), starter_code={CPP: "int main() {}"})
    await _fill(storage, challenge(shown=given))
    given.starter_code.clear()
    async with storage.read() as unit:
        first = await unit.challenges.get(SUM)
    assert first is not None
    first.presentation.starter_code[CPP] = "changed"
    async with storage.read() as unit:
        second = await unit.challenges.get(SUM)
    assert second is not None
    assert second.presentation.starter_code == {CPP: "int main() {}"}


async def test_a_slug_is_taken_once(storage: Storage) -> None:
    await _fill(storage, challenge())
    with pytest.raises(SlugTaken) as refusal:
        await _fill(storage, challenge("max", slug="sum-slug"))
    assert refusal.value.slug == "sum-slug"


async def test_an_update_replaces_the_challenge(storage: Storage) -> None:
    changed = replace(
        challenge(slug="new-slug", revision=2, shown=FULL_PRESENTATION),
        status=ChallengeStatus.PUBLISHED,
        version=3,
        published_version=2,
        updated_at=NOW + timedelta(days=1),
    )
    await _fill(storage, challenge())
    async with storage.begin() as unit:
        await unit.challenges.update(changed, expected_revision=1)
    async with storage.read() as unit:
        assert await unit.challenges.get(SUM) == changed
        assert await unit.challenges.by_slug("new-slug") == changed
        assert await unit.challenges.by_slug("sum-slug") is None


async def test_a_stale_update_is_refused_and_says_what_is_current(storage: Storage) -> None:
    await _fill(storage, challenge(revision=5))
    with pytest.raises(StaleRevision) as refusal:
        await _update(storage, challenge(revision=5), 4)
    assert refusal.value.current == 5


async def test_an_update_to_a_taken_slug_is_refused(storage: Storage) -> None:
    await _fill(storage, challenge(), challenge("max"))
    with pytest.raises(SlugTaken):
        await _update(storage, challenge("max", slug="sum-slug", revision=2), 1)


async def test_of_many_updates_of_one_revision_one_wins(storage: Storage) -> None:
    await _fill(storage, challenge())
    updates = (_update(storage, challenge(revision=2), 1) for _ in range(10))
    results = await asyncio.gather(*updates, return_exceptions=True)
    names = sorted(type(result).__name__ for result in results)
    assert names == ["NoneType"] + ["StaleRevision"] * 9


async def _update(storage: Storage, changed: Challenge, expected_revision: int) -> None:
    async with storage.begin() as unit:
        await unit.challenges.update(changed, expected_revision=expected_revision)


async def test_challenges_by_ids_are_those_that_exist(storage: Storage) -> None:
    await _fill(storage, challenge(), challenge("max"))
    async with storage.read() as unit:
        assert await unit.challenges.by_ids([SUM, ChallengeId("no")]) == {SUM: challenge()}
        assert await unit.challenges.by_ids([]) == {}


async def test_challenges_are_listed_by_id_in_pages(storage: Storage) -> None:
    await _fill(storage, *(challenge(name, slug=f"s{ord(name)}") for name in "cAbaB"))
    async with storage.read() as unit:
        first = await unit.challenges.list(ChallengeFilter(), after=None, limit=3)
        rest = await unit.challenges.list(ChallengeFilter(), after=first[-1].id, limit=3)
    assert [one.id for one in (*first, *rest)] == ["A", "B", "a", "b", "c"]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (ChallengeFilter(), ["a", "b", "c"]),
        (ChallengeFilter(status=ChallengeStatus.PUBLISHED), ["b", "c"]),
        (ChallengeFilter(difficulty=Difficulty.HARD), ["c"]),
        (ChallengeFilter(tag="dp"), ["b", "c"]),
        (ChallengeFilter(tag="d"), []),
        (ChallengeFilter(tag="d_"), []),
        (ChallengeFilter(tag='"dp"'), []),
        (ChallengeFilter(tag="\u00e9 \U0001f680"), ["c"]),
        (ChallengeFilter(text="knapsack"), ["b"]),
        (ChallengeFilter(text="KNAP"), ["b"]),
        (ChallengeFilter(text="slug"), ["a", "b", "c"]),
        (ChallengeFilter(text="b-slug"), ["b"]),
        (ChallengeFilter(text="100%"), ["c"]),
        (ChallengeFilter(text="%"), ["c"]),
        (ChallengeFilter(text="_"), ["a"]),
        (ChallengeFilter(text="\\"), ["a"]),
        (ChallengeFilter(text=""), ["a", "b", "c"]),
        (ChallengeFilter(text="\u00e9TUDE"), ["c"]),
        (ChallengeFilter(only=frozenset({ChallengeId("a"), ChallengeId("x")})), ["a"]),
        (ChallengeFilter(only=frozenset()), []),
        (ChallengeFilter(without=frozenset({ChallengeId("a"), ChallengeId("x")})), ["b", "c"]),
        (
            ChallengeFilter(
                status=ChallengeStatus.PUBLISHED, tag="dp", text="a", difficulty=Difficulty.EASY
            ),
            ["b"],
        ),
    ],
)
async def test_a_filter_narrows_a_listing(
    storage: Storage, which: ChallengeFilter, expected: list[str]
) -> None:
    published = ChallengeStatus.PUBLISHED
    hard = presentation(
        "100% \u00c9tude", difficulty=Difficulty.HARD, tags=("dp", "\u00e9 \U0001f680")
    )
    await _fill(
        storage,
        challenge("a", shown=presentation("snake_case \\ paths", tags=("DP", "dp2"))),
        challenge("b", status=published, shown=presentation("The Knapsack", tags=("x", "dp"))),
        challenge("c", status=published, shown=hard),
    )
    async with storage.read() as unit:
        found = await unit.challenges.list(which, after=None, limit=10)
    assert [one.id for one in found] == expected


async def test_a_filter_counts_before_the_page_is_cut(storage: Storage) -> None:
    published = ChallengeStatus.PUBLISHED
    await _fill(storage, *(challenge(n) for n in "abc"), challenge("d", status=published))
    async with storage.read() as unit:
        found = await unit.challenges.list(ChallengeFilter(status=published), after=None, limit=1)
    assert [one.id for one in found] == ["d"]


async def test_a_version_comes_back_whole(storage: Storage) -> None:
    full = version(rules=FULL_RULES, tests=(case("b"), case("a")))
    await _fill(storage, challenge())
    await _add_version(storage, case("a"), case("b"))
    async with storage.begin() as unit:
        await unit.challenges.add_version(replace(full, number=2))
    async with storage.read() as unit:
        assert await unit.challenges.version(SUM, 2) == replace(full, number=2)
        assert await unit.challenges.version(SUM, 3) is None
        assert await unit.challenges.version(MAX, 2) is None


async def test_versions_wanted_are_those_that_exist(storage: Storage) -> None:
    await _fill(storage, challenge(), challenge("max"))
    async with storage.begin() as unit:
        await unit.challenges.add_version(version(1))
        await unit.challenges.add_version(version(2))
        await unit.challenges.add_version(version(2, of="max"))
    async with storage.read() as unit:
        found = await unit.challenges.versions([(SUM, 2), (MAX, 1), (MAX, 2)])
        assert await unit.challenges.versions([]) == {}
    assert found == {(SUM, 2): version(2), (MAX, 2): version(2, of="max")}


# --- tests -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"a\r\nb \n\n",
        b"\x00\xff\xfe\x80",
        "\U0001f680".encode(),
        bytes(range(256)) * 4096,
    ],
    ids=["empty", "blank", "lines", "not-utf-8", "emoji", "1-MiB"],
)
async def test_inline_data_comes_back_to_the_byte(storage: Storage, content: bytes) -> None:
    awkward = case(given=inline(content), wanted=inline(content + b"\n"))
    await _fill(storage, challenge())
    await _add_version(storage, awkward)
    async with storage.read() as unit:
        assert await unit.test_cases.get(TestCaseId("t1")) == awkward
        assert await unit.test_cases.of_version(version(tests=(awkward,))) == [awkward]


async def test_empty_inline_data_is_not_data_that_is_elsewhere(storage: Storage) -> None:
    await _fill(storage, challenge())
    await _add_version(storage, case(given=inline(b""), wanted=beside(b"")))
    async with storage.read() as unit:
        stored = await unit.test_cases.get(TestCaseId("t1"))
    assert stored is not None
    assert (stored.input.inline, stored.expected_output.inline) == (b"", None)


@pytest.mark.parametrize("text", AWKWARD_TEXTS)
async def test_names_groups_and_explanations_come_back_to_the_letter(
    storage: Storage, text: str
) -> None:
    awkward = replace(case(explanation=text), name=text, group=text[:MAX_GROUP_NAME_LENGTH])
    await _fill(storage, challenge())
    await _add_version(storage, awkward)
    async with storage.read() as unit:
        assert await unit.test_cases.get(TestCaseId("t1")) == awkward


async def test_tests_of_a_version_come_in_its_order(storage: Storage) -> None:
    tests = tuple(case(name) for name in ("z", "a", "Z", "m"))
    await _fill(storage, challenge())
    await _add_version(storage, *tests, case("later"))
    async with storage.read() as unit:
        found = await unit.test_cases.of_version(version(2, tests=tests[:3]))
        assert await unit.test_cases.of_version(version(3)) == []
    assert [test.id for test in found] == ["z", "a", "Z"]


async def test_ten_thousand_tests_of_a_version_are_all_there(storage: Storage) -> None:
    tests = tuple(case(f"t{n}") for n in range(10_000))
    await _fill(storage, challenge())
    await _add_version(storage, *tests)
    async with storage.read() as unit:
        stored = await unit.challenges.version(SUM, 1)
        assert stored is not None
        assert tuple(await unit.test_cases.of_version(stored)) == tests


async def test_blobs_that_tests_refer_to_are_told_from_others(storage: Storage) -> None:
    given, wanted, small, stray = (key_of(name) for name in (b"1", b"2", b"3", b"4"))
    await _fill(storage, challenge())
    await _add_version(storage, case(given=beside(b"1"), wanted=beside(b"2")))
    await _add_tests(storage, case("t2", given=inline(b"3"), wanted=beside(b"2")))
    async with storage.read() as unit:
        asked = [stray, wanted, given, small, BlobKey(given.upper()), BlobKey(f"{given} ")]
        assert await unit.test_cases.referenced_blobs(asked) == {given, wanted, small}
        assert await unit.test_cases.referenced_blobs({given}) == {given}
        assert await unit.test_cases.referenced_blobs([]) == frozenset()


async def test_blobs_are_asked_for_by_the_thousands(storage: Storage) -> None:
    tests = tuple(case(f"t{n}", given=beside(b"%d" % n)) for n in range(0, 3_000, 2))
    await _fill(storage, challenge())
    await _add_version(storage, *tests)
    async with storage.read() as unit:
        asked = [key_of(b"%d" % n) for n in range(3_000)]
        assert await unit.test_cases.referenced_blobs(asked) == {t.input.key for t in tests}


# --- idempotency -------------------------------------------------------------------------------


async def test_a_key_is_found_with_what_it_created(storage: Storage) -> None:
    await _fill(storage, user())
    await _remember(storage, idempotency_key())
    assert await _result_of(storage, idempotency_key()) == "r"


async def test_a_key_with_another_body_is_refused(storage: Storage) -> None:
    await _fill(storage, user())
    await _remember(storage, idempotency_key())
    with pytest.raises(IdempotencyKeyReused):
        await _result_of(storage, idempotency_key(body_hash="other"))


@pytest.mark.parametrize(
    "other",
    [
        idempotency_key(user_id=BOB),
        idempotency_key(route="POST /y"),
        idempotency_key(key="K"),
        idempotency_key(key="k "),
    ],
)
async def test_a_key_counts_for_its_user_and_route_alone(
    storage: Storage, other: IdempotencyKey
) -> None:
    await _fill(storage, user(), user("bob"))
    await _remember(storage, idempotency_key())
    assert await _result_of(storage, other) is None


async def test_a_key_is_forgotten_after_its_lifetime(storage: Storage) -> None:
    await _fill(storage, user())
    await _remember(storage, idempotency_key())
    async with storage.read() as unit:
        last = NOW + IDEMPOTENCY_LIFETIME
        assert await unit.idempotency.find(idempotency_key(), last) is not None
        assert await unit.idempotency.find(idempotency_key(), last + MICROSECOND) is None


async def test_an_expired_key_may_be_used_again_with_another_body(storage: Storage) -> None:
    await _fill(storage, user())
    await _remember(storage, idempotency_key())
    later = NOW + IDEMPOTENCY_LIFETIME + MICROSECOND
    again = idempotency_record(idempotency_key(body_hash="other"), result="2", created_at=later)
    async with storage.begin() as unit:
        await unit.idempotency.add(again)
    async with storage.read() as unit:
        assert await unit.idempotency.find(again.key, later) == again


async def test_of_many_uses_of_a_key_at_once_one_is_stored(storage: Storage) -> None:
    await _fill(storage, user())
    uses = (_remember(storage, idempotency_key()) for _ in range(10))
    results = await asyncio.gather(*uses, return_exceptions=True)
    names = sorted(type(result).__name__ for result in results)
    assert names == ["IdempotencyRace"] * 9 + ["NoneType"]


async def test_a_race_for_a_key_rolls_the_loser_back(storage: Storage) -> None:
    await _fill(storage, user())
    await _remember(storage, idempotency_key())
    with pytest.raises(IdempotencyRace):
        await _create_and_remember(storage)
    async with storage.read() as unit:
        assert await unit.challenges.get(SUM) is None


async def _create_and_remember(storage: Storage) -> None:
    async with storage.begin() as unit:
        await unit.challenges.add(challenge())
        await unit.idempotency.add(idempotency_record(idempotency_key(), result="2"))


async def test_expired_keys_are_removed(storage: Storage) -> None:
    await _fill(storage, user())
    old = NOW - IDEMPOTENCY_LIFETIME - MICROSECOND
    async with storage.begin() as unit:
        await unit.idempotency.add(idempotency_record(idempotency_key(), created_at=old))
        await unit.idempotency.add(idempotency_record(idempotency_key(key="2")))
    async with storage.begin() as unit:
        assert await unit.idempotency.remove_expired(NOW) == 1
        assert await unit.idempotency.remove_expired(NOW) == 0
    assert await _result_of(storage, idempotency_key(key="2")) == "r"


async def _remember(storage: Storage, key: IdempotencyKey) -> None:
    async with storage.begin() as unit:
        await unit.idempotency.add(idempotency_record(key))


async def _result_of(storage: Storage, key: IdempotencyKey) -> str | None:
    async with storage.read() as unit:
        record = await unit.idempotency.find(key, NOW)
    return None if record is None else record.result


# --- workers -----------------------------------------------------------------------------------


async def test_a_worker_comes_back_whole(storage: Storage) -> None:
    await _announce(storage, worker(), replace(worker("w0"), languages=()))
    assert await _alive(storage, NOW) == [replace(worker("w0"), languages=()), worker()]


async def test_a_worker_that_announces_itself_again_is_the_same_one(storage: Storage) -> None:
    later = replace(worker(), slots=5, seen_at=NOW + MICROSECOND)
    await _announce(storage, worker())
    await _announce(storage, later)
    assert await _alive(storage, NOW) == [later]


async def test_the_same_announcement_twice_is_one(storage: Storage) -> None:
    await _announce(storage, worker(), worker())
    assert await _alive(storage, NOW) == [worker()]


async def test_workers_not_seen_for_long_are_not_alive_and_then_forgotten(storage: Storage) -> None:
    await _announce(storage, worker("old"), worker("new", seen_at=NOW + MICROSECOND))
    assert [w.id for w in await _alive(storage, NOW + MICROSECOND)] == ["new"]
    assert [w.id for w in await _alive(storage, NOW)] == ["new", "old"]
    async with storage.begin() as unit:
        assert await unit.workers.remove_lost(NOW) == 0
        assert await unit.workers.remove_lost(NOW + MICROSECOND) == 1
    assert [w.id for w in await _alive(storage, NOW)] == ["new"]


async def test_a_worker_that_leaves_is_forgotten(storage: Storage) -> None:
    await _announce(storage, worker("w"), worker("W"), worker("w "))
    async with storage.begin() as unit:
        await unit.workers.remove("w")
        await unit.workers.remove("w")
    assert [w.id for w in await _alive(storage, NOW)] == ["W", "w "]


async def test_workers_announce_themselves_at_once(storage: Storage) -> None:
    await asyncio.gather(*(_announce(storage, worker(f"w{n}")) for n in range(10)))
    assert len(await _alive(storage, NOW)) == 10


async def _announce(storage: Storage, *workers: Worker) -> None:
    async with storage.begin() as unit:
        for one in workers:
            await unit.workers.announce(one)


async def _alive(storage: Storage, since: datetime) -> list[Worker]:
    async with storage.read() as unit:
        return [*await unit.workers.alive(since)]


# --- what tests begin with ---------------------------------------------------------------------


async def _fill(storage: Storage, *values: User | Challenge) -> None:
    async with storage.begin() as unit:
        await _add_all(unit, values)


async def _add_all(unit: UnitOfWork, values: Sequence[User | Challenge]) -> None:
    for one in values:
        match one:
            case User():
                await unit.users.add(one)
            case Challenge():
                await unit.challenges.add(one)


async def _sign_in(storage: Storage, *names: str) -> None:
    async with storage.begin() as unit:
        for name in names:
            await unit.sessions.add(session(name))


async def _add_tests(storage: Storage, *tests: TestCase) -> None:
    async with storage.begin() as unit:
        await unit.test_cases.add(tests)


async def _add_version(storage: Storage, *tests: TestCase) -> None:
    async with storage.begin() as unit:
        await unit.test_cases.add(tests)
        await unit.challenges.add_version(version(tests=tests))
