"""Work is done for as long as the claim on it is held, which a heartbeat sees to."""

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import timedelta
from typing import TypeVar

from application.ports.clock import Clock
from application.ports.storage import StoreUnavailable
from application.ports.submissions import Claim, LeaseLost, SubmissionRepository

T = TypeVar("T")

LEASE_TIME = timedelta(seconds=9)
"""With the timer's second: the work of a worker that died is taken up within 10 seconds."""
HEARTBEAT_S = 2.0


async def while_held(
    claim: Claim,
    work: Coroutine[None, None, T],
    *,
    submissions: SubmissionRepository,
    clock: Clock,
) -> T | None:
    """What the work returns; None where the claim was lost, which ends it.

    Cancelling it ends the work and hands it back.

    Raises:
        Exception: whatever the work raises, but LeaseLost.
    """
    doing = asyncio.create_task(work)
    heartbeat = asyncio.create_task(_keep_alive(claim, submissions, clock))
    try:
        await asyncio.wait({doing, heartbeat}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await _ended(doing)
        await _let_go(claim, submissions, clock)
        raise
    finally:
        await _ended(heartbeat)
        await _ended(doing)
    _raise_unless_lost(heartbeat)
    _raise_unless_lost(doing)
    return None if doing.cancelled() or doing.exception() else doing.result()


async def _let_go(claim: Claim, submissions: SubmissionRepository, clock: Clock) -> None:
    """This worker was told to stop: another may begin anew at once, not after the lease."""
    with contextlib.suppress(LeaseLost, StoreUnavailable):
        await submissions.hand_back(claim, not_before=clock.now(), failed=False)


async def _keep_alive(claim: Claim, submissions: SubmissionRepository, clock: Clock) -> None:
    """Extend the lease until it is lost; a store that is away for a moment is tried again."""
    due_at = claim.lease.expires_at - LEASE_TIME  # a claim may have taken long to be answered
    while True:
        due_at = max(due_at + timedelta(seconds=HEARTBEAT_S), clock.now())
        await clock.sleep((due_at - clock.now()).total_seconds())
        try:
            await submissions.extend(claim, clock.now() + LEASE_TIME)
        except LeaseLost:
            return
        except StoreUnavailable:
            continue


async def _ended(task: asyncio.Task[T] | asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end, whatever that is."""
    task.cancel()
    await asyncio.wait({task})


def _raise_unless_lost(task: asyncio.Task[T] | asyncio.Task[None]) -> None:
    """Pass on what went wrong, but a lost claim."""
    if task.cancelled():
        return
    error = task.exception()
    if error is not None and not isinstance(error, LeaseLost):
        raise error
