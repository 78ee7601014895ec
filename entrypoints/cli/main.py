"""The program `assay`: its commands, and how it ends."""

import sys

import rich_click as click

from application.ports.judge import JudgeUnavailable
from application.ports.storage import StoreUnavailable
from application.use_cases.collect_blobs import CollectionRefused
from config.bad_setting import BadSetting
from domain.errors import DomainError
from entrypoints.cli.create_admin import create_admin
from entrypoints.cli.demo import demo
from entrypoints.cli.doctor import doctor
from entrypoints.cli.gc import gc
from entrypoints.cli.judge_server import judge_server
from entrypoints.cli.migrate import migrate
from entrypoints.cli.rebuild_totals import rebuild_totals
from entrypoints.cli.serve import serve
from entrypoints.cli.settings import settings
from entrypoints.cli.submit import submit
from entrypoints.cli.worker import worker
from entrypoints.logs import configure_logs

EXIT_PROBLEM = 2
EXIT_INTERRUPTED = 130
_EXPECTED = (BadSetting, DomainError, StoreUnavailable, JudgeUnavailable, CollectionRefused)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay", message="%(prog)s %(version)s")
def assay() -> None:
    """Assay: challenges, sandboxed judging, scores and standings.

    Settings are read from the environment and from the file .env; `assay settings` lists them.
    """


for _command in (
    serve,
    worker,
    judge_server,
    doctor,
    create_admin,
    demo,
    submit,
    migrate,
    gc,
    rebuild_totals,
    settings,
):
    assay.add_command(_command)


def main() -> None:
    """Run one command; what a user can cause is told in one line, without a traceback.

    Its own words may go to standard output, its log never does.
    """
    configure_logs()
    try:
        code = assay.main(standalone_mode=False)
    except click.UsageError as problem:
        _tell(problem.format_message())
        if problem.ctx is not None:
            click.echo(f"Try: {problem.ctx.command_path} --help", err=True)
        sys.exit(problem.exit_code)
    except click.ClickException as problem:
        _tell(problem.format_message())
        sys.exit(problem.exit_code)
    except _EXPECTED as problem:
        _tell(str(problem))
        sys.exit(EXIT_PROBLEM)
    except click.Abort:
        _tell("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _tell(problem: str) -> None:
    click.echo(f"assay: {problem}", err=True)


if __name__ == "__main__":
    main()
