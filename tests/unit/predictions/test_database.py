from __future__ import annotations

from datetime import UTC, datetime

import pytest

from trunkline.predictions.database import microseconds, moment


@pytest.mark.parametrize("time", [datetime.min, datetime.max, datetime(2026, 1, 1)])
def test_a_time_comes_back_as_it_was_counted(time: datetime) -> None:
    count = microseconds(time.replace(tzinfo=UTC))
    assert count is not None
    assert moment(count) == time.replace(tzinfo=UTC)


@pytest.mark.parametrize(("count", "year"), [(2**62, 9999), (10**30, 9999), (-(2**62), 1), (-(10**30), 1)])
def test_a_count_beyond_all_times_is_the_nearest(count: int, year: int) -> None:
    assert moment(count).year == year
