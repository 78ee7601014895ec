"""`assay submit`: hands a program in and waits for the verdict."""

import sys
from contextlib import closing
from pathlib import Path

import msgspec
import rich_click as click
from rich.console import Console

from entrypoints.cli.events import Event
from entrypoints.cli.failure import Failure
from entrypoints.cli.passwords import password_file_option, read_password
from entrypoints.cli.progress import LiveProgress, PlainProgress, Progress, show_outcome
from entrypoints.cli.server_client import Credentials, ServerClient, Submission, Test

EXIT_NOT_ACCEPTED = 1
MAX_FRUITLESS_STREAMS = 20
"""Streams in a row that end without an event before the wait is given up."""
LANGUAGES = {
    "c": (".c",),
    "cpp": (".cpp", ".cc", ".cxx"),
    "python3": (".py",),
    "java": (".java",),
    "javascript": (".js", ".mjs", ".cjs"),
    "typescript": (".ts",),
    "go": (".go",),
    "rust": (".rs",),
    "ruby": (".rb",),
    "php": (".php",),
    "bash": (".sh",),
    "perl": (".pl", ".pm"),
    "lua": (".lua",),
    "haskell": (".hs",),
    "ocaml": (".ml",),
    "pascal": (".pas",),
    "kotlin": (".kt",),
    "csharp": (".cs",),
    "r": (".r",),
    "sqlite": (".sql",),
}
"""Extensions by which a language is guessed; so is each language's own id (`two.rust`)."""


class _Status(msgspec.Struct, frozen=True):
    status: str


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option("--challenge", "slug", required=True, metavar="SLUG", help="What it is to solve.")
@click.option("--language", metavar="ID", help="By default the first file's extension tells.")
@click.option(
    "--server",
    default="http://127.0.0.1:8000",
    envvar="ASSAY_PUBLIC_URL",
    show_default=True,
    show_envvar=True,
    metavar="URL",
    help="Where the server is.",
)
@click.option("--email", prompt="E-mail", metavar="EMAIL", help="Who hands in; else you are asked.")
@password_file_option
def submit(
    *,
    files: tuple[Path, ...],
    slug: str,
    language: str | None,
    server: str,
    email: str,
    password_file: str | None,
) -> None:
    """Hand in a program and wait for its verdict.

    The program begins in the first FILE. Exits with 0 when it is accepted, with 1 for every other
    verdict, and with 2 when there was none.
    """
    chosen = language or _guess_language(files[0])
    sources = [(file.name, _read_source(file)) for file in files]
    credentials = Credentials(email=email, password=read_password(password_file, confirmed=False))
    console = Console()
    with closing(ServerClient(server, credentials)) as client:
        queued = client.submit(client.find_challenge(slug), chosen, sources)
        outcome = _watch(client, queued, console)
    show_outcome(console, outcome)
    sys.exit(0 if outcome.verdict == "accepted" else EXIT_NOT_ACCEPTED)


def _guess_language(file: Path) -> str:
    suffix = file.suffix.lower()
    for language, extensions in LANGUAGES.items():
        if suffix in extensions or suffix == f".{language}":
            return language
    raise Failure(f"the language of {file} is not clear from its name: use --language")


def _read_source(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not UTF-8 text") from None


def _watch(client: ServerClient, queued: Submission, console: Console) -> Submission:
    """Follow the submission to its end; the server may end a stream at any time before."""
    with closing(_progress(console)) as progress:
        last, fruitless = "", 0
        while fruitless < MAX_FRUITLESS_STREAMS:
            fruitless += 1
            for event in client.events(queued.id, last):
                last, fruitless = event.id, 0
                if event.kind == "done":
                    return client.submission(queued.id)
                _show(event, progress)
    raise Failure(f"the server tells no more of submission {queued.id}; it may still be judged")


def _progress(console: Console) -> Progress:
    return LiveProgress(console) if console.is_terminal else PlainProgress(console)


def _show(event: Event, progress: Progress) -> None:
    if event.kind == "status":
        progress.status(msgspec.json.decode(event.data, type=_Status).status)
    elif event.kind == "test":
        progress.test(msgspec.json.decode(event.data, type=Test))
