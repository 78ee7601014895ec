"""New identifiers and secrets."""

from typing import Protocol


class Ids(Protocol):
    """The one source of chance."""

    def new(self) -> str:
        """A new UUIDv7 (RFC 9562): later ones sort after earlier ones, also as text."""
        ...

    def token(self) -> str:
        """A new unguessable text of at least 128 bits, for leases."""
        ...
