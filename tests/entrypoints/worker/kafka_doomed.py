"""A worker in a process of its own, to be killed: says when it judges, and never ends that."""

import asyncio
import sys

from tests.entrypoints.worker.kafka_house import Desk, House, until


async def main(brokers: str, topic: str) -> None:
    desk = Desk()
    House(brokers, topic).worker(desk)
    await until(lambda: desk.judging == 1)
    sys.stdout.write("judging\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
