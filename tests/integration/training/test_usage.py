"""What a piece of work takes, measured on this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trunkline.training.usage import EnergyMeter, Meter, measured_usage

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def burn(seconds: float) -> None:
    import time

    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


@contextmanager
def busy_child(seconds: float) -> Iterator[subprocess.Popen[str]]:
    """Yield a process that has burned that much CPU and lives on."""
    script = BURN.format(seconds=seconds) + "print('done', flush=True)\ninput()\n"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "done\n"
        yield child
        if child.poll() is None:
            child.communicate("\n")


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    """A powercap folder with two packages, a core domain inside one, and the whole platform."""
    for name, kind, energy in (
        ("intel-rapl:0", "package-0", 900),
        ("intel-rapl:1", "package-1", 100),
        ("intel-rapl:0:0", "core", 500),
        ("intel-rapl:2", "psys", 500),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "name").write_text(f"{kind}\n")
        (folder / "energy_uj").write_text(f"{energy}\n")
        (folder / "max_energy_range_uj").write_text("1000\n")
    return tmp_path


def test_own_work_counts() -> None:
    with measured_usage(10.0) as meter:
        burn(0.3)
    usage = meter.usage
    assert usage.cpu_seconds >= 0.25
    assert usage.seconds >= 0.25
    assert usage.cores >= 1
    assert usage.peak_memory_mb > 5
    assert usage.watts_per_core == 10.0


def test_after_the_block_nothing_more_is_counted() -> None:
    with measured_usage(10.0) as meter:
        pass
    before = meter.usage
    burn(0.1)
    assert meter.usage == before


def test_a_block_that_raises_is_measured_too() -> None:
    with pytest.raises(ZeroDivisionError), measured_usage(10.0) as meter:
        raise ZeroDivisionError
    assert meter.usage == meter.usage


def test_a_child_that_ended_counts() -> None:
    with measured_usage(10.0) as meter:
        subprocess.run([sys.executable, "-c", BURN.format(seconds=0.3)], check=True)
    assert meter.usage.cpu_seconds >= 0.25


def test_a_child_that_lives_on_counts_as_a_search_s_workers_do() -> None:
    with measured_usage(10.0) as meter, busy_child(0.4):
        usage = meter.usage
    assert usage.cpu_seconds >= 0.35


def test_what_a_child_did_before_does_not_count_even_if_it_ends_meanwhile(tmp_path: Path) -> None:
    with busy_child(1.0) as child:
        meter = Meter(10.0, powercap=tmp_path)
        child.communicate("\n")
    meter.stop()
    assert meter.usage.cpu_seconds < 0.6


def test_without_a_meter_energy_is_an_estimate_from_cpu_seconds(tmp_path: Path) -> None:
    meter = Meter(36.0, powercap=tmp_path)
    burn(0.2)
    meter.stop()
    usage = meter.usage
    assert usage.energy_source == "estimated"
    assert usage.energy_wh == pytest.approx(usage.cpu_seconds * 36.0 / 3600, rel=0.01)


def test_the_packages_own_meters_are_read_and_may_go_round(powercap: Path) -> None:
    meter = Meter(10.0, powercap=powercap)
    (powercap / "intel-rapl:0" / "energy_uj").write_text("200")
    (powercap / "intel-rapl:1" / "energy_uj").write_text("150")
    (powercap / "intel-rapl:0:0" / "energy_uj").write_text("999")
    meter.stop()
    assert meter.usage.energy_source == "measured"
    assert meter.usage.energy_wh == pytest.approx(350e-6 / 3600)


def test_a_meter_is_read_on_from_its_last_reading(powercap: Path) -> None:
    meter = EnergyMeter(powercap)
    counter = powercap / "intel-rapl:0" / "energy_uj"
    for reading in ("400", "950", "300"):
        counter.write_text(reading)
        total = meter.joules()
    meter.stop()
    assert total == pytest.approx((500 + 550 + 350) / 1e6)


def test_a_meter_that_stands_still_is_not_believed(powercap: Path) -> None:
    meter = Meter(10.0, powercap=powercap)
    burn(0.1)
    meter.stop()
    assert meter.usage.energy_source == "estimated"
    assert meter.usage.energy_wh > 0


@pytest.mark.parametrize("content", ["", "not a number"])
def test_a_meter_that_cannot_be_read_any_more_gives_an_estimate(powercap: Path, content: str) -> None:
    meter = Meter(10.0, powercap=powercap)
    (powercap / "intel-rapl:1" / "energy_uj").write_text(content)
    meter.stop()
    assert meter.usage.energy_source == "estimated"
