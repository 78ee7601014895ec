"""Does everything answer that the platform depends on?"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from application.ports.blob_store import BlobStore
from application.ports.judge import LanguageOffer
from application.ports.progress import ProgressStream
from application.ports.rate_limiter import RateLimiter
from application.ports.storage import Storage
from application.ports.submissions import SubmissionRepository
from application.ports.task_queue import TaskQueue

PATIENCE_S = 1.0

Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Which dependencies answer, by name.

    Without an `essential` one requests fail. Without one of the others they are answered: work
    waits for the timer, events for a reader's own look, and rates are not limited.
    """

    essential: Mapping[str, bool]
    others: Mapping[str, bool]

    @property
    def dependencies(self) -> Mapping[str, bool]:
        return {**self.essential, **self.others}

    @property
    def is_ready(self) -> bool:
        return all(self.essential.values())

    @property
    def is_degraded(self) -> bool:
        return not all(self.others.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHealth:
    storage: Storage
    submissions: SubmissionRepository
    blobs: BlobStore
    offer: LanguageOffer
    queue: TaskQueue
    progress: ProgressStream
    rate_limiter: RateLimiter

    async def __call__(self) -> Health:
        """Whether each dependency answers within 1 s; all are asked at once."""
        essential: Mapping[str, Check] = {
            "storage": self.storage.check,
            "submissions": self.submissions.check,
            "blob_store": self.blobs.check,
            "languages": self._check_languages,
        }
        others: Mapping[str, Check] = {
            "queue": self.queue.check,
            "progress": self.progress.check,
            "rate_limiter": self.rate_limiter.check,
        }
        checks = (*essential.values(), *others.values())
        answers = await asyncio.gather(*(_answers(check) for check in checks))
        found = dict(zip((*essential, *others), answers, strict=True))
        return Health(
            essential={name: found[name] for name in essential},
            others={name: found[name] for name in others},
        )

    async def _check_languages(self) -> None:
        if not await self.offer.languages():
            raise RuntimeError


async def _answers(check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await check()
    except Exception:  # noqa: BLE001 - whatever goes wrong with it, it does not answer
        return False
    return True
