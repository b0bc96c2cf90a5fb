"""Decoding: what takes long to check is checked in few threads, while the event loop answers others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from trunkline.core.errors import UnavailableError

THREADS = 2
"""So many requests are decoded at a time: each may hold 75 MB of pixels."""
MOST_WAITING = 64
"""So many requests wait at most; their bodies are in memory."""

T = TypeVar("T")


class Decoding:
    """Runs checks in threads of its own where rows are `heavy`, and right away where they are not."""

    def __init__(self, *, heavy: bool, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self.heavy = heavy
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decoding")
        self._most = threads + most_waiting
        self._under_way = 0

    async def read(self, act: Callable[[], T]) -> T:
        """Return what `act` makes of a request. Raises UnavailableError where too many requests wait already."""
        if self._under_way >= self._most:
            raise UnavailableError(
                f"{self._under_way} requests wait for their images to be decoded.",
                next_step="try again later, or start more processes",
            )
        return await self.run(act)

    async def run(self, act: Callable[[], T]) -> T:
        """Return what `act` returns, however many requests wait: for what was read already."""
        if not self.heavy:
            return act()
        task = asyncio.get_running_loop().run_in_executor(self._threads, act)
        self._under_way += 1
        # It counts until its thread has ended, also where nobody waits for it any more.
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False)

    def _ended(self, task: asyncio.Future[T]) -> None:
        self._under_way -= 1
        if not task.cancelled():
            task.exception()  # else asyncio complains of one that nobody fetched
