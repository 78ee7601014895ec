"""Staff see how much work waits, and who is there to do it."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response

from application.use_cases.get_queue import GetQueue
from application.use_cases.list_workers import ListWorkers
from entrypoints.http.operations import Admits, Answer, Operation, Tag, described
from entrypoints.http.rate_limits import READ
from entrypoints.http.responses import in_utc, json_response
from entrypoints.http.schemas.work import QueueView, WorkerList, WorkerView


@get(
    "/admin/queue",
    opt=described(
        Operation(
            summary="See how much work waits",
            description="By class: submissions, practice runs, rejudgings.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            answers=(Answer(description="The work.", body=QueueView),),
        )
    ),
)
async def get_queue_route(get_queue: NamedDependency[GetQueue]) -> Response[bytes]:
    state = await get_queue()
    view = QueueView(
        due=dict(state.due),
        waiting=state.waiting,
        next_due_at=None if state.next_due_at is None else in_utc(state.next_due_at),
    )
    return json_response(view)


@get(
    "/admin/workers",
    opt=described(
        Operation(
            summary="List the workers that live",
            description="Those that announced themselves within 15 s. A server that judges by "
            "itself is none of them.",
            tag=Tag.ADMIN,
            admits=Admits.ADMINS,
            policy=READ,
            answers=(Answer(description="The workers.", body=WorkerList),),
        )
    ),
)
async def list_workers_route(list_workers: NamedDependency[ListWorkers]) -> Response[bytes]:
    items = [
        WorkerView(
            id=worker.id,
            slots=worker.slots,
            languages=[language.id for language in worker.languages],
            started_at=in_utc(worker.started_at),
            seen_at=in_utc(worker.seen_at),
        )
        for worker in await list_workers()
    ]
    return json_response(WorkerList(items=items))


ROUTES = (get_queue_route, list_workers_route)
