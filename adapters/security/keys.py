"""One secret, and the keys that are derived from it."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A key for each use, none of which says anything of another. Never shown."""

    jwt: bytes = field(repr=False)
    refresh: bytes = field(repr=False)
    cursors: bytes = field(repr=False)


def derive_keys(secret: bytes) -> Keys:
    """The keys of this secret, by HKDF-SHA256 (RFC 5869), always the same.

    The labels are fixed for ever: a change of one makes every token of its kind worthless.
    """
    return Keys(
        jwt=_derived(secret, b"assay jwt"),
        refresh=_derived(secret, b"assay refresh"),
        cursors=_derived(secret, b"assay cursors"),
    )


def _derived(secret: bytes, label: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=label).derive(secret)
