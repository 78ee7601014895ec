"""How a version of a challenge is made: tests ordered, limits resolved, all of it hashed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from domain.challenge import (
    MAX_TESTS,
    Challenge,
    ChallengeVersion,
    JudgingRules,
    TestCase,
    in_judging_order,
)
from domain.errors import InvalidChallenge
from domain.ids import ChallengeId, LanguageId
from domain.language import Language, resolve_limits
from domain.limits import Limits
from domain.scoring import ScoredTest, ScoringKind, max_score


def make_version(
    *,
    challenge_id: ChallengeId,
    number: int,
    rules: JudgingRules,
    tests: Sequence[TestCase],
    offered: Sequence[Language],
    created_at: datetime,
) -> ChallengeVersion:
    """The version of these rules and tests, its limits resolved for the languages offered now.

    Raises:
        InvalidChallenge: there are too many tests, or one is in a group that the scoring lacks.
    """
    ordered = in_judging_order(tuple(tests))
    _check_tests(rules, ordered)
    resolved = {
        language.id: resolve_limits(rules.limits, language, rules.language_limits.get(language.id))
        for language in offered
    }
    return ChallengeVersion(
        challenge_id=challenge_id,
        number=number,
        rules=rules,
        resolved_limits=resolved,
        test_ids=tuple(test.id for test in ordered),
        max_score=max_score(rules.scoring, [_full_marks(test) for test in ordered]),
        hash=_hash(rules, resolved, ordered),
        created_at=created_at,
    )


def check_reach(rules: JudgingRules, offered: Sequence[Language]) -> None:
    """Return if each language that the challenge takes can be judged with its limits.

    Raises:
        InvalidChallenge: a limit is over what the language's judge can do.
    """
    for language in offered:
        taken = not rules.languages or language.id in rules.languages
        if language.most is None or not taken:
            continue
        own = rules.language_limits.get(language.id)
        limits, most = resolve_limits(rules.limits, language, own), language.most
        for field, wanted, can, stated in (
            ("time_ms", limits.time_ms, most.time_ms, own and own.time_ms),
            ("memory_kib", limits.memory_kib, most.memory_kib, own and own.memory_kib),
        ):
            if wanted > can:
                where = f"/language_limits/{language.id}" if stated else "/limits"
                detail = f"is {wanted} for {language.name}, whose judge can do {can} at most"
                raise InvalidChallenge(f"{where}/{field}", detail)


def check_checker_offered(rules: JudgingRules, offered: Sequence[Language]) -> None:
    """Return if the challenge's checker, where that is a program, can be run.

    Raises:
        InvalidChallenge: its language is not offered, or its judge runs no checkers.
    """
    checker = rules.checker.program
    if checker is None:
        return
    language = next((one for one in offered if one.id == checker.language), None)
    if language is None:
        raise InvalidChallenge("/checker/language", f"{checker.language} is not offered here")
    if not language.runs_checkers:
        detail = "is of a judge that runs no checkers; a local sandbox does"
        raise InvalidChallenge("/checker/language", detail)


def moved_on(challenge: Challenge, version: ChallengeVersion, now: datetime) -> Challenge:
    """The challenge one revision later, with this version as its newest and its published one."""
    return replace(
        challenge,
        revision=challenge.revision + 1,
        version=version.number,
        published_version=version.number,
        updated_at=now,
    )


def limits_for(version: ChallengeVersion, language: Language) -> Limits:
    """The limits of a language; one that was not offered when the version was made gets its own."""
    own = version.rules.language_limits.get(language.id)
    return version.resolved_limits.get(language.id) or resolve_limits(
        version.rules.limits, language, own
    )


def allows(version: ChallengeVersion, language: LanguageId) -> bool:
    """Whether the challenge takes programs in this language."""
    return not version.rules.languages or language in version.rules.languages


def _check_tests(rules: JudgingRules, tests: Sequence[TestCase]) -> None:
    if len(tests) > MAX_TESTS:
        raise InvalidChallenge("/testcases", f"a challenge has at most {MAX_TESTS} tests")
    if rules.scoring.kind is not ScoringKind.GROUPS:
        return
    known = {group.name for group in rules.scoring.groups}
    stray = next((t for t in tests if t.group is not None and t.group not in known), None)
    if stray is not None:
        raise InvalidChallenge(
            "/groups", f"has no group {stray.group!r}, which the test {stray.name!r} is in"
        )


def _full_marks(test: TestCase) -> ScoredTest:
    return ScoredTest(weight=test.weight, group=test.group, accepted=True)


def _hash(
    rules: JudgingRules, resolved: dict[LanguageId, Limits], tests: Sequence[TestCase]
) -> str:
    """SHA-256 over all that judging reads, ids left out: equal content has an equal hash."""
    written = asdict(rules)  # type: ignore[misc]  # a dict[str, Any], as JSON has it
    if rules.checker.program is None:
        del written["checker"]["program"]  # type: ignore[misc]  # as before there were programs
    read = {
        "rules": written,  # type: ignore[misc]
        "resolved_limits": {id_: asdict(limits) for id_, limits in resolved.items()},  # type: ignore[misc]
        "tests": [
            (t.name, t.visibility, t.input.key, t.expected_output.key, t.weight, t.group)
            for t in tests
        ],
    }
    text = json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
