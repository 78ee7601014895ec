"""Identifiers of the machine's clock and chance."""

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from adapters.system.ids import SystemIds


def test_an_id_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = UUID(SystemIds().new())
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_of_two_processes_at_once_differ() -> None:
    assert SystemIds().new() != SystemIds().new()


def test_threads_share_no_id() -> None:
    ids = SystemIds()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids.new(), range(5_000)))
    assert len(set(made)) == 5_000
