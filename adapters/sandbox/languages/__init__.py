"""The table of languages: to add one is to add one entry to the file of its family."""

from adapters.sandbox.languages.entry import Entry
from adapters.sandbox.languages.managed import MANAGED
from adapters.sandbox.languages.native import NATIVE
from adapters.sandbox.languages.scripts import SCRIPTS

TABLE: tuple[Entry, ...] = (*NATIVE, *MANAGED, *SCRIPTS)

__all__ = ["TABLE", "Entry"]
