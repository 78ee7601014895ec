"""Settlement: what an outcome changes in standings and statistics, as differences to add.

Pure, so that every store does the same: it reads what `settlement` asks for, and adds and replaces
what comes back, in one atomic step. Differences commute, and an outcome that is settled twice
changes nothing the second time, as what was counted of it before is taken out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from domain.facts import JudgedFact, utc_day
from domain.ids import ChallengeId, UserId
from domain.judgement import Verdict
from domain.pairs import Overall, Pair, overall_of, pair_of
from domain.tally import SCORE_UNITS, SHARES, Tally, bucket

_NOT_RUN = frozenset({Verdict.SKIPPED, Verdict.JUDGE_ERROR})
"""Verdicts of tests that say nothing of the program."""
_NOTHING = Tally()
_Place = TypeVar("_Place")

TallyPlace = tuple[ChallengeId | None, date]
"""A challenge, or None for all together, and a UTC day."""
TestsPlace = tuple[ChallengeId, int, date]
"""A challenge, its version, and a UTC day."""
PairPlace = tuple[UserId, ChallengeId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One submission: what was counted of it (None: nothing yet), and what is to be."""

    before: JudgedFact | None
    after: JudgedFact


@dataclass(frozen=True, slots=True, kw_only=True)
class UserState:
    """What settling needs of a user whose submissions change.

    `pairs` are all of the user's as they are stored; `facts` has, of each challenge that a change
    is about, all the user's ranked and done submissions as they are now, judge errors or not
    (their tests may be left out).
    """

    pairs: Mapping[ChallengeId, Pair]
    facts: Mapping[ChallengeId, Sequence[JudgedFact]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What is to be added to tallies, and put in the place of pairs (None: there is none any more).

    `tests` has names `runs:ORDINAL` and `failures:ORDINAL`, `items` those of `item_tally`.
    """

    tallies: Mapping[TallyPlace, Tally]
    tests: Mapping[TestsPlace, Tally]
    items: Mapping[ChallengeId, Tally]
    pairs: Mapping[PairPlace, Pair | None]
    overalls: Mapping[UserId, Overall | None]


def settlement(changes: Iterable[Change], users: Mapping[UserId, UserState]) -> Settlement:
    """What these changes come to, of users whose state is all there."""
    tallies: defaultdict[TallyPlace, list[Tally]] = defaultdict(list)
    tests: defaultdict[TestsPlace, list[Tally]] = defaultdict(list)
    items: defaultdict[ChallengeId, list[Tally]] = defaultdict(list)
    pairs: dict[PairPlace, Pair | None] = {}
    overalls: dict[UserId, Overall | None] = {}
    for change in changes:
        for fact, sign in ((change.before, -1), (change.after, 1)):
            if fact is not None:
                one = _signed(fact_tally(fact), sign)
                tallies[fact.challenge_id, fact.day].append(one)
                tallies[None, fact.day].append(one)
                place = (fact.challenge_id, fact.version, fact.day)
                tests[place].append(_signed(tests_tally(fact), sign))
    for user_id, state in users.items():
        now = _pairs_now(state)
        for challenge_id in state.facts:
            if now.get(challenge_id) != state.pairs.get(challenge_id):
                pairs[user_id, challenge_id] = now.get(challenge_id)
        for owned, sign in ((state.pairs, -1), (now, 1)):
            overall = overall_of(owned.values())
            _add(tallies, pair_tallies(owned.values()), sign)
            _add(tallies, overall_tallies(overall), sign)
            _add(items, item_tallies(owned.values()), sign)
        overalls[user_id] = overall_of(now.values())
    return Settlement(
        tallies=_totals(tallies),
        tests=_totals(tests),
        items=_totals(items),
        pairs=pairs,
        overalls=overalls,
    )


def from_nothing(facts: Iterable[JudgedFact]) -> Settlement:
    """What all that is counted comes to, with every pair and user that there is."""
    every = list(facts)
    by_user: defaultdict[UserId, defaultdict[ChallengeId, list[JudgedFact]]]
    by_user = defaultdict(lambda: defaultdict(list))
    for fact in every:
        by_user[fact.user_id][fact.challenge_id].append(fact)
    return settlement(
        (Change(before=None, after=fact) for fact in every),
        {user_id: UserState(pairs={}, facts=own) for user_id, own in by_user.items()},
    )


def fact_tally(fact: JudgedFact) -> Tally:
    """What one submission by itself adds to its day."""
    if not fact.counts:
        return Tally({"judge_errors": 1})
    counts = {
        "submissions": 1,
        "score": int(fact.score * SCORE_UNITS),
        f"verdicts:{fact.verdict}": 1,
        f"languages:{fact.language}": 1,
        f"shares:{_share(fact)}": 1,
    }
    if fact.cpu_ms is not None:
        counts[f"cpu_ms:{bucket(fact.cpu_ms)}"] = 1
    return Tally.of(counts)


def tests_tally(fact: JudgedFact) -> Tally:
    """How often each test was run and failed: once or never."""
    ran = [(n, verdict) for n, verdict in enumerate(fact.tests, 1) if verdict not in _NOT_RUN]
    failures = {f"failures:{n}": 1 for n, verdict in ran if verdict is not Verdict.ACCEPTED}
    return Tally({f"runs:{n}": 1 for n, _ in ran} | failures)


def pair_tallies(pairs: Iterable[Pair]) -> Mapping[TallyPlace, Tally]:
    """What pairs add: who tried a challenge first when, solved it, after how much."""
    found: defaultdict[TallyPlace, list[Tally]] = defaultdict(list)
    for pair in pairs:
        tried = Tally({"candidates": 1})
        found[pair.challenge_id, utc_day(pair.first_submitted_at)].append(tried)
        if pair.solved_at is None:
            continue
        seconds = pair.seconds_to_solve or 0
        effort = Tally(
            {f"attempts:{bucket(pair.attempts)}": 1, f"seconds_to_solve:{bucket(seconds)}": 1}
        )
        day = utc_day(pair.solved_at)
        found[pair.challenge_id, day].append(effort + Tally({"solved_by": 1}))
        found[None, day].append(effort)
    return _totals(found)


def overall_tallies(overall: Overall | None) -> Mapping[TallyPlace, Tally]:
    """What a user adds to all together: who came first when, and first solved anything."""
    if overall is None:
        return {}
    tried: TallyPlace = (None, utc_day(overall.first_submitted_at))
    first = {tried: Tally({"candidates": 1})}
    if overall.first_solved_at is None:
        return first
    solved: TallyPlace = (None, utc_day(overall.first_solved_at))
    return {**first, solved: first.get(solved, _NOTHING) + Tally({"solved_by": 1})}


def item_tallies(pairs: Iterable[Pair]) -> Mapping[ChallengeId, Tally]:
    """What a user with these pairs adds to each challenge's sums of how well it tells people apart.

    The rest of a candidate is how many other challenges they solved: sums over all who tried, of
    it, of its square, and of it among those who solved this one.
    """
    own = list(pairs)
    solved_all = sum(pair.solved_at is not None for pair in own)
    return {
        pair.challenge_id: item_tally(
            solved=pair.solved_at is not None,
            rest=solved_all - (pair.solved_at is not None),
        )
        for pair in own
    }


def item_tally(*, solved: bool, rest: int) -> Tally:
    return Tally.of(
        {
            "tried": 1,
            "solved": int(solved),
            "rest": rest,
            "rest_squared": rest * rest,
            "rest_of_solvers": rest if solved else 0,
        }
    )


def _pairs_now(state: UserState) -> Mapping[ChallengeId, Pair]:
    made = {challenge_id: pair_of(facts) for challenge_id, facts in state.facts.items()}
    kept = {key: pair for key, pair in state.pairs.items() if key not in made}
    return kept | {key: pair for key, pair in made.items() if pair is not None}


def _share(fact: JudgedFact) -> int:
    if fact.max_score <= 0:
        return SHARES if fact.verdict is Verdict.ACCEPTED else 0
    return min(max(int(fact.score * SHARES / fact.max_score), 0), SHARES)


def _signed(tally: Tally, sign: int) -> Tally:
    return tally if sign > 0 else -tally


def _add(sums: defaultdict[_Place, list[Tally]], more: Mapping[_Place, Tally], sign: int) -> None:
    for place, tally in more.items():
        sums[place].append(_signed(tally, sign))


def _totals(sums: Mapping[_Place, Sequence[Tally]]) -> Mapping[_Place, Tally]:
    """The sums that are not nothing."""
    totals = {place: Tally.total(tallies) for place, tallies in sums.items()}
    return {place: tally for place, tally in totals.items() if tally}
