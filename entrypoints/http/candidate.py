"""What candidates read: challenges, languages, standings."""

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from application.ports.challenges import ChallengeFilter
from application.use_cases.authenticate import Identity
from application.use_cases.get_leaderboard import GetLeaderboard
from application.use_cases.get_open_challenge import GetOpenChallenge
from application.use_cases.list_languages import ListLanguages
from application.use_cases.list_open_challenges import ListOpenChallenges, ProgressFilter
from domain.challenge import Difficulty
from domain.errors import ChallengeNotFound
from domain.ids import ChallengeId
from domain.leaderboard import RuleSet
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import HttpRequest
from entrypoints.http.queries import PageQuery, Paging, Text, identifier, query_of
from entrypoints.http.rate_limits import READ
from entrypoints.http.responses import json_response
from entrypoints.http.schemas.boards import LeaderboardView
from entrypoints.http.schemas.challenges import ChallengePage, ChallengeView, LanguageView
from entrypoints.http.use_cases import HttpOptions
from entrypoints.http.views.boards import leaderboard_view
from entrypoints.http.views.challenges import challenge_item, challenge_view, language_view


class ChallengesQuery(PageQuery, frozen=True, kw_only=True):
    """Which published challenges."""

    difficulty: Difficulty | msgspec.UnsetType = msgspec.UNSET
    tag: Text | msgspec.UnsetType = msgspec.UNSET
    q: Text | msgspec.UnsetType = msgspec.UNSET
    status: ProgressFilter | msgspec.UnsetType = msgspec.UNSET


@get(
    "/candidate/challenges",
    opt=described(
        Operation(
            summary="List published challenges",
            description="The oldest first, with how far the reader is; `q` is looked for in title "
            "and slug.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            query=ChallengesQuery,
            answers=(Answer(description="A page.", body=ChallengePage),),
        )
    ),
)
async def list_open_challenges_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    list_open_challenges: NamedDependency[ListOpenChallenges],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    query = query_of(request, ChallengesQuery)
    paging = Paging(request, query, options.cursor_key)
    after = paging.position
    found = await list_open_challenges(
        identity.user.id,
        ChallengeFilter(
            difficulty=query.difficulty or None, tag=query.tag or None, text=query.q or None
        ),
        progress=query.status or None,
        after=ChallengeId(after) if after else None,
        limit=paging.limit + 1,
    )
    items = [challenge_item(one) for one in found[: paging.limit]]
    next_cursor = paging.next_cursor(len(found), items[-1].id if items else "")
    return json_response(ChallengePage(items=items, next_cursor=next_cursor))


@get(
    "/candidate/challenges/{challenge_id:str}",
    opt=described(
        Operation(
            summary="Read a challenge",
            description="By id or slug: the statement, the samples, the limits of each language.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            answers=(Answer(description="The challenge.", body=ChallengeView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_open_challenge_route(
    challenge_id: FromPath[str],
    identity: NamedDependency[Identity],
    get_open_challenge: NamedDependency[GetOpenChallenge],
) -> Response[bytes]:
    return json_response(
        challenge_view(await get_open_challenge(identity.user, identifier(challenge_id)))
    )


@get(
    "/candidate/languages",
    opt=described(
        Operation(
            summary="List languages",
            description="What this installation really can run: each has compiled and run a "
            "program here since the start.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            answers=(Answer(description="The languages, by id.", body=list[LanguageView]),),
        )
    ),
)
async def list_languages_route(list_languages: NamedDependency[ListLanguages]) -> Response[bytes]:
    return json_response([language_view(language) for language in await list_languages()])


class BoardQuery(PageQuery, frozen=True, kw_only=True):
    """Which board, by the rules that rank."""

    rules: RuleSet = RuleSet.BEST_SCORE


@get(
    "/candidate/leaderboard",
    opt=described(
        Operation(
            summary="Read the standings",
            description="Over all challenges: the best score on each counts, the earlier of equal "
            "ones.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            query=BoardQuery,
            answers=(Answer(description="A page of the board.", body=LeaderboardView),),
        )
    ),
)
async def get_leaderboard_route(
    request: HttpRequest,
    identity: NamedDependency[Identity],
    get_leaderboard: NamedDependency[GetLeaderboard],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    return json_response(await _board(request, identity, get_leaderboard, options, None))


@get(
    "/candidate/challenges/{challenge_id:str}/leaderboard",
    opt=described(
        Operation(
            summary="Read the standings of a challenge",
            description="By id or slug: the best score of each candidate on this challenge.",
            tag=Tag.CANDIDATE,
            admits=Admits.MEMBERS,
            policy=READ,
            query=BoardQuery,
            answers=(Answer(description="A page of the board.", body=LeaderboardView),),
            problems=frozenset({404}),
        )
    ),
)
async def get_challenge_leaderboard_route(
    request: HttpRequest,
    challenge_id: FromPath[str],
    identity: NamedDependency[Identity],
    get_leaderboard: NamedDependency[GetLeaderboard],
    get_open_challenge: NamedDependency[GetOpenChallenge],
    options: NamedDependency[HttpOptions],
) -> Response[bytes]:
    only = ChallengeId(identifier(challenge_id))
    try:
        board = await _board(request, identity, get_leaderboard, options, only)
    except ChallengeNotFound:  # no id, so perhaps a slug
        only = (await get_open_challenge(identity.user, only)).challenge.id
        board = await _board(request, identity, get_leaderboard, options, only)
    return json_response(board)


ROUTES = (
    list_open_challenges_route,
    get_open_challenge_route,
    list_languages_route,
    get_leaderboard_route,
    get_challenge_leaderboard_route,
)


async def _board(
    request: HttpRequest,
    identity: Identity,
    get_leaderboard: GetLeaderboard,
    options: HttpOptions,
    challenge_id: ChallengeId | None,
) -> LeaderboardView:
    query = query_of(request, BoardQuery)
    paging = Paging(request, query, options.cursor_key)
    offset = paging.offset
    board = await get_leaderboard(
        identity.user,
        rules=query.rules,
        challenge_id=challenge_id,
        after=offset,
        limit=paging.limit,
    )
    behind = offset + len(board.standings)
    left = paging.limit + 1 if behind < board.total else 0
    return leaderboard_view(board, identity.user, paging.next_cursor(left, str(behind)))
