"""What a settlement comes to, added to the tables of standings and tallies."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert, select

from adapters.sql.tables import (
    day_tallies,
    item_tallies,
    pair_standings,
    test_tallies,
    user_standings,
    values_of,
)
from domain.ids import ChallengeId
from domain.pairs import Pair
from domain.settling import Settlement, TestsPlace
from domain.tally import Tally

ALL = ChallengeId("")
"""In the place of a challenge: all together."""


def add(connection: Connection, done: Settlement) -> None:
    """Nobody else may write these tables meanwhile."""
    _write_standings(connection, done)
    _write_days(connection, done)
    _write_tests(connection, done)
    _write_items(connection, done)


def forget(connection: Connection) -> None:
    for table in (pair_standings, user_standings, day_tallies, test_tallies, item_tallies):
        connection.execute(delete(table))


def _write_standings(connection: Connection, done: Settlement) -> None:
    keys = [{"user": user, "challenge": challenge} for user, challenge in done.pairs]
    mine = and_(
        pair_standings.c.user_id == bindparam("user"),
        pair_standings.c.challenge_id == bindparam("challenge"),
    )
    pairs = [_pair_row(pair) for pair in done.pairs.values() if pair is not None]
    _replace(connection, pair_standings, mine, keys, pairs)
    users = [{"user": user} for user in done.overalls]
    overalls = [values_of(one) for one in done.overalls.values() if one is not None]
    own = user_standings.c.user_id == bindparam("user")
    _replace(connection, user_standings, own, users, overalls)


def _pair_row(pair: Pair) -> dict[str, Any]:
    return {**values_of(pair), "solved": int(pair.solved_at is not None)}


def _replace(
    connection: Connection,
    table: Table,
    which: Any,
    old: Sequence[Mapping[str, object]],
    new: Sequence[Mapping[str, object]],
) -> None:
    """Have the new rows in the place of those with the old keys."""
    if old:
        connection.execute(delete(table).where(which), old)
    if new:
        connection.execute(insert(table), new)


def _write_days(connection: Connection, done: Settlement) -> None:
    by_place: defaultdict[ChallengeId, dict[date, Tally]] = defaultdict(dict)
    for (challenge_id, day), tally in done.tallies.items():
        by_place[challenge_id or ALL][day] = tally
    for challenge_id, added in by_place.items():
        _add_days(connection, challenge_id, added)


def _add_days(
    connection: Connection, challenge_id: ChallengeId, added: Mapping[date, Tally]
) -> None:
    """To every row from the first of these days on; a day without one gets the row before it."""
    c = day_tallies.c
    first = min(added)
    mine = select(c.day, c.tally).where(c.challenge_id == challenge_id)
    stored = {row.day: row.tally for row in connection.execute(mine.where(c.day >= first))}
    earlier = mine.where(c.day < first).order_by(c.day.desc()).limit(1)
    row = connection.execute(earlier).first()
    upto, more, rows = row.tally if row else Tally(), Tally(), []
    for day in sorted(stored.keys() | added.keys()):
        delta = added.get(day, Tally())
        more += delta
        upto = stored[day] + more if day in stored else upto + delta
        rows.append({"challenge_id": challenge_id, "day": day, "tally": upto})
    keys = [{"of_challenge": challenge_id, "on": day} for day in stored]
    which = and_(c.challenge_id == bindparam("of_challenge"), c.day == bindparam("on"))
    _replace(connection, day_tallies, which, keys, rows)


def _write_tests(connection: Connection, done: Settlement) -> None:
    c = test_tallies.c
    for challenge_id, of_it in groupby(sorted(done.tests), key=_challenge_of):
        places = list(of_it)
        versions, days = {place[1] for place in places}, {place[2] for place in places}
        mine = select(test_tallies).where(
            c.challenge_id == challenge_id, c.version.in_(versions), c.day.in_(days)
        )
        stored = {(challenge_id, r.version, r.day): r.tally for r in connection.execute(mine)}
        keys = [
            {"of_challenge": challenge_id, "of_version": place[1], "on": place[2]}
            for place in places
        ]
        which = and_(
            c.challenge_id == bindparam("of_challenge"),
            c.version == bindparam("of_version"),
            c.day == bindparam("on"),
        )
        sums = {place: stored.get(place, Tally()) + done.tests[place] for place in places}
        rows = [
            {"challenge_id": place[0], "version": place[1], "day": place[2], "tally": tally}
            for place, tally in sums.items()
            if tally
        ]
        _replace(connection, test_tallies, which, keys, rows)


def _challenge_of(place: TestsPlace) -> ChallengeId:
    return place[0]


def _write_items(connection: Connection, done: Settlement) -> None:
    c = item_tallies.c
    mine = select(item_tallies).where(c.challenge_id.in_(done.items))
    stored = {row.challenge_id: row.tally for row in connection.execute(mine)}
    sums = {place: stored.get(place, Tally()) + tally for place, tally in done.items.items()}
    rows = [{"challenge_id": place, "tally": tally} for place, tally in sums.items() if tally]
    keys = [{"of_challenge": place} for place in done.items]
    _replace(connection, item_tallies, c.challenge_id == bindparam("of_challenge"), keys, rows)
