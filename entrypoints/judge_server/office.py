"""What handlers are given: one flavour's catalogue and view, the use cases, and the desk."""

from dataclasses import dataclass

from application.ports.clock import Clock
from application.use_cases.count_tickets import CountTickets
from application.use_cases.list_tickets import ListTickets
from application.use_cases.measure_backlog import MeasureBacklog
from application.use_cases.read_tickets import ReadTickets
from application.use_cases.remove_ticket import RemoveTicket
from application.use_cases.take_tickets import TakeTickets
from config.judge_server import Judge0Config
from domain.ticket import Flavour
from entrypoints.judge_server.catalogue import Catalogue
from entrypoints.judge_server.desk import Desk
from entrypoints.judge_server.views import View


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketUseCases:
    """Each by the name that the container has for it."""

    take_tickets: TakeTickets
    read_tickets: ReadTickets
    list_tickets: ListTickets
    remove_ticket: RemoveTicket
    count_tickets: CountTickets
    measure_backlog: MeasureBacklog


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One flavour of Judge0, as clients find it under one address."""

    flavour: Flavour
    version: str
    catalogue: Catalogue
    config: Judge0Config
    view: View
    use_cases: TicketUseCases
    desk: Desk
    clock: Clock
