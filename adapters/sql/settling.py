"""Settlement in a SQL database: outcomes are added to standings and tallies, one batch at a time.

One transaction a batch, and one settler at a time: a tally is read, added to and written back.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    bindparam,
    select,
    update,
)
from sqlalchemy.dialects import mysql

from adapters.documents.judgements import unpacked, verdicts_from
from adapters.sql import settled_totals
from adapters.sql.tables import (
    judgements,
    pair_standings,
    settling,
    submissions,
)
from domain.facts import JudgedFact
from domain.ids import ChallengeId, LanguageId, UserId
from domain.pairs import Pair
from domain.settling import Change, UserState, settlement

_columns = submissions.c
_IS_UNSETTLED = _columns.unsettled.is_not(None)
_FACT = (
    _columns.id.label("submission_id"),
    _columns.user_id,
    _columns.challenge_id,
    _columns.language,
    _columns.submitted_at,
    _columns.verdict,
    _columns.score,
    _columns.max_score,
    _columns.cpu_ms,
)
_UNSETTLED = (
    select(*_FACT, _columns.challenge_version, _columns.judgement_number, _columns.settled_number)
    .where(_IS_UNSETTLED)
    .order_by(_columns.id)
    .with_for_update()
)
_ANY_LEFT = select(_columns.id).where(_IS_UNSETTLED).limit(1)
_SETTLED = update(submissions).where(_columns.id == bindparam("this"))


def is_any_left(connection: Connection) -> bool:
    """Whether there is something to settle, seen without waiting for anybody."""
    return connection.execute(_ANY_LEFT).first() is not None


def settle(connection: Connection, *, limit: int) -> int:
    """The rows stay locked until the end: what is added is what they name at the end, too."""
    _be_alone(connection)
    rows = connection.execute(_UNSETTLED.limit(limit)).mappings().all()
    if not rows:
        return 0
    changes = _changes(connection, rows)
    done = settlement(changes, _states(connection, [change.after for change in changes]))
    settled_totals.add(connection, done)
    connection.execute(
        _SETTLED,
        [
            {
                "this": row["submission_id"],
                "settled_number": row["judgement_number"],
                "unsettled": None,
            }
            for row in rows
        ],
    )
    return len(rows)


def forget(connection: Connection) -> None:
    """Nothing is settled any more."""
    _be_alone(connection)
    settled_totals.forget(connection)
    settled = update(submissions).where(_columns.settled_number > 0)
    connection.execute(settled.values(settled_number=0, unsettled=True))


def _be_alone(connection: Connection) -> None:
    """Wait for whoever settles; in SQLite there is one writer anyway."""
    if connection.dialect.name == "sqlite":
        return
    only = mysql.insert(settling).values(only=1)
    connection.execute(only.on_duplicate_key_update(only=1))


def _changes(connection: Connection, rows: Sequence[RowMapping]) -> Sequence[Change]:
    now = {(row["submission_id"], row["judgement_number"]) for row in rows}
    before = {(row["submission_id"], row["settled_number"]) for row in rows}
    letters = _judgements(connection, now, judgements.c.verdicts)
    payloads = _judgements(connection, {one for one in before if one[1]}, judgements.c.payload)
    changes: list[Change] = []
    for row in rows:
        values = {name: row[name] for name in row if name not in _OF_SETTLING}
        after = JudgedFact(
            **values,
            version=row["challenge_version"] or 0,
            tests=verdicts_from(letters[row["submission_id"], row["judgement_number"]]),
        )
        payload = payloads.get((row["submission_id"], row["settled_number"]))
        changes.append(
            Change(before=None if payload is None else after.under(unpacked(payload)), after=after)
        )
    return changes


_OF_SETTLING = frozenset({"challenge_version", "judgement_number", "settled_number"})


def _judgements(
    connection: Connection, wanted: set[tuple[str, int]], column: Any
) -> Mapping[tuple[str, int], Any]:
    """That column of judgements, by submission and number."""
    ids = {submission_id for submission_id, _ in wanted}
    of_them = select(judgements.c.submission_id, judgements.c.number, column).where(
        judgements.c.submission_id.in_(ids),
        judgements.c.number.in_({number for _, number in wanted}),
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(of_them)}


def _states(connection: Connection, facts: Sequence[JudgedFact]) -> Mapping[UserId, UserState]:
    users: defaultdict[ChallengeId, set[UserId]] = defaultdict(set)
    for fact in facts:
        users[fact.challenge_id].add(fact.user_id)
    pairs = _pairs(connection, {fact.user_id for fact in facts})
    found: defaultdict[UserId, dict[ChallengeId, list[JudgedFact]]] = defaultdict(dict)
    for challenge_id, of_it in users.items():
        for user_id in of_it:
            found[user_id][challenge_id] = []
        for fact in _counting(connection, challenge_id, of_it):
            found[fact.user_id][challenge_id].append(fact)
    return {
        user_id: UserState(pairs=pairs.get(user_id, {}), facts=own)
        for user_id, own in found.items()
    }


def _pairs(
    connection: Connection, users: set[UserId]
) -> Mapping[UserId, Mapping[ChallengeId, Pair]]:
    stored = select(pair_standings).where(pair_standings.c.user_id.in_(users))
    pairs: defaultdict[UserId, dict[ChallengeId, Pair]] = defaultdict(dict)
    for row in connection.execute(stored).mappings():
        pairs[row["user_id"]][row["challenge_id"]] = pair_from(row)
    return pairs


def pair_from(row: RowMapping) -> Pair:
    return Pair(**{name: row[name] for name in row if name != "solved"})


def _counting(
    connection: Connection, challenge_id: ChallengeId, users: set[UserId]
) -> Iterator[JudgedFact]:
    """What these users' pairs are made of, all read off one index; judge errors are not there."""
    counting = select(
        _columns.id,
        _columns.user_id,
        _columns.verdict,
        _columns.ranked_score,
        _columns.submitted_at,
    ).where(
        _columns.challenge_id == challenge_id,
        _columns.user_id.in_(users),
        _columns.ranked_score.is_not(None),
    )
    for row in connection.execute(counting):
        yield JudgedFact(
            submission_id=row.id,
            user_id=row.user_id,
            challenge_id=challenge_id,
            language=LanguageId(""),
            submitted_at=row.submitted_at,
            verdict=row.verdict,
            score=row.ranked_score,
            max_score=Fraction(0),
            cpu_ms=None,
        )
