"""A judge server in this process, and a client of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from config.container import Container, close_judge_server
from config.settings import load_settings
from domain.ids import LanguageId
from domain.language import Language
from entrypoints.judge_server.server import build_app

Json = dict[str, Any]
BASH, C, PYTHON, MULTI_FILE, EXECUTABLE = 46, 50, 71, 89, 44


@dataclass(frozen=True, slots=True)
class House:
    """`judge` asks with JSON, and waits for the result where it is a submission."""

    client: httpx.AsyncClient
    container: Container

    async def judge(self, language: int, source: str, **fields: object) -> Json:
        body = {"language_id": language, "source_code": source, **fields}
        query = {"wait": "true", "fields": "*"}
        answer = await self.client.post("/submissions", params=query, json=body)
        assert answer.status_code == 201, answer.text
        return as_json(answer)


def as_json(answer: httpx.Response) -> Json:
    found: Json = answer.json()
    return found


def language(name: str, file_name: str, version: str = "1.2.3") -> Language:
    return Language(
        id=LanguageId(name),
        name=name,
        version=version,
        file_name=file_name,
        compile_command=f"compile {file_name}" if name in {"c", "cpp"} else None,
        run_command=f"run {file_name}",
    )


LANGUAGES = (
    language("bash", "main.sh"),
    language("c", "main.c"),
    language("cpp", "main.cpp"),
    language("executable", "a.out"),
    language("java", "Main.java"),
    language("multifile", "run"),
    language("python3", "main.py"),
)


@asynccontextmanager
async def closed_house(home: str = ":memory:", **settings: str) -> AsyncIterator[House]:
    """One in which nothing is judged: what is handed in waits."""
    async with _house({"ASSAY_HOME": home, **_named(settings)}, LANGUAGES) as house:
        yield house


@asynccontextmanager
async def open_house(home: Path, **settings: str) -> AsyncIterator[House]:
    """One over the sandbox of this machine, with a few languages."""
    environment = {
        "ASSAY_HOME": str(home),
        "ASSAY_LANGUAGES": "bash,c,python3",
        "ASSAY_JUDGE_SLOTS": "2",
        **_named(settings),
    }
    async with _house(environment, None) as house:
        yield house


@asynccontextmanager
async def _house(
    environment: Mapping[str, str], languages: tuple[Language, ...] | None
) -> AsyncIterator[House]:
    container = Container(settings=load_settings(environment=environment, dotenv=None))
    try:
        found = languages or await container.own_judge().languages()
        app = build_app(container, found, when_ended=_unforeseen)
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # Litestar's own types
        async with httpx.AsyncClient(
            transport=transport, base_url="http://judge", timeout=60
        ) as client:
            if languages is not None:
                yield House(client, container)
                return
            async with _living(app):
                yield House(client, container)
    finally:
        await close_judge_server(container)


@asynccontextmanager
async def _living(app: Litestar) -> AsyncIterator[None]:
    """In a task of its own: a fixture may be left in another task than it was entered in."""
    lives, ends = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            lives.set()
            await ends.wait()

    living = asyncio.create_task(live())
    await asyncio.wait({living, asyncio.create_task(lives.wait())}, return_when="FIRST_COMPLETED")
    try:
        yield
    finally:
        ends.set()
        await living


def _unforeseen(cause: BaseException | None) -> None:
    raise AssertionError("the judging has ended") from cause


def _named(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"ASSAY_JUDGE_SERVER_{name.upper()}": value for name, value in settings.items()}


def dumped(body: object) -> str:
    return json.dumps(body)
