"""What a candidate hands in: one or more source files and where to begin."""

import re
from dataclasses import dataclass

from domain.errors import InvalidProgram, SourceTooLarge

MAX_SOURCE_BYTES = 64 * 1024
"""All files of one program together, in UTF-8."""
MAX_FILES = 100
MAX_FILE_NAME_LENGTH = 255

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file; `content` is text as handed in, line ends untouched, always encodable as UTF-8."""

    name: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Files in the order they were handed in.

    A bare `source` is one file with an empty name: the judge gives it the language's usual name.
    `entry_point` names the file to begin with; None means the first one.
    """

    files: tuple[SourceFile, ...]
    entry_point: str | None = None

    @property
    def size_bytes(self) -> int:
        return sum(len(file.content.encode()) for file in self.files)

    @property
    def source(self) -> str:
        """The content of the file to begin with."""
        return self.main_file.content

    @property
    def main_file(self) -> SourceFile:
        return next((f for f in self.files if f.name == self.entry_point), self.files[0])


def single_file(source: str) -> Program:
    """The program of a bare `source` field.

    Raises:
        InvalidProgram: it cannot be written as UTF-8 (lone surrogates) or holds NUL.
        SourceTooLarge: over MAX_SOURCE_BYTES.
    """
    return check_program(Program(files=(SourceFile(name="", content=source),)), MAX_SOURCE_BYTES)


def several_files(files: tuple[SourceFile, ...], entry_point: str | None) -> Program:
    """The program of a `files` field.

    Raises:
        InvalidProgram: no file or too many, a name that is not allowed or twice there, an entry
            point that is not among them, content that cannot be written as UTF-8 or holds NUL.
        SourceTooLarge: over MAX_SOURCE_BYTES.
    """
    return check_program(Program(files=files, entry_point=entry_point), MAX_SOURCE_BYTES)


def check_program(program: Program, max_bytes: int) -> Program:
    """The program itself; a single file may be without a name.

    Raises:
        InvalidProgram, SourceTooLarge: as above, with `max_bytes` for all files together.
    """
    if [file.name for file in program.files] != [""]:
        _check_files(program.files, program.entry_point)
    for position, file in enumerate(program.files):
        pointer = f"/files/{position}/content" if file.name else "/source"
        _check_text(pointer, file.content)
    if program.size_bytes > max_bytes:
        raise SourceTooLarge(size_bytes=program.size_bytes, max_bytes=max_bytes)
    return program


def _check_files(files: tuple[SourceFile, ...], entry_point: str | None) -> None:
    if not 1 <= len(files) <= MAX_FILES:
        raise InvalidProgram("/files", f"a program has 1 to {MAX_FILES} files")
    seen: set[str] = set()
    for position, file in enumerate(files):
        _check_name(f"/files/{position}/name", file.name, seen)
        seen.add(file.name)
    if entry_point is not None and entry_point not in seen:
        raise InvalidProgram("/entry_point", "is not the name of one of the files")


def _check_name(pointer: str, name: str, seen: set[str]) -> None:
    if len(name) > MAX_FILE_NAME_LENGTH or not _FILE_NAME.fullmatch(name):
        raise InvalidProgram(
            pointer, "must begin with a letter, digit or _ and hold only these and + . -"
        )
    if name in seen:
        raise InvalidProgram(pointer, "is there twice")


def _check_text(pointer: str, content: str) -> None:
    if "\0" in content:
        raise InvalidProgram(pointer, "holds a NUL character, which no source file may")
    try:
        content.encode()
    except UnicodeEncodeError:
        raise InvalidProgram(pointer, "holds a lone surrogate, which is not text") from None
