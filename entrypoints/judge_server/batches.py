"""Submissions, several at a time."""

from http import HTTPStatus

from litestar import get, post
from litestar.di import NamedDependency

from domain.ticket import Ask, TicketToken
from entrypoints.judge_server import showing
from entrypoints.judge_server.answers import Answer, HttpRequest, as_json, error
from entrypoints.judge_server.office import Office
from entrypoints.judge_server.params import Params
from entrypoints.judge_server.submissions import asked_for, check_room, shown_all, take
from entrypoints.judge_server.views import fields_of


@post("/submissions/batch", status_code=HTTPStatus.CREATED)
async def create(params: NamedDependency[Params], office: NamedDependency[Office]) -> Answer:
    _check_enabled(office)
    given = params.values.get("submissions")
    items = given if isinstance(given, list) else []
    await check_room(office, len(items))
    _check_count(office, len(items))
    encoded = params.is_true("base64_encoded")
    forms = [item if isinstance(item, dict) else {} for item in items]
    asked = [await asked_for(form, office, encoded=encoded) for form in forms]
    good = [ask for ask in asked if isinstance(ask, Ask)]
    tokens = iter(await take(office, good) if good else ())
    made = [{"token": next(tokens)} if isinstance(a, Ask) else a for a in asked]
    return as_json(made, HTTPStatus.CREATED if good else HTTPStatus.UNPROCESSABLE_ENTITY)


@get("/submissions/batch")
async def read(
    request: HttpRequest, params: NamedDependency[Params], office: NamedDependency[Office]
) -> Answer:
    _check_enabled(office)
    fields = fields_of(params.text("fields"))
    text = params.text("tokens") or request.headers.get("tokens") or ""
    tokens = [TicketToken(token.strip()) for token in text.split(",") if token.strip()]
    _check_count(office, len(tokens))
    found = await showing.read(office, tokens, fields)
    encoded = params.is_true("base64_encoded")
    return await shown_all(request, office, found, fields, encoded=encoded)


def _check_enabled(office: Office) -> None:
    if not office.config.enable_batched_submissions:
        raise error(HTTPStatus.BAD_REQUEST, "batched submissions are not allowed")


def _check_count(office: Office, count: int) -> None:
    most = office.config.max_submission_batch_size
    if count > most:
        problem = f"number of submissions in a batch should be less than or equal to {most}"
        raise error(HTTPStatus.BAD_REQUEST, problem)
    if not count:
        problem = "there should be at least one submission in a batch"
        raise error(HTTPStatus.BAD_REQUEST, problem)


ROUTES = (create, read)
