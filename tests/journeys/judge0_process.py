"""The stand-in for Judge0 over our own sandbox, as a process that is given its port.

It takes its home, for the sandbox, to be the working folder.
"""

import asyncio
import functools
import sys
from pathlib import Path

from adapters.sandbox.judge import SandboxJudge
from tests.contracts.judge0_adapters import in_sandbox
from tests.services.judge0 import Judge0StandIn


async def _serve(port: int) -> None:
    sandbox = SandboxJudge(Path.cwd(), slots=2, allow_weak=True, only=("bash", "c", "python3"))
    await sandbox.languages()  # found out before the first program has to wait for it
    async with Judge0StandIn(functools.partial(in_sandbox, sandbox)).serving(port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
