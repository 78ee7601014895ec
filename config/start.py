"""The start: every store answers, or nothing is promised to anyone."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from adapters.sql.sqlite_file import SchemaTooNew
from application.ports.storage import StoreUnavailable
from config.bad_setting import BadSetting
from config.container import Container

PATIENCE = timedelta(seconds=30)
"""How long a service may be away at the start: longer, and its address is wrong (decision 36)."""
_LOOK_AGAIN_S = 0.5

_log = structlog.get_logger(__name__)


async def open_stores(container: Container, *, patience: timedelta = PATIENCE) -> None:
    """Return when all that is stored anywhere can be reached.

    Raises:
        BadSetting: the home folder holds the data of a later version, or a setting is wrong.
        StoreUnavailable: a store could not be reached for that long.
    """
    give_up_after = _Deadline(container, patience)
    try:
        await give_up_after(container.storage().check)
        await give_up_after(container.submissions().check)
        await give_up_after(container.blobs().check)
    except SchemaTooNew as error:
        raise BadSetting("ASSAY_HOME", f"cannot be used: {error}") from None


class _Deadline:
    """One for all stores together."""

    def __init__(self, container: Container, patience: timedelta) -> None:
        self._clock = container.clock()
        self._end = self._clock.now() + patience

    async def __call__(self, check: Callable[[], Awaitable[None]]) -> None:
        told = False
        while True:
            try:
                await check()
            except StoreUnavailable as away:
                if self._clock.now() >= self._end:
                    raise
                if not told:
                    _log.warning("waiting for a store", store=away.what)
                told = True
                await self._clock.sleep(_LOOK_AGAIN_S)
            else:
                return
