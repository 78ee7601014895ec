"""Answers that show submissions: of these no more is read than is shown."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

import msgspec

from domain.ticket import Ticket, TicketToken
from entrypoints.judge_server.answers import Answer, HttpRequest, json_answer
from entrypoints.judge_server.beside import beside_the_loop
from entrypoints.judge_server.office import Office
from entrypoints.judge_server.room import share_of
from entrypoints.judge_server.views import size_of, texts_of

MOST_ANSWER_BYTES = 96 << 20
"""More than one submission can hold, in texts as they are kept."""
_COPIES = 3


async def read(
    office: Office, tokens: Sequence[TicketToken], fields: Sequence[str]
) -> tuple[Ticket | None, ...]:
    """Raises AnswerTooLarge."""
    return await office.use_cases.read_tickets(
        tokens, office.flavour, texts=texts_of(fields), most_bytes=MOST_ANSWER_BYTES
    )


async def shown(
    request: HttpRequest,
    tickets: Sequence[Ticket | None],
    view: Callable[[], object],
    status: int = HTTPStatus.OK,
) -> Answer:
    """What `view` makes of the tickets, as JSON.

    Raises:
        TicketsFull: there is no room for that now.
        NotText: a text of theirs is none.
    """
    size = sum(size_of(ticket) for ticket in tickets if ticket)
    share_of(request).take(size * _COPIES)
    content = await beside_the_loop(lambda: msgspec.json.encode(view()), size=size)
    return json_answer(content, status)
