"""How a property compares an adapter with the memory adapter, one random step after another."""

import asyncio
import tempfile
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Generic, TypeVar

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine

Adapter = TypeVar("Adapter")
Answer = TypeVar("Answer")

EXAMPLES_OF_PROFILE = {"quick": 25, "soak": 500}
STEPWISE = settings(max_examples=EXAMPLES_OF_PROFILE[settings.get_current_profile_name()])
"""For machines, which take as many steps an example as the profile says."""


class Comparison(RuleBasedStateMachine, Generic[Adapter]):
    """Does every step to both, and sees whether they answer the same or refuse the same.

    `name` is that of the adapter in its table.
    """

    name = "memory"

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.model = self._runner.run(self._opened("memory", folder))
        self.adapter = self._runner.run(self._opened(self.name, folder))

    @abstractmethod
    def entry(self, name: str, folder: Path) -> AbstractAsyncContextManager[Adapter]:
        """The adapter of that name, to be opened."""

    def both(self, step: Callable[[Adapter], Awaitable[Answer]]) -> Answer | str:
        """The answer, or the name of the refusal, of this step; the same from both."""
        expected = self._runner.run(_answer(step, self.model))
        actual = self._runner.run(_answer(step, self.adapter))
        assert actual == expected
        return expected

    def teardown(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    async def _opened(self, name: str, folder: Path) -> Adapter:
        return await self._stack.enter_async_context(self.entry(name, folder))


async def _answer(step: Callable[[Adapter], Awaitable[Answer]], adapter: Adapter) -> Answer | str:
    try:
        return await step(adapter)
    except Exception as error:  # noqa: BLE001 - whatever one raises the other must raise too
        return f"{type(error).__name__}: {error}"
