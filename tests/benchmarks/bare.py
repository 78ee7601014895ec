"""A Litestar application that answers with the same bytes and does nothing for them.

`python -m tests.benchmarks.bare PORT FILE`: the file holds, as JSON, text by path, and for what is
posted by the path with `/posted`.
"""

import json
import sys
from pathlib import Path

import uvicorn
from litestar import Litestar, MediaType, get, post


def application(answers: dict[str, str]) -> Litestar:
    """One route each path, for reading and for posting a body, which is read and not looked at."""

    @get("/{path:path}", media_type=MediaType.JSON)
    async def read(path: str) -> bytes:
        return answers[path].encode()

    @post("/{path:path}", media_type=MediaType.JSON, status_code=202)
    async def take(path: str, body: bytes) -> bytes:
        return answers[f"{path}/posted"].encode() if body else b""

    return Litestar([read, take], openapi_config=None)


if __name__ == "__main__":
    port, file = sys.argv[1:]
    uvicorn.run(
        application(json.loads(Path(file).read_text("utf-8"))),
        port=int(port),
        log_level="error",
        loop="uvloop",
        http="httptools",
    )
