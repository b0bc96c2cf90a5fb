"""The service apart from HTTP: what serves now, how rows are answered and logged, how a new release comes in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog

from trunkline.core.errors import StorageError, TrunklineError
from trunkline.core.release import Release
from trunkline.predictions import Arm, Failure, Logged, Prediction, Rejection
from trunkline.predictions.shipping import Shipper
from trunkline.predictions.writer import Log

from .problems import Problem, without_secrets
from .release import Loaded, RefusedRelease, Row, Served, load, read_release
from .routing import choose
from .silent import Seen, Silent
from .telemetry import UNKNOWN_FIELD, Metrics, failure, log_refused
from .usage import Usage

INLINE_ROWS = 16
"""Up to this many rows a quick model is asked without a thread: handing over would cost more than the answer."""


class Service:
    """Answers rows from the release that is loaded, and swaps it for a new one between two answers."""

    def __init__(
        self,
        folder: Path,
        live: Loaded,
        predictions: Log,
        *,
        metrics: Metrics,
        log: structlog.typing.FilteringBoundLogger,
        threads: int = 1,
        maximum_rows: int = 1000,
        shipper: Shipper | None = None,
        answer_unlogged: bool = False,
        logs: Path | None = None,
    ) -> None:
        self.live = live
        self.failed: RefusedRelease | None = None
        self.metrics = metrics
        self.log = log
        self._folder = folder
        self._predictions = predictions
        self._threads = threads
        self._maximum_rows = maximum_rows
        self._shipper = shipper
        self._answer_unlogged = answer_unlogged
        self._silent = Silent(predictions, metrics, log)
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._usage = logs and Usage(
            logs,
            answers=lambda: metrics.answers,
            bundle=lambda: self.live.release.champion.bundle,
            told=lambda why: log.error("telemetry not kept", reason=why),
        )
        self._measuring: asyncio.Task[None] | None = None
        metrics.show(live.release)
        if shipper:
            metrics.show_shipping(shipper.behind)

    def start(self) -> None:
        """Begin to work; call it on the event loop."""
        if self._shipper:
            self._shipper.start()
        if self._usage:
            self._measuring = asyncio.create_task(self._usage.keep())

    async def stop(self) -> None:
        """Finish what is under way, close the models and the log."""
        await self._silent.stop()
        if self._measuring:
            self._measuring.cancel()
        async with self._reloading:
            pass
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)
        await self.live.close_when_idle()
        self._predictions.close()
        if self._shipper:
            await asyncio.to_thread(self._shipper.stop)
        self.log.info("stopped", revision=self.live.release.revision)

    async def settled(self) -> None:
        """Return when what was shown silently is answered."""
        await self._silent.settled()

    def log_state(self) -> dict[str, Any]:
        """Return what was answered and not logged since the start, and what is logged and not shipped."""
        behind = self._shipper.behind() if self._shipper else None
        return {"unlogged": self.metrics.unlogged_records, "unshipped": asdict(behind) if behind else None}

    async def answer(
        self, live: Loaded, rows: Sequence[Row], *, started: float, ids: Sequence[str] = ()
    ) -> list[Prediction]:
        """Return one record a row, each of them in the log already.

        `started` is the `time.perf_counter` at which the request had arrived; `ids`, where given, name the answers.
        Raises StorageError when the log does not take the answers and they must not be given without, and what the
        model raises when the champion fails.
        """
        ids = ids or [uuid4().hex for _ in rows]
        arms: list[Arm] = [
            choose(live.release, live.user(row), id_) for row, id_ in zip(rows, ids, strict=True)
        ]
        outputs = await self._ask_challenger(
            live, rows, [i for i, arm in enumerate(arms) if arm == "challenger"]
        )
        rest = [i for i in range(len(rows)) if i not in outputs]
        for i in rest:
            arms[i] = "champion"
        if rest:
            asked = [rows[i] for i in rest]
            try:
                found = await self._ask(live.champion, asked)
            except Exception:
                await self._note(live.failures("champion", asked, "failed"))
                raise
            outputs |= dict(zip(rest, found, strict=True))
        seconds = (time.perf_counter() - started) / len(rows)
        given = [(arms[i], ids[i], row, outputs[i]) for i, row in enumerate(rows)]
        # The log may keep a thumbnail, for which an image is decoded once more.
        records = await live.decoding.run(lambda: [live.record(*one, seconds=seconds) for one in given])
        await self._write(records)
        for arm in sorted(set(arms)):
            version = live.served(arm).route.version
            self.metrics.served(arm, version, arms.count(arm), seconds)
        return records

    def show_silent(self, live: Loaded, rows: Sequence[Row], records: Sequence[Prediction]) -> None:
        """Hand answered rows to the silent challenger, where the release has one; call it after the answer went out."""
        if live.release.strategy != "silent" or live.challenger is None:
            return
        if live is not self.live:
            self.metrics.silent_drops.inc(len(rows))
            return
        self._silent.show(Seen(live, rows, [record.id for record in records]))

    async def ask_silently(self, live: Loaded, rows: Sequence[Row], records: Sequence[Prediction]) -> None:
        """Ask the silent challenger, where the release has one, and return when it has answered."""
        if live.release.strategy == "silent" and live.challenger is not None:
            await self._silent.answer(Seen(live, rows, [record.id for record in records]))

    async def reject(self, live: Loaded, problems: Sequence[Problem]) -> None:
        """Log and count a request that broke the contract."""
        record = Rejection(
            id=uuid4().hex,
            time=datetime.now(UTC),
            environment=live.release.environment,
            problems=without_secrets(problems, live.requests.columns),
        )
        names = {column.name for column in live.requests.columns}
        for problem in problems:
            field = problem["field"] if problem["field"] in names else UNKNOWN_FIELD
            self.metrics.rejected_fields.labels(field).inc()
        await self._note([record])

    async def reload(self) -> None:
        """Swap in the release that the live folder asks for now; on any error keep what serves and say why."""
        async with self._reloading:
            release: Release | None = None
            try:
                release = await asyncio.to_thread(read_release, self._folder)
                fresh = await asyncio.to_thread(
                    load,
                    self._folder,
                    release,
                    secret=self.live.secret,
                    threads=self._threads,
                    maximum_rows=self._maximum_rows,
                )
            except Exception as error:  # whatever a new release does, the old one goes on serving
                reason = str(error) if isinstance(error, TrunklineError) else type(error).__name__
                self.failed = RefusedRelease(release.revision if release else "", reason)
                self.metrics.reload_errors.inc()
                self.log.error("release refused", revision=self.failed.revision, reason=reason)
                return
            old, self.live, self.failed = self.live, fresh, None
            self.metrics.show(release)
            self.log.info("release loaded", **fresh.about())
            self._keep(asyncio.create_task(old.close_when_idle()))

    def request_reload(self) -> None:
        """Reload in the background; this is what SIGHUP does."""
        self._keep(asyncio.create_task(self.reload()))

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The event loop itself holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, served: Served, rows: Sequence[Row]) -> list[dict[str, Any]]:
        if not served.model.quick:
            return (await served.batches.ask(rows)).outputs
        inline = served.soon and len(rows) <= INLINE_ROWS
        return served.ask(rows) if inline else await asyncio.to_thread(served.ask, rows)

    async def _ask_challenger(
        self, live: Loaded, rows: Sequence[Row], picked: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        """Return the challenger's outputs by row; rows that it cannot answer are left to the champion."""
        if (challenger := live.challenger) is None or not picked:
            return {}
        broken = await live.decoding.run(lambda: {i: challenger.refuses(rows[i]) for i in picked})
        fit = [i for i in picked if not broken[i]]
        if len(fit) < len(picked):
            self.metrics.challenger_errors.labels("canary", "contract").inc(len(picked) - len(fit))
            log_refused(self.log, challenger.route.version, "canary", broken.values())
            unfit = [i for i in picked if broken[i]]
            fields = [broken[i] for i in unfit]
            await self._note(live.failures("challenger", [rows[i] for i in unfit], "refused", fields))
        if not fit:
            return {}
        try:
            found = await self._ask(challenger, [rows[i] for i in fit])
        except Exception as error:  # a challenger's trouble is never the user's
            self.metrics.challenger_errors.labels("canary", "model").inc(len(fit))
            self.log.error(
                "challenger failed",
                version=challenger.route.version,
                strategy="canary",
                rows=len(fit),
                **failure(error),
            )
            await self._note(live.failures("challenger", [rows[i] for i in fit], "failed"))
            return {}
        return dict(zip(fit, found, strict=True))

    async def _note(self, records: Sequence[Rejection | Failure]) -> None:
        """Log what is no answer; what comes of the request does not depend on it."""
        with suppress(StorageError):  # `_write` has counted and logged it
            await self._write(records)

    async def _write(self, records: Sequence[Logged]) -> None:
        try:
            if self._predictions.sync:
                await asyncio.to_thread(self._predictions.append, records)
            else:
                self._predictions.append(records)
        except StorageError as error:
            if self._answer_unlogged:
                self.metrics.unlogged(len(records))
                self.log.error("answer not logged", reason=error.what)
                return
            self.metrics.log_errors.inc()
            self.log.error("answer withheld", reason=error.what)
            raise
