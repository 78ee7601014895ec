"""What the server says of itself: languages, statuses, settings, figures."""

import dataclasses
from datetime import timedelta
from http import HTTPStatus

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from domain.ticket import TicketStatus
from entrypoints.judge_server.admission import ADMINS, ANYONE
from entrypoints.judge_server.answers import (
    Answer,
    HttpRequest,
    as_json,
    as_text,
    not_found,
    nothing,
)
from entrypoints.judge_server.catalogue import Catalogue, Listed
from entrypoints.judge_server.machine import system_info
from entrypoints.judge_server.office import Office
from entrypoints.judge_server.views import STATUSES, moment_view, status_view

_DAYS = 30
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_UNIT = 1024
_HOME = "https://github.com/assay/assay"
_SANDBOX = "Assay's sandbox: bubblewrap, with an init of its own\n"
_LICENSE = "Assay is licensed under the Apache License 2.0.\n"


@get("/", opt=ANYONE)
async def begin() -> Answer:
    """Says nothing, to anyone: that it is there."""
    return nothing()


@get("/languages")
async def list_languages(
    office: NamedDependency[Office],
) -> Answer:
    listed = [one for one in office.catalogue.listed.values() if one.is_listed]
    named = sorted(listed, key=lambda one: (one.name, one.number))
    return as_json([{"id": one.number, "name": one.name} for one in named])


@get("/languages/all")
async def list_every_language(
    office: NamedDependency[Office],
) -> Answer:
    found = [(one.number, one.name, False) for one in office.catalogue.listed.values()]
    found += [(number, name, True) for number, name in office.catalogue.archived.items()]
    return as_json(
        [
            {"id": number, "name": name, "is_archived": is_archived}
            for number, name, is_archived in sorted(found)
        ]
    )


@get("/languages/{number:str}")
async def read_language(
    request: HttpRequest,
    number: FromPath[str],
    office: NamedDependency[Office],
) -> Answer:
    found = _language(office.catalogue, number)
    return not_found(request) if found is None else as_json(found)


@get("/statuses")
async def list_statuses() -> Answer:
    return as_json([status_view(status) for status in STATUSES])


@get("/system_info", sync_to_thread=True)
def read_system_info() -> Answer:
    return as_json(system_info())


@get("/config_info")
async def read_config(
    office: NamedDependency[Office],
) -> Answer:
    return as_json(dataclasses.asdict(office.config))


@get("/statistics")
async def read_statistics(
    office: NamedDependency[Office],
) -> Answer:
    counts = await office.use_cases.count_tickets(office.flavour)
    now = office.clock.now()
    days = [now.date() - timedelta(days=back) for back in reversed(range(_DAYS))]
    body = {
        "created_at": moment_view(now),
        "cached_until": moment_view(now),
        "submissions": {
            "total": counts.total,
            "today": counts.by_day.get(now.date(), 0),
            "last_30_days": {day.isoformat(): counts.by_day.get(day, 0) for day in days},
        },
        "languages": [
            {"language": {"id": number, "name": _name(office.catalogue, number)}, "count": count}
            for number, count in sorted(counts.by_language.items())
        ],
        "statuses": [
            {"status": status_view(status), "count": counts.by_status.get(status, 0)}
            for status in TicketStatus
        ],
        "database": {"size_pretty": _size(counts.size_bytes), "size_in_bytes": counts.size_bytes},
    }
    return as_json(body)


@get("/workers")
async def list_workers(
    office: NamedDependency[Office],
) -> Answer:
    slots, busy = office.desk.slots, office.desk.busy
    view = {
        "queue": office.version,
        "size": await office.use_cases.measure_backlog(),
        "available": slots,
        "idle": slots - busy,
        "working": busy,
        "paused": 0,
        "failed": 0,
    }
    return as_json([view])


@get("/about")
async def read_about(
    office: NamedDependency[Office],
) -> Answer:
    """Clients choose languages by this version, so it is Judge0's and not ours."""
    return as_json(
        {
            "version": office.version,
            "homepage": "https://judge0.com",
            "source_code": "https://github.com/judge0/judge0",
            "maintainer": "Assay",
        }
    )


@get("/version")
async def read_version(
    office: NamedDependency[Office],
) -> Response[str]:
    return as_text(office.version)


@get("/isolate")
async def read_sandbox() -> Response[str]:
    return as_text(_SANDBOX)


@get("/license")
async def read_license() -> Response[str]:
    return as_text(_LICENSE)


@post("/authenticate", status_code=HTTPStatus.OK)
async def authenticate() -> Answer:
    return nothing()


@post("/authorize", status_code=HTTPStatus.OK, opt=ADMINS)
async def authorize() -> Answer:
    return nothing()


def _language(catalogue: Catalogue, text: str) -> dict[str, object] | None:
    number = int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004
    listed = catalogue.listed.get(number)
    if listed is not None:
        return _language_view(listed)
    if number not in catalogue.archived:
        return None
    nothing_more = dict.fromkeys(("source_file", "compile_cmd", "run_cmd"))
    name = catalogue.archived[number]
    return {"id": number, "name": name, "is_archived": True, **nothing_more}


def _language_view(listed: Listed) -> dict[str, object]:
    return {
        "id": listed.number,
        "name": listed.name,
        "is_archived": False,
        "source_file": listed.file_name,
        "compile_cmd": listed.compile_command,
        "run_cmd": listed.run_command,
    }


def _name(catalogue: Catalogue, number: int) -> str | None:
    listed = catalogue.listed.get(number)
    return listed.name if listed else None


def _size(size: int) -> str:
    unit = 0
    while size >= 10 * _UNIT and unit < len(_UNITS) - 1:
        size //= _UNIT
        unit += 1
    return f"{size} {_UNITS[unit]}"


ROUTES = (
    begin,
    list_languages,
    list_every_language,
    read_language,
    list_statuses,
    read_system_info,
    read_config,
    read_statistics,
    list_workers,
    read_about,
    read_version,
    read_sandbox,
    read_license,
    authenticate,
    authorize,
)
