"""All that a memory storage holds, as dictionaries, and what they refuse."""

from collections.abc import Container
from dataclasses import dataclass, field

from application.ports.idempotency import IdempotencyRecord
from application.ports.workers import Worker
from domain.challenge import Challenge, ChallengeVersion, TestCase
from domain.ids import ChallengeId, RejudgeSetId, SessionId, SubmissionId, TestCaseId, UserId
from domain.rejudging import RejudgeItem, RejudgeSet
from domain.user import Session, User


@dataclass(slots=True, kw_only=True)
class Tables:
    """All that is stored. Only the tables of a running write transaction may be changed."""

    writable: bool = False
    users: dict[UserId, User] = field(default_factory=dict)
    emails: dict[str, UserId] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    challenges: dict[ChallengeId, Challenge] = field(default_factory=dict)
    slugs: dict[str, ChallengeId] = field(default_factory=dict)
    versions: dict[tuple[ChallengeId, int], ChallengeVersion] = field(default_factory=dict)
    test_cases: dict[TestCaseId, TestCase] = field(default_factory=dict)
    idempotency: dict[tuple[UserId, str, str], IdempotencyRecord] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    rejudge_sets: dict[RejudgeSetId, RejudgeSet] = field(default_factory=dict)
    rejudge_items: dict[RejudgeSetId, dict[SubmissionId, RejudgeItem]] = field(default_factory=dict)
    deployment: str | None = None

    def copied(self) -> "Tables":
        return Tables(
            writable=True,
            users=self.users.copy(),
            emails=self.emails.copy(),
            sessions=self.sessions.copy(),
            challenges=self.challenges.copy(),
            slugs=self.slugs.copy(),
            versions=self.versions.copy(),
            test_cases=self.test_cases.copy(),
            idempotency=self.idempotency.copy(),
            workers=self.workers.copy(),
            rejudge_sets=self.rejudge_sets.copy(),
            rejudge_items=self.rejudge_items.copy(),
            deployment=self.deployment,
        )

    @property
    def to_write(self) -> "Tables":
        if not self.writable:
            raise RuntimeError("this transaction is for reading, or it has ended")
        return self


def refuse_known(key: object, table: Container[object]) -> None:
    if key in table:
        raise ValueError(f"{key!r} is stored already")


def refuse_unknown(key: object, table: Container[object]) -> None:
    if key not in table:
        raise ValueError(f"there is no {key!r}")
