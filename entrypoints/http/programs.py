"""The program in a body: one source, or several files."""

import msgspec

from domain.program import Program, SourceFile, several_files, single_file
from entrypoints.http.bodies import MIB
from entrypoints.http.problems import misfit
from entrypoints.http.schemas.submissions import RunBody, SubmissionBody

MAX_BODY = 8 * MIB
"""64 KiB of sources and 1 MiB of input, each character escaped in JSON."""


def program_of(body: SubmissionBody | RunBody) -> Program:
    """The program that was sent.

    Raises:
        Refused: 422, both `source` and `files`, or neither.
        InvalidProgram, SourceTooLarge: the files do not fit.
    """
    with_entry_point = not isinstance(body.entry_point, msgspec.UnsetType)
    if isinstance(body.source, msgspec.UnsetType):
        if isinstance(body.files, msgspec.UnsetType):
            raise misfit("/source", "is missing: give it, or files")
        files = tuple(SourceFile(name=file.name, content=file.content) for file in body.files)
        return several_files(files, str(body.entry_point) if with_entry_point else None)
    if not isinstance(body.files, msgspec.UnsetType):
        raise misfit("/files", "goes in place of source, not beside it")
    if with_entry_point:
        raise misfit("/entry_point", "goes with files only")
    return single_file(body.source)
