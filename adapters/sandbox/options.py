"""What whoever hands in a program says of it, in the words of commands."""

from adapters.sandbox.box import APP
from adapters.sandbox.sources import Sources
from application.ports.judge import ProgramOptions

_AMONG_FILES = f"cp -R {APP}/. . || exit\n"
_WITH_ERRORS = "exec 2>&1\n"
_SOURCES = frozenset({"{sources}", "{main}"})


def split_at_sources(command: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A compiler's command before its sources, and from them on."""
    first = next((n for n, part in enumerate(command) if part in _SOURCES), len(command))
    return command[:first], command[first:]


def command_with(
    command: tuple[str, ...], sources: Sources, options: ProgramOptions
) -> tuple[str, ...]:
    """The command behind a shell, where only a shell can do what is asked for."""
    names = {file.name for file in sources.files}
    prologue = _AMONG_FILES if any(f.path not in names for f in sources.beside) else ""
    prologue += _WITH_ERRORS if options.redirect_stderr else ""
    whole = (*command, *options.arguments)
    return ("/bin/sh", "-c", f'{prologue}exec "$@"', "sh", *whole) if prologue else whole
