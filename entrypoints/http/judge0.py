"""What Judge0 calls when it is done with something; it does not sign, so this is only a hint."""

from litestar import put
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from application.use_cases.hear_callback import HearCallback
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.problems import Refused
from entrypoints.http.rate_limits import CALLBACK
from entrypoints.http.responses import no_content


@put(
    "/judge0/callbacks/{callback_token:str}",
    opt=described(
        Operation(
            summary="Say that something has finished",
            description="For Judge0, which is asked for the results whatever is said here: the "
            "body is not read, and a token that nobody has is answered like any other.",
            tag=Tag.SERVICE,
            admits=Admits.ANYONE,
            policy=CALLBACK,
            answers=(Answer(status=204, description="It may be so."),),
            problems=frozenset({404}),
        )
    ),
    status_code=204,
)
async def call_back_route(
    callback_token: FromPath[str], hear_callback: NamedDependency[HearCallback]
) -> Response[None]:
    if not await hear_callback(callback_token):
        raise Refused(404, "No callbacks are taken here.")
    return no_content()


ROUTES = (call_back_route,)
