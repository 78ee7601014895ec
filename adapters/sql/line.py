"""Where in the line a piece of work stands, counted from the index of work alone."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, distinct, func, or_, select

from adapters.sql.tables import submissions
from domain.ids import SubmissionId, UserId
from domain.submission import more_urgent

_columns = submissions.c
_WORK_INDEX = "FORCE INDEX (ix_submissions_work)"


def position_of(
    connection: Connection, *, submission_id: SubmissionId, now: datetime
) -> int | None:
    known = select(_columns.work_class, _columns.user_id, _columns.lease_expires_at)
    mine = connection.execute(known.where(_columns.id == submission_id)).first()
    if mine is None or mine.work_class is None:
        return None
    if mine.lease_expires_at is not None and mine.lease_expires_at > now:
        return None
    urgent = and_(_columns.work_class.in_(more_urgent(mine.work_class)), _columns.due_at <= now)
    alike = and_(_columns.work_class == mine.work_class, _columns.due_at <= now)
    older = _columns.id < submission_id
    own = and_(alike, _columns.user_id == mine.user_id, older)
    turn = _count(connection, select(func.count()).where(own))
    before = _count(connection, select(func.count()).where(urgent))
    if turn == 0:
        users = select(func.count(distinct(_columns.user_id)))
        return before + _count(connection, users.where(alike, older)) + 1
    return before + turn + _of_others(connection, alike, mine.user_id, turn, submission_id) + 1


def _of_others(
    connection: Connection,
    alike: ColumnElement[bool],
    user_id: UserId,
    turn: int,
    submission_id: SubmissionId,
) -> int:
    """What of other users' work comes before: that of earlier turns, and the older of the same."""
    number = func.row_number().over(partition_by=_columns.user_id, order_by=_columns.id)
    turns = select(_columns.id, (number - 1).label("turn")).where(
        alike, _columns.user_id != user_id
    )
    others = turns.with_hint(submissions, _WORK_INDEX, "mysql").subquery()
    same_turn = and_(others.c.turn == turn, others.c.id < submission_id)
    ahead = select(func.count()).select_from(others).where(or_(others.c.turn < turn, same_turn))
    found: int = connection.execute(ahead).scalar_one()
    return found


def _count(connection: Connection, counted: Select[int]) -> int:
    hinted = counted.select_from(submissions).with_hint(submissions, _WORK_INDEX, "mysql")
    found: int = connection.execute(hinted).scalar_one()
    return found
