from __future__ import annotations

import pytest

from trunkline.core.intervals import wilson


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, score method.
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("hits", "rows", "end"), [(0, 20, "low"), (20, 20, "high")])
def test_wilson_reaches_exactly_the_end_when_all_or_none_hit(hits: int, rows: int, end: str) -> None:
    assert getattr(wilson(hits, rows), end) == hits / rows


def test_wilson_knows_nothing_without_rows() -> None:
    interval = wilson(0, 0)
    assert (interval.low, interval.high) == (0.0, 1.0)
