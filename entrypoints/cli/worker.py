"""`assay worker`: judges what servers elsewhere take in."""

import os
import sys

import rich_click as click

from config.settings import load_settings
from entrypoints.logs import configure_logs
from entrypoints.worker.process import run_worker
from entrypoints.worker.supervisor import Supervisor


@click.command()
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    help="Worker processes; those that die are started again.",
)
@click.option(
    "--slots",
    metavar="M",
    type=click.IntRange(1),
    help="Programs judged at once by each process; else ASSAY_JUDGE_SLOTS.",
)
def worker(*, processes: int, slots: int | None) -> None:
    """Judge what a queue on Redis, RabbitMQ or Kafka brings, until Ctrl-C.

    A stop finishes what is being judged, for 20 seconds at most; what is not done by then, or at
    a second Ctrl-C, is left to other workers.
    """
    if processes > 1:
        configure_logs()
        command = [sys.executable, "-m", "entrypoints.cli.main", "worker"]
        command += [] if slots is None else ["--slots", str(slots)]
        sys.exit(Supervisor(command=command, count=processes).run())
    given = {} if slots is None else {"ASSAY_JUDGE_SLOTS": str(slots)}
    environment = {**os.environ, **given}  # noqa: TID251 - handed on whole, read in config.settings
    run_worker(load_settings(environment=environment), announce=_announce)


def _announce(slots: int) -> None:
    click.echo(f"Assay judges {slots} programs at once until Ctrl-C.")
