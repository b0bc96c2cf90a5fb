"""The suite of log stores: subclass it, and give the fixture `reach`, which opens the same store again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.predictions import Rejection
from trunkline.predictions.compaction import compact
from trunkline.predictions.copies import LogCopy, segments_of
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import MANIFEST, closed_name
from trunkline.predictions.shipping import Shipper
from trunkline.predictions.stores import LogStore
from trunkline.predictions.writer import LogWriter

Reach = Callable[[], LogStore]
Place = Callable[[str, bytes], None]

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
OPEN = "20260101t100000000000-1-00000001.jsonl"
OLD = closed_name("20260101t100000000000-1-00000002", START, START + timedelta(minutes=5))
NEW = closed_name("20260101t110000000000-1-00000003", START + timedelta(hours=1), START + timedelta(hours=2))
PART = f"{START:%Y%m%dt%H%M%S%f}-{START:%Y%m%dt%H%M%S%f}-00000004.parquet"


def rejection(second: int) -> Rejection:
    return Rejection(id=f"r{second}", time=START + timedelta(seconds=second), environment="e", problems=())


def compacted(folder: Path) -> int:
    return compact(folder, full=1, open_too=False)


class LogStoreConformance:
    """Needs the fixtures `reach` and `place`, which puts a file into the store by whatever way there is."""

    def names(self, store: LogStore, since: datetime | None = None) -> list[str]:
        return [file.name for file in store.files(since)]

    def test_a_store_that_nobody_wrote_to_has_no_files(self, reach: Reach) -> None:
        assert reach().files() == ()

    def test_every_file_of_a_log_is_read_as_it_was_written_and_no_other_is_named(
        self, reach: Reach, place: Place, tmp_path: Path
    ) -> None:
        content = {OPEN: b"1", OLD: b"\x1f\x8b22", NEW: b"", PART: bytes(range(256)) * 9000, MANIFEST: b"{}"}
        for name, inside in content.items():
            place(name, inside)
        assert self.names(reach()) == sorted(content)
        for name, inside in content.items():
            reach().get(name, tmp_path / "got")
            assert (tmp_path / "got").read_bytes() == inside

    def test_a_file_has_its_tag_until_its_content_changes(self, reach: Reach, place: Place) -> None:
        place(OPEN, b"1")
        before = reach().files()
        assert reach().files() == before
        place(OPEN, b"12")
        assert reach().files() != before

    def test_what_ended_before_a_time_may_be_left_out_and_nothing_else(
        self, reach: Reach, place: Place
    ) -> None:
        for name in (OPEN, OLD, NEW, PART, MANIFEST):
            place(name, b"1")
        assert {OPEN, NEW, MANIFEST} <= set(self.names(reach(), START + timedelta(hours=1)))
        assert OLD in self.names(reach(), START + timedelta(minutes=5))

    def test_a_file_that_is_not_there_is_said_to_be_missing(self, reach: Reach, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            reach().get(OLD, tmp_path / "got")

    def test_a_store_that_is_read_only_refuses_to_be_written(self, reach: Reach, tmp_path: Path) -> None:
        store = reach()
        if store.writable:
            store.put(OPEN, b"1")
            store.remove([OPEN])
        else:
            with pytest.raises(StorageError):
                store.put(OPEN, b"1")
            with pytest.raises(StorageError):
                store.remove([OPEN])
        assert reach().files() == ()

    def test_a_copy_brings_every_record_once_and_nothing_twice(
        self, reach: Reach, place: Place, tmp_path: Path
    ) -> None:
        log = LogWriter(tmp_path / "log", size=500)
        for second in range(9):
            log.append([rejection(second)])
        log.close()
        for path in (tmp_path / "log").glob("*.jsonl*"):
            place(path.name, path.read_bytes())
        copy = LogCopy(reach(), tmp_path / "copy")
        reader = LogReader(tmp_path / "copy", copy.bring)
        assert [row.id for row in reader.between().rejections] == [f"r{second}" for second in range(9)]
        written = {path: path.stat().st_mtime_ns for path in (tmp_path / "copy").glob("*.jsonl*")}
        assert len(reader.newest(4).rejections) == 4
        assert {path: path.stat().st_mtime_ns for path in written} == written


class WritableLogStoreConformance(LogStoreConformance):
    """The same and more for a store that its visitors write to."""

    @pytest.fixture
    def place(self, reach: Reach) -> Place:
        def put(name: str, content: bytes) -> None:
            reach().put(name, content)

        return put

    def test_a_file_is_put_from_the_disk_as_well(self, reach: Reach, tmp_path: Path) -> None:
        (tmp_path / "made").write_bytes(b"abc" * 4_000_000)
        tag = reach().put(OLD, tmp_path / "made")
        reach().get(OLD, tmp_path / "got")
        assert (tmp_path / "got").read_bytes() == (tmp_path / "made").read_bytes()
        assert [file.tag for file in reach().files()] == [tag]

    def test_of_two_who_replace_the_same_content_one_is_refused(self, reach: Reach, tmp_path: Path) -> None:
        first = reach().put(MANIFEST, b"1", replacing="")
        with pytest.raises(FileExistsError):
            reach().put(MANIFEST, b"2", replacing="")
        second = reach().put(MANIFEST, b"33", replacing=first)
        with pytest.raises(FileExistsError):
            reach().put(MANIFEST, b"4", replacing=first)
        assert [file.tag for file in reach().files()] == [second]

    def test_removing_twice_is_no_error(self, reach: Reach) -> None:
        reach().put(OLD, b"1")
        for _ in range(2):
            reach().remove([OLD])
        assert reach().files() == ()

    def test_what_a_service_ships_is_read_once_compacted_and_read_once_again(
        self, reach: Reach, tmp_path: Path
    ) -> None:
        spool = tmp_path / "spool"
        log = LogWriter(spool, size=500)
        shipper = Shipper(spool, reach())
        copy = LogCopy(reach(), tmp_path / "copy")
        reader = LogReader(spool, lambda since: segments_of(spool, copy, since))
        for second in range(12):
            log.append([rejection(second)])
            if second % 5 == 4:
                assert shipper.ship()
            assert len(reader.newest(50).rejections) == second + 1
        log.close()
        assert shipper.ship()
        copy.change(compacted)
        assert any(name.endswith(".parquet") for name in self.names(reach()))
        assert not any(name.endswith(".gz") for name in self.names(reach()))
        elsewhere = LogReader(tmp_path / "other", LogCopy(reach(), tmp_path / "other").bring)
        for found in (reader.between(), elsewhere.between()):
            assert [row.id for row in found.rejections] == [f"r{second}" for second in range(12)]

    def test_of_two_who_compact_at_once_one_gives_way_and_nothing_is_double(
        self, reach: Reach, tmp_path: Path
    ) -> None:
        log = LogWriter(tmp_path / "spool", size=500)
        shipper = Shipper(tmp_path / "spool", reach())
        for second in range(12):
            log.append([rejection(second)])
        log.close()
        shipper.ship()
        late, early = (LogCopy(reach(), tmp_path / name) for name in ("late", "early"))

        def beside(folder: Path) -> None:
            early.change(compacted)
            compacted(folder)

        late.change(beside)
        reader = LogReader(tmp_path / "late", late.bring)
        assert [row.id for row in reader.between().rejections] == [f"r{second}" for second in range(12)]
