"""What a checker said of one run: read from its exit code and from the files that it left.

A checker that breaks its own protocol says nothing: that is a fault of the checker, never of the
program that it was to judge.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.checker_program import CheckerProtocol

JUDGE_MESSAGE = "judgemessage.txt"
JUDGE_ERROR = "judgeerror.txt"
TEAM_MESSAGE = "teammessage.txt"
SCORE = "score.txt"
SCORE_MULTIPLIER = "score_multiplier.txt"
NEXT_PASS = "nextpass.in"  # noqa: S105 - a file name
MAX_MESSAGE_BYTES = 4 * 1024
"""Of one message; what is over is cut."""

_ICPC = {42: True, 43: False}
_TESTLIB = {0: True, 1: False, 2: False, 4: False, 8: False, 7: True}
"""4 and 8 (output too long, too short) are presentation errors, as 2 is; 7 comes with points."""
_TESTLIB_FAILED = 3
_TESTLIB_POINTS = 7
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,2})?"
)
_POINTS = re.compile(rf"\s*points\s+({_NUMBER.pattern})(?!\S)")
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckerReport:
    """What a checker said of one run: facts, never a verdict.

    With a `fault` nothing else counts but the messages. `score` is in points of the test,
    `multiplier` a part of them; at most one is set, and only by a checker that accepts.
    `judge_message` and `fault` are for staff only. `ended_first` is of an interactor that ended
    before the program did, `overran` of one that had to be ended.
    """

    accepted: bool = False
    score: Fraction | None = None
    multiplier: Fraction | None = None
    team_message: str = ""
    judge_message: str = ""
    fault: str | None = None
    ended_first: bool = False
    overran: bool = False

    def share_of(self, marks: Fraction) -> Fraction:
        """The part of a test's marks that it gave; over 1 where it gave more than there are.

        Points for a test that is worth nothing mean nothing.
        """
        if not self.accepted:
            return Fraction(0)
        if self.multiplier is not None:
            return self.multiplier
        return self.score / marks if self.score is not None and marks else Fraction(1)


class _Broken(Exception):
    """The checker broke the protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a checker ended: its exit code, its standard error and the files that it left."""

    exit_code: int
    stderr: bytes = b""
    files: Mapping[str, bytes]


def report_of(protocol: CheckerProtocol, answer: Answer) -> CheckerReport:
    """What the checker said; a fault where that is not what its protocol allows."""
    notes = (
        answer.files.get(JUDGE_MESSAGE, b""),
        answer.files.get(JUDGE_ERROR, b""),
        answer.stderr if protocol is CheckerProtocol.TESTLIB else b"",
    )
    said = CheckerReport(
        judge_message="\n".join(filter(None, map(message_text, notes))),
        team_message=message_text(answer.files.get(TEAM_MESSAGE, b"")),
    )
    try:
        accepted, score, multiplier = _by_protocol(protocol, answer)
    except _Broken as broken:
        return _with(said, fault=str(broken))
    return _with(said, accepted=accepted, score=score, multiplier=multiplier)


def message_text(data: bytes) -> str:
    """Its beginning as text, without blanks at the ends; NUL and what is not UTF-8 replaced."""
    text = data[:MAX_MESSAGE_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return text.encode()[:MAX_MESSAGE_BYTES].decode("utf-8", "ignore").strip()


def _with(
    said: CheckerReport,
    *,
    accepted: bool = False,
    score: Fraction | None = None,
    multiplier: Fraction | None = None,
    fault: str | None = None,
) -> CheckerReport:
    return CheckerReport(
        accepted=accepted,
        score=score,
        multiplier=multiplier,
        team_message=said.team_message,
        judge_message=said.judge_message,
        fault=fault,
    )


def _by_protocol(
    protocol: CheckerProtocol, answer: Answer
) -> tuple[bool, Fraction | None, Fraction | None]:
    match protocol:
        case CheckerProtocol.ICPC:
            return _icpc(answer)
        case CheckerProtocol.TESTLIB:
            return _testlib(answer)


def _icpc(answer: Answer) -> tuple[bool, Fraction | None, Fraction | None]:
    accepted = _ICPC.get(answer.exit_code)
    if accepted is None:
        raise _Broken(_why(f"the checker ended with exit code {answer.exit_code}", answer))
    if not accepted and NEXT_PASS in answer.files:
        raise _Broken(f"the checker left {NEXT_PASS}, but does not accept")
    score = _number_in(answer, SCORE)
    multiplier = _number_in(answer, SCORE_MULTIPLIER)
    if not accepted and (score is not None or multiplier is not None):
        raise _Broken("the checker gave a score, but does not accept")
    if score is not None and multiplier is not None:
        raise _Broken(f"the checker left both {SCORE} and {SCORE_MULTIPLIER}")
    if score is not None and score < 0:
        raise _Broken(f"{SCORE} is below 0")
    if multiplier is not None and not 0 <= multiplier <= 1:
        raise _Broken(f"{SCORE_MULTIPLIER} is not from 0 to 1")
    return accepted, score, multiplier


def _testlib(answer: Answer) -> tuple[bool, Fraction | None, Fraction | None]:
    if answer.exit_code == _TESTLIB_FAILED:
        raise _Broken(_why("the checker says that it failed", answer))
    accepted = _TESTLIB.get(answer.exit_code)
    if accepted is None:
        raise _Broken(_why(f"the checker ended with exit code {answer.exit_code}", answer))
    if answer.exit_code != _TESTLIB_POINTS:
        return accepted, None, None
    points = _POINTS.match(message_text(answer.stderr))
    if points is None:
        raise _Broken(_why("the checker gave points, but did not say how many", answer))
    score = _fraction(points.group(1))
    if score < 0:
        raise _Broken("the checker gave points below 0")
    return True, score, None


def _why(what: str, answer: Answer) -> str:
    """What is the case, and the last that the checker said of it."""
    words = message_text(answer.files.get(JUDGE_ERROR, b""))
    words = words or message_text(answer.stderr[-MAX_MESSAGE_BYTES:])
    return f"{what}: {words}" if words else what


def _number_in(answer: Answer, name: str) -> Fraction | None:
    if name not in answer.files:
        return None
    text = answer.files[name][:_SHOWN].decode("utf-8", "replace").strip()
    if not _NUMBER.fullmatch(text):
        raise _Broken(f"{name} does not hold one decimal number")
    return _fraction(text)


def _fraction(text: str) -> Fraction:
    return Fraction(Decimal(text))
