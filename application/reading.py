"""What several use cases look up: challenges as one may see them, and test data."""

from collections.abc import AsyncGenerator

from application.ports.blob_store import BlobStore
from application.ports.storage import UnitOfWork
from domain.challenge import Challenge, ChallengeVersion, TestData
from domain.errors import ChallengeNotFound
from domain.ids import ChallengeId
from domain.user import Role, User


async def open_challenge(unit: UnitOfWork, user: User, id_or_slug: str) -> Challenge:
    """The challenge, if it is published; admins have drafts and archived ones too, to try them.

    Raises:
        ChallengeNotFound: there is none that this user may see.
    """
    challenge = await unit.challenges.get(ChallengeId(id_or_slug))
    challenge = challenge or await unit.challenges.by_slug(id_or_slug)
    if challenge is None or not (challenge.is_open or user.role is Role.ADMIN):
        raise ChallengeNotFound(id_or_slug)
    return challenge


async def newest(unit: UnitOfWork, challenge_id: ChallengeId) -> tuple[Challenge, ChallengeVersion]:
    """The challenge as it stands, whatever its status, and its newest version.

    Raises:
        ChallengeNotFound: there is none.
    """
    challenge = await unit.challenges.get(challenge_id)
    if challenge is None:
        raise ChallengeNotFound(challenge_id)
    version = await unit.challenges.version(challenge_id, challenge.version)
    if version is None:
        raise ChallengeNotFound(challenge_id)
    return challenge, version


async def whole(blobs: BlobStore, data: TestData) -> bytes:
    """All bytes of one input or expected output (at most 64 MiB).

    Raises:
        BlobNotFound, BlobCorrupt: the store lost them.
    """
    if data.inline is not None:
        return data.inline
    return b"".join([piece async for piece in blobs.get(data.key)])


async def beginning(blobs: BlobStore, data: TestData, length: int) -> bytes:
    """The first bytes of it, at most `length`."""
    if data.inline is not None:
        return data.inline[:length]
    return b"".join([piece async for piece in blobs.get(data.key, length=length)])


async def pieces(blobs: BlobStore, data: TestData) -> AsyncGenerator[bytes]:
    """All bytes, piece by piece."""
    if data.inline is not None:
        yield data.inline
        return
    async for piece in blobs.get(data.key):
        yield piece
