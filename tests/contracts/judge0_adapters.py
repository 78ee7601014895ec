"""Judge0's adapter over our own judge server, in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from adapters.judge0.following import Pace
from adapters.judge0.judge import Judge0Judge
from adapters.system.clock import SystemClock
from config.container import Container, close_judge_server
from config.settings import load_settings
from entrypoints.judge_server.server import build_app
from tests.contracts.in_hand import JudgeInHand, with_python
from tests.services.process import free_port

_TOKEN = "between-the-two"  # noqa: S105 - of a server that only this test has


@asynccontextmanager
async def judge0_judge(folder: Path) -> AsyncIterator[JudgeInHand]:
    async with _judge_server(folder) as url:
        pace = Pace(first_poll_s=0.005, longest_poll_s=0.05)
        judge = Judge0Judge(url, _TOKEN, SystemClock(), slots=3, pace=pace)
        yield with_python(judge, loaded_by_compiling=(1,))
        await judge.close()


@asynccontextmanager
async def _judge_server(folder: Path) -> AsyncIterator[str]:
    environment = {
        "ASSAY_HOME": str(folder),
        "ASSAY_LANGUAGES": "bash,python3",
        "ASSAY_JUDGE_SLOTS": "2",
        "ASSAY_JUDGE_SERVER_TOKENS": _TOKEN,
        "ASSAY_JUDGE_SERVER_CONFIG": "max_cpu_time_limit=60,max_wall_time_limit=120",
    }
    container = Container(settings=load_settings(environment=environment, dotenv=None))
    port = free_port()
    app = build_app(container, await container.own_judge().languages())
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
    await close_judge_server(container)
