"""A MariaDB as Debian packages it, which keeps what it acknowledged, and databases made in it."""

import asyncio
import functools
import os
import pwd
import subprocess
import uuid
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import asyncmy

from tests.services.process import (
    PrivateServer,
    answers,
    free_port,
    program,
    shared,
    unavailable,
)

T = TypeVar("T")

_WORDS = """
CREATE DATABASE IF NOT EXISTS assay;
CREATE USER IF NOT EXISTS assay@'127.0.0.1' IDENTIFIED BY 'p@ss/word';
GRANT ALL ON *.* TO assay@'127.0.0.1' WITH GRANT OPTION;
"""
_ADDRESS = "mysql://assay:p%40ss%2Fword@127.0.0.1:{port}/assay"
_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--performance-schema=off",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-flush-method=nosync",  # what was acknowledged survives a kill, not a power cut
    "--innodb-buffer-pool-size=96M",
    "--innodb-log-file-size=32M",
    "--max-connections=200",
)


def mysql_server(folder: Path) -> tuple[PrivateServer, str]:
    """A MariaDB of one's own, not yet started, to be killed and restarted at will; its address."""
    path = program("mariadbd", "/usr/sbin/mariadbd") or unavailable("MariaDB")
    port = free_port()
    data = folder / "data"
    _install(folder, data)
    command = [path, "--no-defaults", f"--user={_user()}", f"--datadir={data}", f"--port={port}"]
    command += [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", *_OPTIONS]
    command += [f"--init-file={folder / 'init.sql'}", f"--tmpdir={data}"]
    server = PrivateServer(
        name="mariadb", command=command, folder=folder, ready=lambda: answers(port)
    )
    return server, _ADDRESS.format(port=port)


@functools.cache
def mysql_url() -> str:
    """The address of the one server that this process's tests share; its user may do anything."""
    return shared("ASSAY_TEST_MYSQL_URL", "mariadb", mysql_server)


def new_database(url: str | None = None) -> str:
    """The address of an empty database, made beside the one of that address (by default shared)."""
    server = url or mysql_url()
    name = f"assay_{uuid.uuid4().hex[:12]}"
    statements(server, [f"CREATE DATABASE {name} CHARACTER SET utf8mb4"])
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def statements(url: str, texts: Sequence[str]) -> list[tuple[object, ...]]:
    """The rows of the last of these statements, run in a connection of its own."""
    return elsewhere(_rows(url, texts))


def elsewhere(work: Coroutine[object, object, T]) -> T:
    """What it returns, run in another thread: so it may be called with a loop or without."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def _rows(url: str, texts: Sequence[str]) -> list[tuple[object, ...]]:
    parts = urlsplit(url)
    connection = await asyncmy.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
        autocommit=True,
    )
    try:
        async with connection.cursor() as cursor:
            for text in texts:
                await cursor.execute(text)
            return list(await cursor.fetchall())
    finally:
        connection.close()


def _install(folder: Path, data: Path) -> None:
    install = program("mariadb-install-db") or unavailable("MariaDB")
    command = [install, "--no-defaults", f"--user={_user()}", f"--datadir={data}"]
    command += ["--auth-root-authentication-method=normal", "--skip-test-db"]
    command += [f"--tmpdir={data}"]  # who starts in a shared one removes what others have there
    with (folder / "install.log").open("wb") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log)  # noqa: S603
    (folder / "init.sql").write_text(_WORDS)


def _user() -> str:
    """It refuses to run as root unless told so."""
    return pwd.getpwuid(os.getuid()).pw_name
