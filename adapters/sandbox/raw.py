"""What a judge server runs beside languages: a binary, a text, a folder with its own scripts."""

from adapters.sandbox.languages import Entry
from adapters.sandbox.toolchains import on_system

_MANY = 120
_NO_CHECK = ("/bin/true",)
_VERSION = ("{bash}", "--version")

RAW: tuple[Entry, ...] = (
    Entry(
        id="executable",
        name="Executable",
        extensions=(".out",),
        file_name="a.out",
        find=on_system(bash="bash"),
        version=_VERSION,
        compile=("/bin/sh", "-c", 'cp "$1" {out}/a.out && chmod 755 {out}/a.out', "sh", "{main}"),
        run=("{app}/a.out",),
        hello="#!/bin/sh\necho hello\n",
        bears_address_limit=False,
        processes=_MANY,
    ),
    Entry(
        id="plaintext",
        name="Plain Text",
        extensions=(".txt",),
        file_name="text.txt",
        find=on_system(bash="bash"),
        version=_VERSION,
        check=_NO_CHECK,
        run=("/bin/cat", "{app}/{main}"),
        hello="hello\n",
    ),
    Entry(
        id="multifile",
        name="Multi-file program",
        extensions=("run",),
        file_name="run",
        find=on_system(bash="bash"),
        version=_VERSION,
        compile=(
            *("/bin/sh", "-c", "{ [ ! -f compile ] || {bash} compile; } && cp -a . {out}/"),
            "sh",
        ),
        run=("/bin/sh", "-c", "cp -a {app}/. . && exec {bash} run"),
        hello="echo hello\n",
        bears_address_limit=False,
        processes=_MANY,
        compile_processes=_MANY,
    ),
)
"""Their ids are no languages of challenges."""
