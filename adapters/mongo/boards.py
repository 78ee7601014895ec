"""Boards, read off indexes that hold their order."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.mongo.client import Collection, Collections, Document
from adapters.mongo.settled_totals import overall_from, pair_from
from application.ports.totals import BoardPage
from domain.ids import UserId
from domain.leaderboard import BoardId, RuleSet, Standing, standing, standings
from domain.pairs import Overall, overall_of


async def page(store: Collections, *, board: BoardId, after: int, limit: int) -> BoardPage:
    places = _collection(store, board)
    ordered = places.find(on(board)).sort(order(board)).skip(after).limit(limit)
    documents = await ordered.to_list(None)
    total = await places.count_documents(on(board))
    lines: Sequence[Standing] = ()
    if documents:
        first_rank = await _rank(store, board, documents[0])
        overalls = [_overall(board, document) for document in documents]
        lines = standings(board.rules, overalls, after=after, first_rank=first_rank)
    return BoardPage(lines=list(lines), total=total)


async def own(store: Collections, *, board: BoardId, user_id: UserId) -> Standing | None:
    mine = await _collection(store, board).find_one({**on(board), "user_id": user_id})
    if mine is None:
        return None
    return standing(_overall(board, mine), await _rank(store, board, mine))


def on(board: BoardId) -> Document:
    """Who is on it; places that were emptied have neither."""
    if board.challenge_id is None:
        return {"score": {"$gte": 0}}
    return {"challenge_id": board.challenge_id}


def order(board: BoardId) -> Sequence[tuple[str, int]]:
    """As `domain.leaderboard.merit` has it; who has no moment ties with all of that kind."""
    high, low, at = _merits(board)
    if board.rules is RuleSet.BEST_SCORE:
        return [(high, -1), (at, 1), ("user_id", 1)]
    return [(high, -1), (low, 1), (at, 1), ("user_id", 1)]


async def _rank(store: Collections, board: BoardId, document: Mapping[str, Any]) -> int:
    """How many are better by what is compared first, and, among equals, by the next."""
    high, low, at = _merits(board)
    same: Document = {high: document[high]}
    better: list[Document] = [{high: {"$gt": document[high]}}]
    if board.rules is RuleSet.ICPC:
        better.append({**same, low: {"$lt": document[low]}})
        same[low] = document[low]
    if document.get(at) is not None:
        better.append({**same, at: {"$lt": document[at]}})
    places = _collection(store, board)
    return 1 + sum([await places.count_documents({**on(board), **one}) for one in better])


def _merits(board: BoardId) -> tuple[str, str, str]:
    """What more, what less and what earlier is better."""
    match board.rules:
        case RuleSet.BEST_SCORE:
            return ("best_score" if board.challenge_id else "score"), "", "reached_at"
        case RuleSet.ICPC:
            at = "solved_at" if board.challenge_id else "last_solved_at"
            return "solved", "penalty_minutes", at


def _collection(store: Collections, board: BoardId) -> Collection:
    return store.user_standings if board.challenge_id is None else store.pair_standings


def _overall(board: BoardId, document: Mapping[str, Any]) -> Overall:
    if board.challenge_id is None:
        return overall_from(document)
    overall = overall_of([pair_from(document)])
    if overall is None:
        raise ValueError("a pair makes one line")
    return overall
