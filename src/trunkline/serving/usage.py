"""Usage: what the service and the processes that it started take, a sample a minute, kept beside the log."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.errors import StorageError
from trunkline.core.line_log import append
from trunkline.predictions.hourly import TELEMETRY, hourly_name
from trunkline.predictions.telemetry import Telemetry

EVERY_S = 60.0
PROCESSES = Path("/proc")
GPU = ("nvidia-smi", "--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")
GPU_PATIENCE_S = 10.0


class Usage:
    """Takes samples: `answers` says how many rows were answered so far, `bundle` which champion answers.

    `told` hears that a sample could not be kept; the next one is tried again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        answers: Callable[[], int],
        bundle: Callable[[], str],
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._answers = answers
        self._bundle = bundle
        self._told = told
        self._writer = secrets.token_hex(4)
        self._gpu = shutil.which(GPU[0])
        self._then = time.monotonic(), *processes(), 0

    async def keep(self, every: float = EVERY_S) -> None:
        """Take a sample every so many seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(every)
            await asyncio.to_thread(self.sample)

    def sample(self) -> None:
        """Take a sample since the one before, and append it to the file of the hour."""
        then, cpu_then, _, answers_then = self._then
        cpu, memory = processes()
        now, answers = time.monotonic(), self._answers()
        self._then = now, cpu, memory, answers
        busy, gpu_memory = gpus(self._gpu) if self._gpu else (None, None)
        taken = Telemetry(
            time=datetime.now(UTC),
            bundle=self._bundle(),
            seconds=round(now - then, 3),
            answers=answers - answers_then,
            # A process that ended takes its seconds with it.
            cpu_seconds=round(max(0.0, cpu - cpu_then), 3),
            memory_mb=round(memory, 1),
            gpu_share=busy,
            gpu_memory_mb=gpu_memory,
            gpu_silent=bool(self._gpu) and busy is None,
        )
        try:
            append(self._folder / hourly_name(taken.time, TELEMETRY, self._writer), [taken])
        except StorageError as error:
            self._told(error.what)


def processes() -> tuple[float, float]:
    """Return the CPU seconds and the MB of memory of this process and its children; without /proc, of its CPU alone."""
    if not PROCESSES.is_dir():
        return time.process_time(), 0.0
    found = [_stat(pid) for pid in _family(os.getpid())]
    return sum(cpu for cpu, _ in found), sum(memory for _, memory in found)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in PROCESSES.glob(f"{pid}/task/*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # it ended
            continue
        for child in children:
            yield from _family(int(child))


def _stat(pid: int) -> tuple[float, float]:
    try:
        # The name of a program may hold spaces and brackets: what counts stands after the last one.
        words = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return (int(words[11]) + int(words[12])) / ticks, int(words[21]) * page / 1e6


def gpus(program: str) -> tuple[float | None, float | None]:
    """Return how busy this machine's GPUs are on average, and the MB that are used of them; None where none answers."""
    try:
        said = subprocess.run(
            [program, *GPU[1:]], capture_output=True, text=True, timeout=GPU_PATIENCE_S, check=True
        ).stdout
        rows = [tuple(float(word) for word in line.split(",")) for line in said.splitlines() if line.strip()]
        return sum(row[0] for row in rows) / len(rows) / 100, sum(row[1] for row in rows)
    except (OSError, ValueError, IndexError, ZeroDivisionError, subprocess.SubprocessError):
        return None, None
