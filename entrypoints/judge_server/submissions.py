"""Submissions, one at a time: handed in, looked at, listed, deleted."""

import sys
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from application.ports.ticket_store import TicketsFull
from domain.ticket import Ask, Ticket, TicketToken
from entrypoints.judge_server import showing
from entrypoints.judge_server.admission import ADMINS
from entrypoints.judge_server.answers import Answer, HttpRequest, Refused, as_json, error, not_found
from entrypoints.judge_server.asks import Complaints, ask_of
from entrypoints.judge_server.beside import beside_the_loop
from entrypoints.judge_server.office import Office
from entrypoints.judge_server.params import Params
from entrypoints.judge_server.room import share_of
from entrypoints.judge_server.views import STATUSES, NotText, fields_of, texts_of

NOT_TEXT = (
    "some attributes for this submission cannot be converted to UTF-8, "
    "use base64_encoded=true query parameter"
)
MANY_NOT_TEXT = (
    "some attributes for one or more submissions cannot be converted to UTF-8, "
    "use base64_encoded=true query parameter"
)
_MAINTENANCE = "Judge0 is currently in maintenance."
_PER_PAGE = 20
_MOST_PER_PAGE = 1_000


@post("/submissions", status_code=HTTPStatus.CREATED)
async def create(
    request: HttpRequest, params: NamedDependency[Params], office: NamedDependency[Office]
) -> Answer:
    _check_maintenance(office)
    waits = params.is_true("wait")
    if waits and not office.config.enable_wait_result:
        raise error(HTTPStatus.BAD_REQUEST, "wait not allowed")
    await check_room(office, 1)
    fields = fields_of(params.text("fields"))
    encoded = params.is_true("base64_encoded")
    asked = await asked_for(params.values, office, encoded=encoded)
    if isinstance(asked, dict):
        return as_json(asked, HTTPStatus.UNPROCESSABLE_ENTITY)
    (token,) = await take(office, [asked])
    if not waits:
        return as_json({"token": token}, HTTPStatus.CREATED)
    del asked
    params.values.clear()
    share_of(request).give_back()  # others need the room while this one waits
    ticket = await _finished(office, token, fields)
    try:
        return await _shown(
            request, office, ticket, fields, encoded=encoded, status=HTTPStatus.CREATED
        )
    except NotText:
        return as_json({"token": token, "error": NOT_TEXT}, HTTPStatus.CREATED)


@get("/submissions/{token:str}")
async def read(
    request: HttpRequest,
    token: FromPath[str],
    params: NamedDependency[Params],
    office: NamedDependency[Office],
) -> Answer:
    fields = fields_of(params.text("fields"))
    (ticket,) = await showing.read(office, [TicketToken(token)], fields)
    if ticket is None:
        return not_found(request)
    encoded = params.is_true("base64_encoded")
    try:
        return await _shown(request, office, ticket, fields, encoded=encoded)
    except NotText:
        raise error(HTTPStatus.BAD_REQUEST, NOT_TEXT) from None


@get("/submissions", opt=ADMINS)
async def list_all(
    request: HttpRequest, params: NamedDependency[Params], office: NamedDependency[Office]
) -> Answer:
    fields = fields_of(params.text("fields"))
    page = _whole(params.text("page"), 1)
    per_page = _whole(params.text("per_page"), _PER_PAGE)
    if page <= 0:
        raise error(HTTPStatus.BAD_REQUEST, f"invalid page: {page}")
    if per_page < 0:
        raise error(HTTPStatus.BAD_REQUEST, f"invalid per_page: {per_page}")
    per_page = min(per_page or _PER_PAGE, _MOST_PER_PAGE)
    found = await office.use_cases.list_tickets(
        office.flavour,
        offset=(page - 1) * per_page,
        limit=per_page,
        texts=texts_of(fields),
        most_bytes=showing.MOST_ANSWER_BYTES,
    )
    pages = max(1, -(-found.total // per_page))
    meta = {
        "current_page": page,
        "next_page": page + 1 if page < pages else None,
        "prev_page": page - 1 if page > 1 else None,
        "total_pages": pages,
        "total_count": found.total,
    }
    encoded = params.is_true("base64_encoded")
    return await shown_all(request, office, found.tickets, fields, encoded=encoded, meta=meta)


@delete("/submissions/{token:str}", status_code=HTTPStatus.OK, opt=ADMINS)
async def remove(
    request: HttpRequest,
    token: FromPath[str],
    params: NamedDependency[Params],
    office: NamedDependency[Office],
) -> Answer:
    _check_maintenance(office)
    fields = fields_of(params.text("fields"))
    if not office.config.enable_submission_delete:
        raise error(HTTPStatus.BAD_REQUEST, "delete not allowed")
    (ticket,) = await showing.read(office, [TicketToken(token)], fields)
    if ticket is None:
        return not_found(request)
    if not ticket.status.is_final:
        status = f"{ticket.status.value} ({STATUSES[ticket.status]})"
        problem = f"submission cannot be deleted because its status is {status}"
        raise error(HTTPStatus.BAD_REQUEST, problem)
    await office.use_cases.remove_ticket(ticket.token)
    return await _shown(request, office, ticket, fields, encoded=True)


async def asked_for(
    values: Mapping[str, object], office: Office, *, encoded: bool
) -> Ask | Complaints:
    """What is asked for, or what is wrong with it; long texts are read beside the loop."""
    look = partial(
        ask_of, values, encoded=encoded, catalogue=office.catalogue, config=office.config
    )
    size = sum(len(value) for value in values.values() if isinstance(value, str | bytes))
    return await beside_the_loop(look, size=sys.maxsize if values.get("additional_files") else size)


async def take(office: Office, asks: list[Ask]) -> tuple[TicketToken, ...]:
    """The tokens of what is asked for; from now on it is sure to be judged.

    Raises:
        TicketsFull: with them too many would wait.
    """
    most = office.config.max_queue_size
    tickets = await office.use_cases.take_tickets(asks, office.flavour, most_waiting=most)
    office.desk.wake()
    return tuple(ticket.token for ticket in tickets)


async def shown_all(
    request: HttpRequest,
    office: Office,
    tickets: tuple[Ticket | None, ...],
    fields: tuple[str, ...],
    *,
    encoded: bool,
    **more: object,
) -> Answer:
    """Raises Refused, with status 400, where a text of one of them is none."""

    def view() -> object:
        each = [one and office.view(one, fields, encoded=encoded) for one in tickets]
        return {"submissions": each, **more}

    try:
        return await showing.shown(request, tickets, view)
    except NotText:
        raise error(HTTPStatus.BAD_REQUEST, MANY_NOT_TEXT) from None


async def check_room(office: Office, more: int) -> None:
    """Say so before anything else is looked at; what is sure is settled when they are taken.

    Raises:
        TicketsFull: there is no room.
    """
    if await office.use_cases.measure_backlog() + more > office.config.max_queue_size:
        raise TicketsFull


async def _shown(
    request: HttpRequest,
    office: Office,
    ticket: Ticket,
    fields: tuple[str, ...],
    *,
    encoded: bool,
    status: int = HTTPStatus.OK,
) -> Answer:
    """Raises NotText."""
    view = partial(office.view, ticket, fields, encoded=encoded)
    return await showing.shown(request, [ticket], view, status)


async def _finished(office: Office, token: TicketToken, fields: tuple[str, ...]) -> Ticket:
    """Raises Refused, with status 404, where it was forgotten meanwhile."""
    with office.desk.waited_for(token) as finished:
        (seen,) = await showing.read(office, [token], ("status",))
        if seen is not None and not seen.status.is_final:
            await finished
    (ticket,) = await showing.read(office, [token], fields)
    if ticket is None:
        raise Refused(HTTPStatus.NOT_FOUND)
    return ticket


def _check_maintenance(office: Office) -> None:
    if office.config.maintenance_mode:
        raise error(HTTPStatus.SERVICE_UNAVAILABLE, _MAINTENANCE)


def _whole(text: str | None, usual: int) -> int:
    try:
        return int(text) if text else usual
    except ValueError:
        return 0


ROUTES = (create, read, list_all, remove)
