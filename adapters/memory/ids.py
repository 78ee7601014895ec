"""Identifiers that can be foretold."""

from itertools import count

from application.ports.ids import Ids


class MemoryIds(Ids):
    """Counts: the n-th identifier of one instance is always the same. Tokens can be guessed."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._tokens = count(1)

    def new(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._ids):012x}"

    def token(self) -> str:
        return f"token-{next(self._tokens):026d}"
