"""Values to store, complete and awkward unless told otherwise."""

import hashlib
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from application.ports.idempotency import IdempotencyKey, IdempotencyRecord
from application.ports.submissions import HandedIn, Lease
from application.ports.workers import Worker
from domain.challenge import (
    Challenge,
    ChallengeStatus,
    ChallengeVersion,
    Difficulty,
    Feedback,
    JudgingRules,
    Presentation,
    TestCase,
    TestData,
    Visibility,
)
from domain.checking import Checker, CheckerKind
from domain.ids import (
    BlobKey,
    ChallengeId,
    LanguageId,
    SessionId,
    SubmissionId,
    TestCaseId,
    UserId,
)
from domain.judgement import JudgedTest, Judgement, Verdict
from domain.language import Language
from domain.limits import LanguageLimits, Limits
from domain.program import Program, SourceFile
from domain.run import Means
from domain.scoring import GroupRule, Scoring, ScoringKind, TestGroup
from domain.submission import Submission, SubmissionKind, SubmissionStatus
from domain.user import Role, Session, User

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
ALICE, BOB, CAROL = UserId("alice"), UserId("bob"), UserId("carol")
SUM, MAX = ChallengeId("sum"), ChallengeId("max")
PYTHON, CPP = LanguageId("python3"), LanguageId("cpp")
AWKWARD_TEXTS = (
    "",
    " ",
    "two spaces at the end  ",
    "a line\r\nand\tanother\n",
    "na\u00efve \U0001f9d1\u200d\U0001f680 \u65e5\u672c\u8a9e \u0627\u0644\u0639\u0631\u0628",
    "e\u0301 is not \u00e9",
    "'; DROP TABLE users; -- \\ \" % _ ${jndi} {0}",
    "\ufeffa mark first, \uffff and \U0010ffff last",
    "\x01\x1f\x7f\x85\u2028",
    "\u00df" * 200,
)


def user(
    name: str = "alice",
    *,
    email: str | None = None,
    role: Role = Role.CANDIDATE,
    disabled: bool = False,
    display_name: str = "Alice \U0001f680 ",
) -> User:
    return User(
        id=UserId(name),
        email=email or f"{name}@Example.org",
        display_name=display_name,
        password_hash="$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",  # noqa: S106
        role=role,
        disabled=disabled,
        created_at=NOW,
    )


def session(name: str = "s1", *, of: str = "alice", expires_at: datetime | None = None) -> Session:
    return Session(
        id=SessionId(name),
        user_id=UserId(of),
        created_at=NOW,
        rotated_at=NOW + MICROSECOND,
        expires_at=expires_at or NOW + timedelta(days=30),
    )


def worker(name: str = "w1", *, seen_at: datetime = NOW) -> Worker:
    python = Language(
        id=PYTHON,
        name="Python \U0001f40d",
        version="3.11 ",
        file_name="main.py",
        compile_command=None,
        run_command="python3 main.py",
        time_factor=Fraction(5, 2),
        extra_memory_kib=65_536,
    )
    return Worker(id=name, slots=2, languages=(python,), started_at=NOW, seen_at=seen_at)


def presentation(
    title: str = "Two Sum",
    *,
    difficulty: Difficulty = Difficulty.EASY,
    tags: tuple[str, ...] = (),
) -> Presentation:
    return Presentation(title=title, difficulty=difficulty, tags=tags)


FULL_PRESENTATION = Presentation(
    title="  \u00c9tude \U0001f3b5 ",
    statement="# Sum\r\n\r\n" + "\u00e9\U0001f680 $x_i \\le 10^9$\n" * 5_000,
    difficulty=Difficulty.HARD,
    tags=("b", "a", "\u00e9 \U0001f680"),
    starter_code={CPP: "int main() {}\r\n", PYTHON: ""},
    feedback=Feedback.SUMMARY,
)
FULL_RULES = JudgingRules(
    limits=Limits(time_ms=50, memory_kib=4_194_304, output_kib=1),
    language_limits={
        CPP: LanguageLimits(time_ms=60_000),
        PYTHON: LanguageLimits(memory_kib=16_384),
        LanguageId("go"): LanguageLimits(),
    },
    languages=(PYTHON, CPP),
    checker=Checker(kind=CheckerKind.FLOAT, case_sensitive=True, absolute="1e-9", relative="0.1"),
    scoring=Scoring(
        kind=ScoringKind.GROUPS,
        groups=(
            TestGroup(name="\u00e9 small", points=0),
            TestGroup(
                name="large", points=1_000_000, rule=GroupRule.SUM, requires=("\u00e9 small",)
            ),
        ),
    ),
)


def challenge(
    name: str = "sum",
    *,
    slug: str | None = None,
    status: ChallengeStatus = ChallengeStatus.DRAFT,
    shown: Presentation | None = None,
    revision: int = 1,
) -> Challenge:
    return Challenge(
        id=ChallengeId(name),
        slug=slug or f"{name}-slug",
        presentation=shown or presentation(),
        status=status,
        revision=revision,
        version=1,
        published_version=0,
        created_at=NOW,
        updated_at=NOW + MICROSECOND,
    )


def version(
    number: int = 1,
    *,
    of: str = "sum",
    tests: tuple[TestCase, ...] = (),
    rules: JudgingRules | None = None,
) -> ChallengeVersion:
    return ChallengeVersion(
        challenge_id=ChallengeId(of),
        number=number,
        rules=rules or JudgingRules(),
        resolved_limits={CPP: Limits(), PYTHON: Limits(time_ms=60_000, memory_kib=16_384)},
        test_ids=tuple(test.id for test in tests),
        max_score=10_000_000_000,
        hash=hashlib.sha256(f"{of}.{number}".encode()).hexdigest(),
        created_at=NOW,
    )


def inline(content: bytes) -> TestData:
    return TestData(key=key_of(content), size_bytes=len(content), inline=content)


def beside(content: bytes) -> TestData:
    return TestData(key=key_of(content), size_bytes=len(content))


def key_of(content: bytes) -> BlobKey:
    return BlobKey(hashlib.sha256(content).hexdigest())


def case(
    name: str = "t1",
    *,
    of: str = "sum",
    given: TestData | None = None,
    wanted: TestData | None = None,
    explanation: str = "",
) -> TestCase:
    return TestCase(
        id=TestCaseId(name),
        challenge_id=ChallengeId(of),
        name=name,
        visibility=Visibility.PUBLIC,
        input=given or inline(b"1 2\n"),
        expected_output=wanted or inline(b"3\n"),
        weight=1_000_000,
        group=None,
        explanation=explanation,
        position=0,
        since_version=1,
    )


def idempotency_key(
    *, user_id: UserId = ALICE, route: str = "POST /x", key: str = "k", body_hash: str = "h"
) -> IdempotencyKey:
    return IdempotencyKey(user_id=user_id, route=route, key=key, body_hash=body_hash)


def idempotency_record(
    key: IdempotencyKey, *, result: str = "r", created_at: datetime = NOW
) -> IdempotencyRecord:
    return IdempotencyRecord(key=key, result=result, created_at=created_at)


def submission(  # noqa: PLR0913 - a builder: every argument is one field
    name: str = "s1",
    *,
    of: UserId = ALICE,
    to: ChallengeId | None = SUM,
    kind: SubmissionKind = SubmissionKind.SUBMISSION,
    at: datetime = NOW,
    language: LanguageId = PYTHON,
    ranked: bool = True,
    expires_at: datetime | None = None,
) -> Submission:
    return Submission(
        id=SubmissionId(name),
        kind=kind,
        user_id=of,
        challenge_id=to,
        challenge_version=None if to is None else 1,
        language=language,
        ranked=ranked,
        submitted_at=at,
        status=SubmissionStatus.QUEUED,
        expires_at=expires_at,
    )


def run(name: str = "r1", *, of: UserId = ALICE, expires_at: datetime | None = None) -> Submission:
    return submission(
        name, of=of, kind=SubmissionKind.RUN, ranked=False, expires_at=expires_at or NOW + SECOND
    )


def handed_in(source: str = "print(1)\n", stdin: str | None = None) -> HandedIn:
    return HandedIn(program=Program(files=(SourceFile(name="", content=source),)), stdin=stdin)


def lease(
    token: str = "token-1",  # noqa: S107
    *,
    worker: str = "w1",
    expires_at: datetime = NOW + timedelta(seconds=30),
) -> Lease:
    return Lease(token=token, worker=worker, expires_at=expires_at)


def judged(
    ordinal: int = 1, verdict: Verdict = Verdict.ACCEPTED, *, output: str | None = None
) -> JudgedTest:
    return JudgedTest(ordinal=ordinal, verdict=verdict, output=output, cpu_ms=0, exit_code=0)


def judgement(
    number: int = 1,
    *,
    verdict: Verdict = Verdict.ACCEPTED,
    score: Fraction | int = 100,
    tests: tuple[JudgedTest, ...] = (),
    challenge_version: int | None = 1,
) -> Judgement:
    return Judgement(
        number=number,
        challenge_version=challenge_version,
        verdict=verdict,
        score=Fraction(score),
        max_score=Fraction(100),
        cpu_ms=0,
        memory_kib=None,
        compile_output=None,
        tests=tests,
        judged_at=NOW + timedelta(seconds=2),
        limits=Limits(time_ms=60_000, memory_kib=16_384, output_kib=65_536),
        means=Means(toolchain="gcc \U0001f680 12.2 ", judge="judge 1", wall_time_ms=120_000),
    )
