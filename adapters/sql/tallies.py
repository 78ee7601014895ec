"""Tallies, as they are read: sums up to a day, of which the difference of two is a range."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from adapters.sql.settled_totals import ALL
from adapters.sql.tables import day_tallies, item_tallies, test_tallies
from application.ports.totals import TestFailures
from domain.ids import ChallengeId
from domain.tally import Tally

_days, _tests = day_tallies.c, test_tallies.c
_DAY = timedelta(days=1)


def figures(
    connection: Connection,
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Mapping[ChallengeId | None, Tally]:
    if since is not None and until is not None and until < since:
        return {}
    sums = _up_to(connection, challenge_id, until)
    if since is not None and since > date.min:
        for place, before in _up_to(connection, challenge_id, since - _DAY).items():
            sums[place] = sums.get(place, Tally()) - before
    return {place or None: tally for place, tally in sums.items() if tally}


def _up_to(
    connection: Connection, challenge_id: ChallengeId | None, day: date | None
) -> dict[ChallengeId, Tally]:
    """Of each place the sum up to that day (None: to the last), which is its latest row."""
    which: list[ColumnElement[bool]] = []
    if challenge_id is not None:
        which.append(_days.challenge_id == challenge_id)
    if day is not None:
        which.append(_days.day <= day)
    latest = (
        select(_days.challenge_id, func.max(_days.day).label("day"))
        .where(*which)
        .group_by(_days.challenge_id)
        .subquery()
    )
    same = and_(_days.challenge_id == latest.c.challenge_id, _days.day == latest.c.day)
    rows = select(_days.challenge_id, _days.tally).join_from(latest, day_tallies, same)
    return {row.challenge_id: row.tally for row in connection.execute(rows)}


def per_day(
    connection: Connection,
    *,
    challenge_id: ChallengeId | None,
    since: date | None,
    until: date | None,
) -> Sequence[tuple[date, Tally]]:
    mine = select(_days.day, _days.tally).where(_days.challenge_id == (challenge_id or ALL))
    rows = connection.execute(mine.where(*_within(_days.day, None, until)).order_by(_days.day))
    found: list[tuple[date, Tally]] = []
    before = Tally()
    for day, upto in rows:
        if (since is None or day >= since) and upto - before:
            found.append((day, upto - before))
        before = upto
    return found


def items(
    connection: Connection, *, challenge_id: ChallengeId | None
) -> Mapping[ChallengeId, Tally]:
    every = select(item_tallies)
    if challenge_id is not None:
        every = every.where(item_tallies.c.challenge_id == challenge_id)
    return {row.challenge_id: row.tally for row in connection.execute(every)}


def tests(
    connection: Connection, *, challenge_id: ChallengeId, since: date | None, until: date | None
) -> Sequence[TestFailures]:
    mine = select(_tests.version, _tests.tally).where(
        _tests.challenge_id == challenge_id, *_within(_tests.day, since, until)
    )
    by_version: defaultdict[int, list[Tally]] = defaultdict(list)
    for version, tally in connection.execute(mine):
        by_version[version].append(tally)
    return TestFailures.counted(by_version)


def _within(
    day: ColumnElement[Any], since: date | None, until: date | None
) -> Iterator[ColumnElement[bool]]:
    if since is not None:
        yield day >= since
    if until is not None:
        yield day <= until
