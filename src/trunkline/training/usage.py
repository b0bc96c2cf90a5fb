"""Usage: the time, processor, memory and energy that a piece of work takes on the machine that does it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from trunkline.core.lineage import Usage

POWERCAP = Path("/sys/class/powercap")
SAMPLE_S = 60.0
"""A processor's meter goes round after an hour or more under load: it is read more often than that."""
JOULES_IN_WH = 3600.0


class Meter:
    """What has been used since the meter was made; after `stop`, what had been used then."""

    def __init__(self, watts_per_core: float, *, powercap: Path = POWERCAP) -> None:
        self._watts = watts_per_core
        self._energy = EnergyMeter(powercap)
        self._cpu = _cpu_seconds()
        self._began = time.perf_counter()
        self._final: Usage | None = None

    @property
    def usage(self) -> Usage:
        """Return what was used: wall time, CPU of this process and all it started, peak memory, energy."""
        return self._final or self._measure()

    def stop(self) -> None:
        """Take the last reading."""
        self._final = self._measure()
        self._energy.stop()

    def _measure(self) -> Usage:
        seconds = time.perf_counter() - self._began
        cpu = max(0.0, _cpu_seconds() - self._cpu)
        joules = self._energy.joules()
        # a virtual machine may show a meter that stands still
        measured = joules is not None and joules > 0
        return Usage(
            seconds=round(seconds, 3),
            cpu_seconds=round(cpu, 3),
            peak_memory_mb=round(_peak_mb(), 1),
            cores=_cores(),
            energy_wh=(joules if joules and measured else cpu * self._watts) / JOULES_IN_WH,
            energy_source="measured" if measured else "estimated",
            watts_per_core=self._watts,
        )


@contextmanager
def measured_usage(watts_per_core: float) -> Iterator[Meter]:
    """Yield a meter that runs while the block does; its `usage` holds afterwards too.

    Processes that the block started count while they live and once they ended. Memory
    is the greatest of this process since it began, plus that of the processes it started. Energy is the processor
    packages' own meter (Intel's RAPL through Linux' powercap; all that the machine did meanwhile), and where it cannot
    be read an estimate: CPU seconds times `watts_per_core`.
    """
    meter = Meter(watts_per_core)
    try:
        yield meter
    finally:
        meter.stop()


class EnergyMeter:
    """The energy that the processor packages have used since the meter was made, from counters that go round."""

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self._files = _packages(powercap)
        self._last = [read_number(file) for file, _ in self._files]
        self._microjoules = 0
        self._readable = bool(self._files) and None not in self._last
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        if self._readable:
            threading.Thread(target=self._keep_reading, name="energy", daemon=True).start()

    def joules(self) -> float | None:
        """Return the energy used so far, None where no meter can be read."""
        with self._lock:
            if not self._readable:
                return None
            for place, (file, span) in enumerate(self._files):
                now, last = read_number(file), self._last[place]
                if now is None or last is None:
                    self._readable = False
                    return None
                self._microjoules += counted(last, now, span)
                self._last[place] = now
            return self._microjoules / 1e6

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()

    def _keep_reading(self) -> None:
        while not self._stopped.wait(SAMPLE_S):
            self.joules()


def counted(before: int, after: int, span: int) -> int:
    """Return by how much a counter rose that starts again at zero after `span`."""
    return after - before if after >= before else after + span - before


def read_number(file: Path) -> int | None:
    """Return the whole number that a file holds, None where it cannot be read."""
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _packages(powercap: Path) -> Sequence[tuple[Path, int]]:
    """Return each package's counter with its span; what lies inside a package would count twice."""
    found = []
    for folder in sorted(powercap.glob("intel-rapl:*")):
        try:
            name = (folder / "name").read_text().strip()
        except OSError:
            continue
        span = read_number(folder / "max_energy_range_uj")
        if name.startswith("package") and span is not None:
            found.append((folder / "energy_uj", span))
    return found


def _alive() -> list[psutil.Process]:
    me = psutil.Process()
    return [me, *me.children(recursive=True)]


def _cpu_seconds() -> float:
    # a child that ends moves from the live ones to its parent's account: the sum rises steadily
    total = 0.0
    for process in _alive():
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            times = process.cpu_times()
            total += times.user + times.system
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return total


def _peak_mb() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource

    unit = 2**20 if sys.platform == "darwin" else 2**10
    own, ended = (
        resource.getrusage(who).ru_maxrss / unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    living = 0.0
    for process in _alive()[1:]:
        with contextlib.suppress(psutil.Error):
            living += process.memory_info().rss / 2**20
    return own + max(ended, living)


def _cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
