"""Challenges, as candidates and as staff read them."""

from application.use_cases.get_open_challenge import ChallengeDetails, Sample
from application.use_cases.list_open_challenges import OpenChallenge
from domain.challenge import Challenge, ChallengeVersion, JudgingRules, Presentation
from domain.ids import LanguageId
from domain.language import Language
from domain.limits import LanguageLimits, Limits
from domain.scoring import Scoring, TestGroup
from entrypoints.http.responses import in_utc, number_or_none
from entrypoints.http.schemas.challenges import (
    AdminChallengeItem,
    AdminChallengeView,
    ChallengeBody,
    ChallengeItem,
    ChallengeLanguageView,
    ChallengeView,
    GroupBody,
    LanguageLimitsBody,
    LanguageView,
    LimitsBody,
    ResolvedLimitsView,
    SampleView,
)
from entrypoints.http.schemas.checkers import checker_body, checker_of


def presentation_of(body: ChallengeBody) -> Presentation:
    """What people read, as it was sent."""
    return Presentation(
        title=body.title,
        statement=body.statement,
        difficulty=body.difficulty,
        tags=tuple(body.tags),
        starter_code={LanguageId(id_): code for id_, code in body.starter_code.items()},
        feedback=body.feedback,
    )


def rules_of(body: ChallengeBody) -> JudgingRules:
    """What judging reads, as it was sent."""
    return JudgingRules(
        limits=Limits(
            time_ms=body.limits.time_ms,
            memory_kib=body.limits.memory_kib,
            output_kib=body.limits.output_kib,
        ),
        language_limits={
            LanguageId(id_): LanguageLimits(time_ms=own.time_ms, memory_kib=own.memory_kib)
            for id_, own in body.language_limits.items()
        },
        languages=tuple(LanguageId(id_) for id_ in body.languages),
        checker=checker_of(body.checker),
        scoring=Scoring(
            kind=body.scoring,
            groups=tuple(
                TestGroup(
                    name=group.name,
                    points=group.points,
                    rule=group.rule,
                    requires=tuple(group.requires),
                )
                for group in body.groups
            ),
        ),
    )


def admin_challenge_view(challenge: Challenge, version: ChallengeVersion) -> AdminChallengeView:
    """A challenge with its newest version, whole."""
    shown, rules = challenge.presentation, version.rules
    return AdminChallengeView(
        id=challenge.id,
        slug=challenge.slug,
        title=shown.title,
        statement=shown.statement,
        difficulty=shown.difficulty,
        tags=list(shown.tags),
        limits=LimitsBody(
            time_ms=rules.limits.time_ms,
            memory_kib=rules.limits.memory_kib,
            output_kib=rules.limits.output_kib,
        ),
        language_limits={
            str(id_): LanguageLimitsBody(time_ms=own.time_ms, memory_kib=own.memory_kib)
            for id_, own in rules.language_limits.items()
        },
        languages=list(rules.languages),
        checker=checker_body(rules.checker),
        scoring=rules.scoring.kind,
        groups=[_group(group) for group in rules.scoring.groups],
        starter_code={str(id_): code for id_, code in shown.starter_code.items()},
        feedback=shown.feedback,
        status=challenge.status,
        version=challenge.version,
        published_version=challenge.published_version,
        version_hash=version.hash,
        revision=challenge.revision,
        resolved_limits={
            str(id_): _resolved(limits) for id_, limits in version.resolved_limits.items()
        },
        test_count=len(version.test_ids),
        max_score=version.max_score,
        created_at=in_utc(challenge.created_at),
        updated_at=in_utc(challenge.updated_at),
    )


def admin_challenge_item(challenge: Challenge, version: ChallengeVersion) -> AdminChallengeItem:
    """A challenge in the staff's list."""
    return AdminChallengeItem(
        id=challenge.id,
        slug=challenge.slug,
        title=challenge.presentation.title,
        difficulty=challenge.presentation.difficulty,
        tags=list(challenge.presentation.tags),
        status=challenge.status,
        version=challenge.version,
        published_version=challenge.published_version,
        revision=challenge.revision,
        test_count=len(version.test_ids),
        max_score=version.max_score,
        created_at=in_utc(challenge.created_at),
        updated_at=in_utc(challenge.updated_at),
    )


def challenge_item(found: OpenChallenge) -> ChallengeItem:
    """A published challenge in the candidate's list."""
    challenge, progress = found.challenge, found.progress
    return ChallengeItem(
        id=challenge.id,
        slug=challenge.slug,
        title=challenge.presentation.title,
        difficulty=challenge.presentation.difficulty,
        tags=list(challenge.presentation.tags),
        max_score=found.version.max_score,
        best_score=number_or_none(progress.best_score if progress else None),
        solved=progress is not None and progress.solved,
    )


def challenge_view(details: ChallengeDetails) -> ChallengeView:
    """All that a candidate may know of a challenge."""
    challenge, version, progress = details.challenge, details.version, details.progress
    shown = challenge.presentation
    taken = {language.id for language, _ in details.languages}
    return ChallengeView(
        id=challenge.id,
        slug=challenge.slug,
        title=shown.title,
        statement=shown.statement,
        difficulty=shown.difficulty,
        tags=list(shown.tags),
        version=version.number,
        limits=_resolved(version.rules.limits),
        languages=[_language(language, limits) for language, limits in details.languages],
        samples=[_sample(sample) for sample in details.samples],
        starter_code={str(id_): code for id_, code in shown.starter_code.items() if id_ in taken},
        feedback=shown.feedback,
        scoring=version.rules.scoring.kind,
        max_score=version.max_score,
        best_score=number_or_none(progress.best_score if progress else None),
        solved=progress is not None and progress.solved,
    )


def language_view(language: Language) -> LanguageView:
    """A language that this installation really runs."""
    return LanguageView(
        id=language.id,
        name=language.name,
        version=language.version,
        file_name=language.file_name,
        compile_command=language.compile_command,
        run_command=language.run_command,
    )


def _group(group: TestGroup) -> GroupBody:
    return GroupBody(
        name=group.name, points=group.points, rule=group.rule, requires=list(group.requires)
    )


def _resolved(limits: Limits) -> ResolvedLimitsView:
    return ResolvedLimitsView(
        time_ms=limits.time_ms, memory_kib=limits.memory_kib, output_kib=limits.output_kib
    )


def _language(language: Language, limits: Limits) -> ChallengeLanguageView:
    return ChallengeLanguageView(
        id=language.id, name=language.name, time_ms=limits.time_ms, memory_kib=limits.memory_kib
    )


def _sample(sample: Sample) -> SampleView:
    return SampleView(
        name=sample.name,
        input=sample.input.decode("utf-8", "replace"),
        expected_output=sample.expected_output.decode("utf-8", "replace"),
        explanation=sample.explanation,
        truncated=sample.truncated,
    )
