"""The silent strategy: the challenger sees every row after its answer was given, and nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

import structlog

from trunkline.core.errors import StorageError
from trunkline.predictions import Failure
from trunkline.predictions.writer import Log

from .release import Loaded, Row
from .telemetry import Metrics, failure, log_refused


@dataclass(frozen=True)
class Seen:
    """Rows that were answered, for the silent challenger to answer too."""

    live: Loaded
    rows: Sequence[Row]
    answers: Sequence[str]
    """The ids of the answers that the users got."""


class Silent:
    """A bounded number of rows that wait for the challenger; what does not fit is dropped and counted."""

    def __init__(
        self,
        predictions: Log,
        metrics: Metrics,
        log: structlog.typing.FilteringBoundLogger,
        *,
        maximum_rows: int = 5000,
    ) -> None:
        self._predictions = predictions
        self._metrics = metrics
        self._log = log
        self._maximum_rows = maximum_rows
        self._waiting_rows = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, seen: Seen) -> None:
        """Hand rows to the silent challenger, or drop them when it is too far behind."""
        if self._waiting_rows + len(seen.rows) > self._maximum_rows:
            self._metrics.silent_drops.inc(len(seen.rows))
            challenger = seen.live.release.challenger
            version = challenger.version if challenger else 0
            self._log.warning("challenger too slow", version=version, strategy="silent", rows=len(seen.rows))
            self._note(seen.live.failures("silent", seen.rows, "dropped"))
            return
        self._waiting_rows += len(seen.rows)
        seen.live.__enter__()
        task = asyncio.create_task(self.answer(seen), name="silent")
        # The event loop itself holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(partial(self._done, seen))

    async def settled(self) -> None:
        """Return when nothing waits."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self, *, seconds: float = 5.0) -> None:
        """Work off what waits for at most `seconds`, then drop the rest."""
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, seen: Seen, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._waiting_rows -= len(seen.rows)
        seen.live.__exit__()
        if task.cancelled():
            self._metrics.silent_drops.inc(len(seen.rows))

    def _note(self, failures: Sequence[Failure]) -> None:
        with suppress(StorageError):  # the metrics count it all the same
            self._predictions.append(failures)

    async def answer(self, seen: Seen) -> None:
        """Answer and log rows; every failure ends here, counted."""
        live, challenger = seen.live, seen.live.challenger
        if challenger is None:
            return
        broken = await live.decoding.run(lambda: [challenger.refuses(row) for row in seen.rows])
        fit = [
            (row, id_) for row, id_, fields in zip(seen.rows, seen.answers, broken, strict=True) if not fields
        ]
        if len(fit) < len(seen.rows):
            self._metrics.challenger_errors.labels("silent", "contract").inc(len(seen.rows) - len(fit))
            log_refused(self._log, challenger.route.version, "silent", broken)
            unfit = [(row, fields) for row, fields in zip(seen.rows, broken, strict=True) if fields]
            refused, why = zip(*unfit, strict=True)
            self._note(live.failures("silent", refused, "refused", why))
        if not fit:
            return
        try:
            found = await challenger.batches.ask([row for row, _ in fit])
            seconds = found.seconds / len(fit)
            given = [(row, outputs, id_) for (row, id_), outputs in zip(fit, found.outputs, strict=True)]
            self._predictions.append(
                await live.decoding.run(
                    lambda: [
                        live.record("silent", uuid4().hex, row, outputs, seconds=seconds, answered=id_)
                        for row, outputs, id_ in given
                    ]
                )
            )
        except StorageError as error:
            self._metrics.silent_drops.inc(len(fit))
            self._log.error("silent answers not logged", reason=error.what)
        except Exception as error:  # its trouble is never the user's
            self._metrics.challenger_errors.labels("silent", "model").inc(len(fit))
            self._log.error(
                "challenger failed",
                version=challenger.route.version,
                strategy="silent",
                rows=len(fit),
                **failure(error),
            )
            self._note(live.failures("silent", [row for row, _ in fit], "failed"))
        else:
            self._metrics.served("silent", challenger.route.version, len(fit), seconds)
