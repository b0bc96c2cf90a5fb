from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.core.times import instant, read_time, stamp_text, time_text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("2024-05-31", "2024-05-31"),
        ("2024-05-31T22:30", "2024-05-31T22:30:00"),
        ("2024-05-31 22:30:00", "2024-05-31T22:30:00"),
        ("2024-05-31T22:30:00Z", "2024-05-31T22:30:00"),
        ("2024-05-31T22:30:00.500+02:00", "2024-05-31T20:30:00.5"),
        ("2024-01-01T00:30:00+0100", "2023-12-31T23:30:00"),
        ("0987-05-31T22:30:00", "0987-05-31T22:30:00"),
    ],
)
def test_a_time_is_kept_in_one_form(written: str, kept: str) -> None:
    assert read_time(written) == kept
    assert read_time(kept) == kept


@pytest.mark.parametrize(
    "text",
    [
        "yesterday", "", "20240531", "31.05.2024", "05/31/2024", "2024-02-30", "2024-13", "2024-05-31T25:00",
        "2024-05-31T22", " 2024-05-31", "2024-05-31\n", "2024-W05", "\u0662\u0660\u0662\u0664",
        "2024-05-31T22:30:00.1234567", "0001-01-01T00:00:00+02:00", "0000", "2024-05-31T22:30:00+99:00",
    ],
)  # fmt: skip
def test_what_is_no_iso_8601_or_finer_than_a_microsecond_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_time(text)


@given(st.datetimes(timezones=st.none() | st.just(UTC)), st.datetimes())
def test_the_texts_sort_as_the_times_do(one: datetime, other: datetime) -> None:
    assert (time_text(one) < time_text(other)) == (one.replace(tzinfo=None) < other)
    assert instant(one.isoformat()) == one.replace(tzinfo=UTC)


def test_a_day_begins_at_midnight() -> None:
    assert instant("2024-05") == datetime(2024, 5, 1, tzinfo=UTC)
    assert stamp_text(instant("2024-05-31").timestamp()) == "2024-05-31T00:00:00"
