"""A service's folder and its store: nothing waits, nothing is lost, nothing is double."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import UnavailableError
from trunkline.predictions import Rejection
from trunkline.predictions.closing import close_segment
from trunkline.predictions.copies import LogCopy, segments_of
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import segments_in
from trunkline.predictions.shipping import Shipper
from trunkline.predictions.stores import Stored
from trunkline.predictions.stores.folder import FolderStore
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)


def record(second: int) -> Rejection:
    return Rejection(id=f"r{second}", time=START + timedelta(seconds=second), environment="e", problems=())


def ids(log: LogReader) -> list[str]:
    return [row.id for row in log.between().rejections]


class Fragile(FolderStore):
    """A folder that fails at the call that it is told to fail at."""

    fails_at = 0

    def _call(self) -> None:
        self.fails_at -= 1
        if self.fails_at == 0:
            raise UnavailableError("The store does not answer.")

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        self._call()
        return super().files(since)

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        self._call()
        return super().put(name, content, replacing=replacing)

    def remove(self, names: Collection[str]) -> None:
        self._call()
        super().remove(names)


@pytest.fixture
def store(tmp_path: Path) -> Fragile:
    return Fragile(tmp_path / "store")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.mark.parametrize("call", range(1, 9))
def test_a_store_that_fails_at_any_call_loses_nothing_and_doubles_nothing(
    store: Fragile, spool: Path, tmp_path: Path, call: int
) -> None:
    said: list[str] = []
    log = LogWriter(spool, size=300)
    shipper = Shipper(spool, store, told=said.append)
    log.append([record(0)])
    for second in range(1, 9):
        log.append([record(second)])
    log.close()
    store.fails_at = call
    assert not shipper.ship()
    assert "does not answer" in shipper.behind().trouble
    assert shipper.ship()
    assert (len(said), said[-1], shipper.behind().trouble) == (2, "", "")
    reader = LogReader(tmp_path / "copy", LogCopy(store, tmp_path / "copy").bring)
    assert ids(reader) == [f"r{second}" for second in range(9)]
    assert not [segment for segment in segments_in(spool) if segment.closed]


def test_a_killed_service_leaves_its_segment_to_the_next_which_closes_and_ships_it(
    store: Fragile, spool: Path, tmp_path: Path
) -> None:
    killed = LogWriter(spool)
    killed.append([record(0), record(1)])
    assert Shipper(spool, store).ship()
    killed.append([record(2)])
    with killed.path.open("ab") as stream:
        stream.write(b'{"schema": "trunkline/reje')
    killed.close()
    log = LogWriter(spool)
    log.append([record(3)])
    shipper = Shipper(spool, store)
    assert shipper.behind().seconds > 0
    shipper.ship()
    log.close()
    assert [path.name for path in spool.glob("*.jsonl*")] == [log.path.name]
    (closed,) = (tmp_path / "store").glob("*.gz")
    assert len(gzip.decompress(closed.read_bytes()).splitlines()) == 4
    copy = LogCopy(store, tmp_path / "copy")
    assert ids(LogReader(spool, lambda since: segments_of(spool, copy, since))) == ["r0", "r1", "r2", "r3"]


def test_a_segment_that_is_closed_while_another_one_is_shipped_is_in_the_same_round(
    spool: Path, tmp_path: Path
) -> None:
    earlier, later = sorted((LogWriter(spool), LogWriter(spool)), key=lambda log: log.path.name)
    earlier.append([record(0)])
    later.append([record(1)])

    class Closing(FolderStore):
        def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
            if later.path.exists():
                close_segment(later.path, record(1).time, record(1).time)
            return super().put(name, content, replacing=replacing)

    store = Closing(tmp_path / "store")
    shipper = Shipper(spool, store)
    assert shipper.ship()
    assert ids(LogReader(tmp_path / "copy", LogCopy(store, tmp_path / "copy").bring)) == ["r0", "r1"]
    earlier.close()
    later.close()


def test_a_line_on_its_way_is_shipped_when_it_is_whole(store: Fragile, spool: Path, tmp_path: Path) -> None:
    log = LogWriter(spool)
    log.append([record(0)])
    with log.path.open("ab") as stream:
        stream.write(record(1).line().encode()[:-9])
    shipper = Shipper(spool, store)
    shipper.ship()
    reader = LogReader(tmp_path / "copy", LogCopy(store, tmp_path / "copy").bring)
    assert (ids(reader), reader.count()[1]) == (["r0"], 0)
    with log.path.open("ab") as stream:
        stream.write(record(1).line().encode()[-9:])
    shipper.ship()
    assert (ids(reader), reader.count()[1]) == (["r0", "r1"], 0)
    log.close()


def test_what_waits_is_shipped_at_the_end_and_appending_never_waits(spool: Path, tmp_path: Path) -> None:
    asked, answer = threading.Event(), threading.Event()

    class Slow(FolderStore):
        def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
            asked.set()
            assert answer.wait(30)
            return super().files(since)

    store = Slow(tmp_path / "store")
    shipper = Shipper(spool, store, every=0.01)
    log = LogWriter(spool, noted=shipper.backlog.logged)
    log.append([record(0)])
    shipper.start()
    assert asked.wait(30)
    log.append([record(1)])
    assert shipper.behind().records == 2
    answer.set()
    log.close()
    shipper.stop()
    assert (shipper.behind().records, shipper.behind().seconds) == (0, 0.0)
    assert ids(LogReader(tmp_path / "store")) == ["r0", "r1"]
