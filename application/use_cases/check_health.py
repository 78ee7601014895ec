"""Does everything answer that the platform depends on?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from application.ports.blob_store import BlobStore
from application.ports.judge import LanguageOffer
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository

PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHealth:
    storage: Storage
    submissions: SubmissionRepository
    blobs: BlobStore
    offer: LanguageOffer

    async def __call__(self) -> Mapping[str, bool]:
        """Each dependency by name, and whether it answers within 5 s."""
        checks: Mapping[str, Callable[[], Awaitable[None]]] = {
            "storage": self.storage.check,
            "submissions": self.submissions.check,
            "blob_store": self.blobs.check,
            "judge": self._check_judge,
        }
        answers = await asyncio.gather(*(_answers(check) for check in checks.values()))
        return dict(zip(checks, answers, strict=True))

    async def _check_judge(self) -> None:
        if not await self.offer.languages():
            raise RuntimeError


async def _answers(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check()
    except Exception:  # noqa: BLE001 - whatever goes wrong with it, it does not answer
        return False
    return True
