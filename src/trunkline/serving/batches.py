"""Batches: rows of several requests, asked of a model at once. Nothing waits for a batch: it takes what has come."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

MOST_ROWS = 256
"""So many rows are joined at most: a single row does not wait for the thousands of others."""

Rows = Sequence[Mapping[str, Any]]
Outputs = list[dict[str, Any]]
Ask = Callable[[Rows], Outputs]


@dataclass(frozen=True)
class Answered:
    """What a model answered to the rows of one request."""

    outputs: Outputs
    seconds: float
    """How long it took, with the rows that were asked for with them."""


class Batches:
    """Asks a model in a thread, one batch after the other: the requests that came while it answered the last one.

    Where `joined` is False a batch is one request. A batch that fails is asked again request by request, so that
    only those fail which the model cannot answer.
    """

    def __init__(self, ask: Ask, *, joined: bool, most: int = MOST_ROWS) -> None:
        self._ask, self._joined, self._most = ask, joined, most
        self._waiting: deque[tuple[Rows, asyncio.Future[Answered]]] = deque()
        self._work: asyncio.Task[None] | None = None

    async def ask(self, rows: Rows) -> Answered:
        """Return the outputs of one request's rows. Raises what the model raises on them alone."""
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, answer))
        if self._work is None:
            self._work = asyncio.create_task(self._work_off(), name="batches")
        return await answer

    async def _work_off(self) -> None:
        try:
            while batch := self._next():
                found = await asyncio.to_thread(answer_each, self._ask, [rows for rows, _ in batch])
                for (_, answer), one in zip(batch, found, strict=True):
                    if answer.done():  # whoever asked has gone
                        continue
                    if isinstance(one, Answered):
                        answer.set_result(one)
                    else:
                        answer.set_exception(one)
        finally:
            self._work = None

    def _next(self) -> list[tuple[Rows, asyncio.Future[Answered]]]:
        batch: list[tuple[Rows, asyncio.Future[Answered]]] = []
        count = 0
        while self._waiting and (
            not batch or (self._joined and count + len(self._waiting[0][0]) <= self._most)
        ):
            rows, answer = self._waiting.popleft()
            if not answer.done():
                batch.append((rows, answer))
                count += len(rows)
        return batch


def answer_each(ask: Ask, requests: Sequence[Rows]) -> list[Answered | Exception]:
    """Return what a model answers to each request, or raises on it; asked for all at once, if that works."""
    if len(requests) > 1:
        began = time.perf_counter()
        try:
            outputs = ask([row for rows in requests for row in rows])
        except Exception:  # noqa: S110 - whoever is to blame is told alone
            pass
        else:
            seconds = time.perf_counter() - began
            ends = accumulate(map(len, requests), initial=0)
            return [Answered(outputs[start:end], seconds) for start, end in pairwise(ends)]
    return [_answer_one(ask, rows) for rows in requests]


def _answer_one(ask: Ask, rows: Rows) -> Answered | Exception:
    began = time.perf_counter()
    try:
        return Answered(ask(rows), time.perf_counter() - began)
    except Exception as error:
        return error
