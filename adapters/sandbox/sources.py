"""A program's files as the tools of its language want them."""

from dataclasses import dataclass

from adapters.sandbox import java, kotlin
from adapters.sandbox.languages import Entry
from application.ports.judge import USUAL, FileBeside, ProgramOptions
from domain.program import Program, SourceFile

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A program's files as the tools of its language want them.

    `beside` are no sources: what is compiled may read them, and so may what is run.
    """

    files: tuple[SourceFile, ...]
    main: SourceFile
    main_class: str
    is_named: bool
    beside: tuple[FileBeside, ...] = ()
    compiler_options: tuple[str, ...] = ()

    def of(self, entry: Entry) -> tuple[str, ...]:
        """The names of the files to compile, the main one first."""
        others = [f.name for f in self.files if f.name.endswith(entry.extensions)]
        return tuple(dict.fromkeys((self.main.name, *others)))


def sources_of(program: Program, entry: Entry, options: ProgramOptions = USUAL) -> Sources:
    """Name what has no name, and take away what editors add and compilers stumble over."""
    files = tuple(_named(file, entry) for file in program.files)
    main = files[program.files.index(program.main_file)]
    return Sources(
        files=files,
        main=main,
        main_class=_main_class(entry, main, files),
        is_named=bool(program.files[0].name),
        beside=options.files,
        compiler_options=options.compiler_options,
    )


def _main_class(entry: Entry, main: SourceFile, files: tuple[SourceFile, ...]) -> str:
    others = (f for f in files if f is not main and f.name.endswith(entry.extensions))
    sources = (main, *others)
    if entry.id == "java":
        return java.main_class(tuple(file.content for file in sources))
    if entry.id == "kotlin":
        return kotlin.main_class(tuple((file.name, file.content) for file in sources))
    return ""


def _named(file: SourceFile, entry: Entry) -> SourceFile:
    name = file.name or (java.file_name(file.content) if entry.id == "java" else entry.file_name)
    content = file.content
    if name.endswith(entry.extensions):
        content = content.removeprefix(_BOM)
        content = content.replace("\r\n", "\n") if entry.unix_lines else content
    return SourceFile(name=name, content=content)
