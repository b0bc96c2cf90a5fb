from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.predictions.segments import Compacted, Part, Segment, chosen, closed_name, segment_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 1, 1), timezones=st.just(UTC))


@given(first=TIMES, last=TIMES)
def test_a_closed_name_says_its_times_to_the_microsecond(first: datetime, last: datetime) -> None:
    made = segment_of(Path(closed_name("20260101t120000-1", first, last)))
    assert made
    assert (made.stem, made.first, made.last) == ("20260101t120000-1", first, last)


@given(times=st.lists(TIMES, min_size=2, max_size=5))
def test_names_sort_by_the_time_of_their_first_record(times: list[datetime]) -> None:
    names = [closed_name("a", time, time) for time in sorted(times)]
    assert names == sorted(names)


def test_a_log_of_one_file_as_earlier_versions_wrote_it_is_an_open_segment() -> None:
    assert segment_of(Path("x/20260101t120000-4711-2.jsonl")) == Segment(
        Path("x/20260101t120000-4711-2.jsonl"), "20260101t120000-4711-2"
    )


@pytest.mark.parametrize(
    "name", [".a.jsonl", ".a.half", "a.jsonl.gz", "a.b.c.jsonl.gz", "truth.txt", "a.1.jsonl.gz", "jsonl"]
)
def test_another_file_is_no_segment(name: str) -> None:
    assert segment_of(Path(name)) is None


@pytest.mark.parametrize(
    ("since", "until", "touched"),
    [(None, None, True), (-1, 1, True), (1, 2, True), (0, 0, True), (3, None, False), (None, -1, False)],
)
def test_a_segment_is_left_out_only_when_it_lies_outside(
    since: float | None, until: float | None, touched: bool
) -> None:
    made = Segment(Path("a"), "a", NOON, NOON + timedelta(hours=2))
    bounds = [None if hours is None else NOON + timedelta(hours=hours) for hours in (since, until)]
    assert made.touches(*bounds) is touched
    assert Segment(Path("a"), "a").touches(*bounds)


@pytest.mark.parametrize("order", [1, -1])
def test_of_one_stem_the_closed_segment_counts(order: int) -> None:
    open_one, closed = Segment(Path("a.jsonl"), "a"), Segment(Path("a.gz"), "a", NOON, NOON)
    assert chosen([open_one, closed][::order], Compacted(), Path("x")) == (closed,)


def test_a_segment_that_became_part_of_another_file_does_not_count_beside_it() -> None:
    part = Part(name="c.parquet", first=NOON, last=NOON, rows=2, damaged=1, segments=("a", "b"))
    found = [
        Segment(Path("a.gz"), "a", NOON, NOON),
        Segment(Path("b.jsonl"), "b"),
        Segment(Path("d.jsonl"), "d"),
    ]
    counted = chosen(found, Compacted(parts=(part,)), Path("log"))
    assert [segment.path for segment in counted] == [Path("log/c.parquet"), Path("d.jsonl")]
    assert (counted[0].damaged, counted[0].first) == (1, NOON)
