"""The start: every service answers, or nothing is promised to anyone (decision 36)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from adapters.sql.schema import AnotherSchema
from application.ports.clock import Clock
from application.ports.storage import StoreRefused, StoreUnavailable
from application.ports.task_queue import QueueRefused
from config.bad_setting import BadSetting
from config.container import Container
from config.services import QueueKind

PATIENCE = timedelta(seconds=30)
"""How long a service may be away at the start: longer, and its address is wrong."""
_LOOK_AGAIN_S = 0.5

_Check = Callable[[], Awaitable[None]]
_log = structlog.get_logger(__name__)


async def open_stores(container: Container, *, patience: timedelta = PATIENCE) -> None:
    """Return when all that is stored anywhere can be reached.

    Raises:
        BadSetting: the tables are those of another version of the program.
        StoreRefused: a store does not let us in; it is not waited for.
        StoreUnavailable: a store could not be reached for that long; names it.
    """
    await _open(container, _stores(container), patience)


async def open_services(container: Container, *, patience: timedelta = PATIENCE) -> None:
    """Return when, beside the stores, the queue and Redis answer, where they are set.

    Judge0 is asked only where this process judges itself: a server that leaves that to workers
    takes in programs while Judge0 is away, and may have no way to it.

    Raises:
        BadSetting, StoreRefused, StoreUnavailable: as `open_stores`; for other services, too.
        JudgeUnavailable: as `open_judge`.
    """
    others: dict[str, _Check] = {
        "the queue": container.queue().check,
        "Redis for events": container.progress().check,
        "Redis for rate limits": container.rate_limiter().check,
    }
    await _open(container, _stores(container) | others, patience)
    if container.settings().services.queue is QueueKind.IN_PROCESS:
        await open_judge(container)


async def open_judge(container: Container) -> None:
    """Return when a judge that is elsewhere answers; for a process that judges.

    Raises:
        JudgeUnavailable: Judge0 has not answered for 30 s, or refuses.
    """
    if container.settings().services.judge0_url is not None:
        await container.judge().start()


def _stores(container: Container) -> dict[str, _Check]:
    return {
        "users and challenges": container.storage().check,
        "submissions": container.submissions().check,
        "test data": container.blobs().check,
    }


async def _open(container: Container, checks: dict[str, _Check], patience: timedelta) -> None:
    clock: Clock = container.clock()
    give_up_at = clock.now() + patience
    told: set[str] = set()
    for name, check in checks.items():
        while (trouble := await _trouble(check, name)) is not None:
            if clock.now() >= give_up_at:
                raise trouble
            if name not in told:
                _log.warning("waiting for a service", service=name, reason=str(trouble))
            told.add(name)
            await clock.sleep(_LOOK_AGAIN_S)


async def _trouble(check: _Check, name: str) -> StoreUnavailable | None:
    """What keeps a service from answering that may pass."""
    try:
        await check()
    except AnotherSchema as error:
        raise BadSetting("ASSAY_HOME or MYSQL_URI", f"cannot be used: {error}") from None
    except StoreRefused:
        raise
    except QueueRefused as error:
        raise StoreRefused(name, str(error)) from None
    except StoreUnavailable as away:
        return away
    except Exception as error:  # noqa: BLE001 - what a check raises says why it fails
        return StoreUnavailable(f"{name} ({type(error).__name__}: {error})")
    return None
