"""Staff look after what the queue has given up."""

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from application.ports.dead_letters import DeadLetter
from application.use_cases.drop_dead_letter import DropDeadLetter
from application.use_cases.list_dead_letters import ListDeadLetters
from application.use_cases.resend_dead_letter import ResendDeadLetter
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import HttpRequest
from entrypoints.http.queries import query_of
from entrypoints.http.rate_limits import READ, WRITE
from entrypoints.http.responses import in_utc, json_response, no_content
from entrypoints.http.schemas.work import DeadLetterList, DeadLetterView, LettersQuery


@get(
    "/admin/dead-letters",
    opt=described(
        Operation(
            summary="List dead letters",
            description="Wake-ups that workers gave up for a reason nobody foresaw, the newest "
            "first. They carry no work: submissions are in the store, which tries them by itself.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            query=LettersQuery,
            answers=(Answer(description="The newest.", body=DeadLetterList),),
        )
    ),
)
async def list_dead_letters_route(
    request: HttpRequest, list_dead_letters: NamedDependency[ListDeadLetters]
) -> Response[bytes]:
    found = await list_dead_letters(limit=query_of(request, LettersQuery).limit)
    return json_response(DeadLetterList(items=[_view(letter) for letter in found]))


@post(
    "/admin/dead-letters/{letter_id:str}/resend",
    opt=described(
        Operation(
            summary="Send a dead letter again",
            description="As a new wake-up, with all its tries before it.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            answers=(Answer(status=202, description="It is under way."),),
            problems=frozenset({404}),
        )
    ),
)
async def resend_dead_letter_route(
    letter_id: FromPath[str], resend_dead_letter: NamedDependency[ResendDeadLetter]
) -> Response[None]:
    await resend_dead_letter(letter_id)
    return Response(content=None, status_code=202, headers={"Cache-Control": "no-store"})


@delete(
    "/admin/dead-letters/{letter_id:str}",
    opt=described(
        Operation(
            summary="Drop a dead letter",
            description="Nobody needs it any more.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=WRITE,
            answers=(Answer(status=204, description="It is gone."),),
            problems=frozenset({404}),
        )
    ),
    status_code=204,
)
async def drop_dead_letter_route(
    letter_id: FromPath[str], drop_dead_letter: NamedDependency[DropDeadLetter]
) -> Response[None]:
    await drop_dead_letter(letter_id)
    return no_content()


ROUTES = (list_dead_letters_route, resend_dead_letter_route, drop_dead_letter_route)


def _view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        id=letter.id,
        work_class=letter.work_class,
        reason=letter.reason,
        failed_at=in_utc(letter.failed_at),
        attempts=letter.attempts,
    )
