"""Rejudge sets as staff see them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from domain.ids import ChallengeId, LanguageId, SubmissionId, UserId
from domain.rejudging import (
    BoardChange,
    Impact,
    ItemCount,
    ItemState,
    RejudgeItem,
    RejudgeSet,
    Wanted,
)
from entrypoints.http.problems import misfit
from entrypoints.http.responses import in_utc, number, number_or_none
from entrypoints.http.schemas.rejudges import (
    BoardChangeView,
    ImpactView,
    MatrixCell,
    RankChangeView,
    RejudgedView,
    RejudgeFilter,
    RejudgeSetItem,
    RejudgeSetView,
    ScoreChanges,
)

_FIRST_YEAR, _LAST_YEAR = 2000, 9000


def wanted_of(body: RejudgeFilter) -> Wanted:
    """What is asked for.

    Raises:
        Refused: 422, a moment is none of this world.
    """
    return Wanted(
        ids=None if body.ids is None else tuple(SubmissionId(one) for one in body.ids),
        challenge_id=None if body.challenge_id is None else ChallengeId(body.challenge_id),
        user_id=None if body.user_id is None else UserId(body.user_id),
        verdict=body.verdict,
        language=None if body.language is None else LanguageId(body.language),
        since=_moment("/filter/from", body.since),
        until=_moment("/filter/to", body.until),
    )


def rejudge_set_item(found: RejudgeSet) -> RejudgeSetItem:
    """A set in a list."""
    wanted = found.wanted
    return RejudgeSetItem(
        id=found.id,
        state=found.state,
        version=found.version,
        filter=RejudgeFilter(
            ids=None if wanted.ids is None else list(wanted.ids),
            challenge_id=wanted.challenge_id,
            user_id=wanted.user_id,
            verdict=wanted.verdict,
            language=wanted.language,
            since=None if wanted.since is None else in_utc(wanted.since),
            until=None if wanted.until is None else in_utc(wanted.until),
        ),
        total=found.total,
        created_by=found.created_by,
        created_at=in_utc(found.created_at),
        updated_at=in_utc(found.updated_at),
    )


def rejudge_set_view(found: RejudgeSet, counts: Sequence[ItemCount]) -> RejudgeSetView:
    """A set with what came out so far."""
    item = rejudge_set_item(found)
    progress = Counter({one.state: 0 for one in counts})
    cells = Counter({(one.old_verdict, one.new_verdict): 0 for one in counts})
    for one in counts:
        progress[one.state] += one.count
        cells[one.old_verdict, one.new_verdict] += one.count
    return RejudgeSetView(
        **{name: getattr(item, name) for name in item.__struct_fields__},
        progress={state: progress[state] for state in ItemState},
        matrix=[
            MatrixCell(old=old, new=new, count=count)
            for (old, new), count in sorted(cells.items(), key=str)
            if new is not None
        ],
        scores=ScoreChanges(
            raised=sum(one.raised for one in counts), lowered=sum(one.lowered for one in counts)
        ),
        impact=None if found.impact is None else _impact(found.impact),
    )


def rejudged_view(item: RejudgeItem) -> RejudgedView:
    """One submission of a set."""
    return RejudgedView(
        submission_id=item.submission_id,
        user_id=item.user_id,
        challenge_id=item.challenge_id,
        language=item.language,
        state=item.state,
        old_judgement=item.base,
        old_verdict=item.old_verdict,
        old_score=number(item.old_score),
        new_judgement=item.first_number,
        new_verdict=item.new_verdict,
        new_score=number_or_none(item.new_score),
        second_judgement=item.second_number,
        second_verdict=item.second_verdict,
        second_score=number_or_none(item.second_score),
    )


def _moment(pointer: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise misfit(pointer, f"is not between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return moment.astimezone(UTC)


def _impact(impact: Impact) -> ImpactView:
    return ImpactView(
        computed_at=in_utc(impact.computed_at),
        complete=impact.complete,
        boards=[_board(board) for board in impact.boards],
    )


def _board(board: BoardChange) -> BoardChangeView:
    return BoardChangeView(
        challenge_id=board.challenge_id,
        moved=board.moved,
        changes=[
            RankChangeView(
                user_id=line.user_id,
                rank_before=line.before,
                rank_after=line.after,
                score_before=number(line.score_before),
                score_after=number(line.score_after),
            )
            for line in board.changes
        ],
    )
