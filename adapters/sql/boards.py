"""Boards, read off indexes that hold their order."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, false, func, or_, select

from adapters.sql.settling import pair_from
from adapters.sql.tables import pair_standings, user_standings
from application.ports.totals import BoardPage
from domain.ids import UserId
from domain.leaderboard import BoardId, RuleSet, Standing, standing, standings
from domain.pairs import Overall, overall_of


def page(connection: Connection, *, board: BoardId, after: int, limit: int) -> BoardPage:
    table = _table(board)
    ordered = select(table).where(*_on(board)).order_by(*_order(board))
    rows = connection.execute(ordered.offset(after).limit(limit)).mappings().all()
    total = connection.execute(select(func.count()).select_from(table).where(*_on(board)))
    lines: Sequence[Standing] = ()
    if rows:
        first_rank = _rank(connection, board, rows[0])
        overalls = [_overall(row) for row in rows]
        lines = standings(board.rules, overalls, after=after, first_rank=first_rank)
    return BoardPage(lines=list(lines), total=total.scalar_one())


def own(connection: Connection, *, board: BoardId, user_id: UserId) -> Standing | None:
    table = _table(board)
    mine = select(table).where(table.c.user_id == user_id, *_on(board))
    row = connection.execute(mine).mappings().first()
    return None if row is None else standing(_overall(row), _rank(connection, board, row))


def _rank(connection: Connection, board: BoardId, row: RowMapping) -> int:
    better = select(func.count()).select_from(_table(board))
    return 1 + connection.execute(better.where(*_on(board), _better(board, row))).scalar_one()


def _table(board: BoardId) -> Any:
    return user_standings if board.challenge_id is None else pair_standings


def _on(board: BoardId) -> Sequence[ColumnElement[bool]]:
    if board.challenge_id is None:
        return ()
    return (pair_standings.c.challenge_id == board.challenge_id,)


def _overall(row: RowMapping) -> Overall:
    if "challenge_id" not in row:
        return Overall(**row)
    overall = overall_of([pair_from(row)])
    if overall is None:
        raise ValueError("a pair makes one line")
    return overall


def _merits(board: BoardId) -> tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]:
    """What more, what less and what earlier is better, as `domain.leaderboard.merit` has it."""
    c = _table(board).c
    moments = "last_solved_at" if board.challenge_id is None else "solved_at"
    match board.rules:
        case RuleSet.BEST_SCORE:
            score = "score" if board.challenge_id is None else "best_score"
            return c[score], c.penalty_minutes, c.reached_at
        case RuleSet.ICPC:
            return c.solved, c.penalty_minutes, c[moments]


def _order(board: BoardId) -> Sequence[ColumnElement[Any]]:
    """Who has solved nothing has no moment, and ties with all others of that kind."""
    high, low, at = _merits(board)
    user = _table(board).c.user_id
    if board.rules is RuleSet.BEST_SCORE:
        return high.desc(), at, user
    return high.desc(), low, at, user


def _better(board: BoardId, row: RowMapping) -> ColumnElement[bool]:
    high, low, at = _merits(board)
    own_high, own_low, own_at = row[high], row[low], row[at]
    earlier: ColumnElement[bool] = false() if own_at is None else at < own_at
    if board.rules is RuleSet.ICPC:
        earlier = or_(low < own_low, and_(low == own_low, earlier))
    return or_(high > own_high, and_(high == own_high, earlier))
