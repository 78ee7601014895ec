"""What applying new judgements would change on boards (the best-score ones)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from domain.facts import JudgedFact
from domain.ids import ChallengeId, SubmissionId, UserId
from domain.leaderboard import RuleSet, Standing, whole_board
from domain.pairs import Overall, overall_of, pair_of
from domain.rejudging import BoardChange, RankChange, RejudgeItem
from domain.submission import Submission

MAX_CHANGES = 50
"""Lines of a board that are shown."""


def foreseen_facts(
    own: Iterable[Submission], changed: Mapping[SubmissionId, RejudgeItem]
) -> Sequence[JudgedFact]:
    """What would count of a user's done submissions, the changed ones as they came out anew."""
    found = (_fact(submission, changed.get(submission.id)) for submission in own)
    return [fact for fact in found if fact is not None]


def board_change(
    challenge_id: ChallengeId | None,
    before: Sequence[Standing],
    foreseen: Mapping[UserId, Sequence[JudgedFact]],
) -> BoardChange:
    """What changes on a board when all that counts of some users is what is foreseen."""
    kept = [_overall(line) for line in before if line.user_id not in foreseen]
    new = [_overall_of(facts, challenge_id) for facts in foreseen.values()]
    after = whole_board(RuleSet.BEST_SCORE, [*kept, *(one for one in new if one is not None)])
    old_lines = {line.user_id: line for line in before}
    new_lines = {line.user_id: line for line in after}
    lines = [
        _change(user_id, old_lines.get(user_id), new_lines.get(user_id))
        for user_id in {**old_lines, **new_lines}
    ]
    moved = sum(line.before != line.after for line in lines)
    shown = [line for line in lines if _differs(line)]
    shown.sort(key=lambda line: (line.user_id not in foreseen, -_distance(line), line.user_id))
    return BoardChange(challenge_id=challenge_id, moved=moved, changes=tuple(shown[:MAX_CHANGES]))


def _fact(submission: Submission, item: RejudgeItem | None) -> JudgedFact | None:
    if item is not None and item.new_verdict is not None:
        submission = replace(submission, verdict=item.new_verdict, score=item.new_score)
    if submission.challenge_id is None or submission.verdict is None or not submission.ranked:
        return None
    return JudgedFact(
        submission_id=submission.id,
        user_id=submission.user_id,
        challenge_id=submission.challenge_id,
        language=submission.language,
        submitted_at=submission.submitted_at,
        verdict=submission.verdict,
        score=submission.score or Fraction(0),
        max_score=submission.max_score or Fraction(0),
        cpu_ms=submission.cpu_ms,
    )


def _overall_of(facts: Iterable[JudgedFact], challenge_id: ChallengeId | None) -> Overall | None:
    by_challenge: defaultdict[ChallengeId, list[JudgedFact]] = defaultdict(list)
    for fact in facts:
        if challenge_id in {None, fact.challenge_id}:
            by_challenge[fact.challenge_id].append(fact)
    pairs = [pair_of(own) for own in by_challenge.values()]
    return overall_of(pair for pair in pairs if pair is not None)


def _overall(line: Standing) -> Overall:
    """What the board's rules see in a line of it."""
    return Overall(
        user_id=line.user_id,
        score=line.score,
        reached_at=line.reached_at,
        solved=line.solved,
        penalty_minutes=line.penalty_minutes,
        last_solved_at=line.last_solved_at,
        first_submitted_at=line.reached_at,
        first_solved_at=line.last_solved_at,
    )


def _change(user_id: UserId, old: Standing | None, new: Standing | None) -> RankChange:
    return RankChange(
        user_id=user_id,
        before=old.rank if old else None,
        after=new.rank if new else None,
        score_before=old.score if old else Fraction(0),
        score_after=new.score if new else Fraction(0),
    )


def _differs(line: RankChange) -> bool:
    return line.before != line.after or line.score_before != line.score_after


def _distance(line: RankChange) -> int:
    """How far the line moves; whoever comes or goes moves the most."""
    if line.before is None or line.after is None:
        return 0 if line.before == line.after else 10**9
    return abs(line.before - line.after)
