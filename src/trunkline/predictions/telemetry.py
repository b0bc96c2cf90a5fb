"""Telemetry: what a service used in a minute, kept beside its log and read wherever that is read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import orjson

from trunkline.core.record import Record, UtcTime

from .hourly import TELEMETRY, hourly_files


class Telemetry(Record):
    """What a service used from one sample to the next."""

    SCHEMA: ClassVar[str] = "trunkline/telemetry/1"

    time: UtcTime
    bundle: str
    """The champion's digest."""
    seconds: float
    """Since the sample before."""
    answers: int
    """Rows that were answered meanwhile."""
    cpu_seconds: float
    """The CPU time of the service and the processes that it started."""
    memory_mb: float
    gpu_share: float | None = None
    """How busy the machine's GPUs were, on average; None where there is none."""
    gpu_memory_mb: float | None = None
    gpu_silent: bool = False
    """Whether the program that tells of GPUs is there and told nothing."""


def read_telemetry(folders: Sequence[Path], newest: int) -> tuple[Telemetry, ...]:
    """Return the newest samples of some log folders, the oldest first; a line that is none is passed over."""
    found: list[Telemetry] = []
    for path in reversed(hourly_files(folders, TELEMETRY)):
        if len(found) >= newest:
            break
        try:
            lines = path.read_bytes().splitlines()
        except OSError:  # shipped meanwhile; the copy has it
            continue
        for line in lines:
            try:
                value = orjson.loads(line)
                value.pop("schema")
                found.append(Telemetry.model_validate(value))
            except (ValueError, AttributeError, KeyError):
                continue
    return tuple(sorted(found, key=lambda sample: sample.time)[-newest:])
