"""What a retraining says of its rows."""

from __future__ import annotations

from trunkline.core.release import Route
from trunkline.core.snapshots import DataLock, SnapshotManifest, Window
from trunkline.loop.life.retraining import rows_in_words

CHAMPION = Route(version=3, bundle="sha256:" + "3" * 64)


def manifest(train: int, test: int, traffic: int = 0) -> SnapshotManifest:
    sources = {"source": train + test - traffic, "traffic": traffic}
    return SnapshotManifest(
        files={}, rows={"train": train, "test": test}, split={}, window=Window(), sources=sources
    )


BEFORE = DataLock(
    snapshot="sha256:1", rows={"train": 30_000, "test": 4_177}, window=Window(), sources={"source": 34_177}
)


def test_the_rows_of_now_stand_beside_the_champions() -> None:
    said = rows_in_words(manifest(31_000, 5_000, traffic=1_823), BEFORE, CHAMPION, None)

    assert "36,000" in said
    assert "34,177" in said
    assert "1,823 answered requests" in said
    assert "fewer" not in said


def test_fewer_rows_than_the_champions_are_said_with_what_keeps_them_out() -> None:
    said = rows_in_words(manifest(4_000, 1_000), BEFORE, CHAMPION, 5_000)

    assert "29,177 rows fewer" in said
    assert "retraining.rows: 5000" in said


def test_a_shrunken_source_is_not_blamed_on_the_cap() -> None:
    said = rows_in_words(manifest(400, 100), BEFORE, CHAMPION, None)

    assert "33,677 rows fewer" in said
    assert "retraining.rows" not in said


def test_without_a_champion_there_is_nothing_to_compare_with() -> None:
    assert "fewer" not in rows_in_words(manifest(400, 100), None, None, None)
