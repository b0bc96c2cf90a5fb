"""What the service uses is sampled beside its log, its model's own process included."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.predictions.hourly import TELEMETRY, hourly_files
from trunkline.predictions.telemetry import read_telemetry
from trunkline.serving.usage import Usage, gpus, processes

BUSY = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True); input()"


def test_a_sample_says_what_was_used_since_the_one_before(tmp_path: Path) -> None:
    answered = 0
    usage = Usage(tmp_path, answers=lambda: answered, bundle=lambda: "sha256:b")
    child = subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    answered = 20
    usage.sample()
    child.communicate(b"\n")
    (path,) = hourly_files([tmp_path], TELEMETRY)
    with path.open("a") as stream:
        stream.write('{"torn')
    (sample,) = read_telemetry([tmp_path], 10)
    assert (sample.bundle, sample.answers) == ("sha256:b", 20)
    assert sample.cpu_seconds >= 0.2
    assert sample.memory_mb > 10
    assert abs((datetime.now(UTC) - sample.time).total_seconds()) < 60


def test_the_processes_that_it_started_count(tmp_path: Path) -> None:
    before = processes()[1]
    child = subprocess.Popen(
        [sys.executable, "-c", "x = bytearray(50_000_000); print(flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    assert processes()[1] > before + 40
    child.communicate(b"\n")


@pytest.mark.parametrize(
    ("says", "found"),
    [("30, 1000\n50, 3000\n", (0.4, 4000.0)), ("no devices\n", (None, None)), ("", (None, None))],
)
def test_gpus_are_asked_by_their_own_program(
    tmp_path: Path, says: str, found: tuple[float | None, float | None]
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\nprintf '{says}'\n")
    program.chmod(0o700)
    assert gpus(str(program)) == found
    assert gpus(str(tmp_path / "none")) == (None, None)
