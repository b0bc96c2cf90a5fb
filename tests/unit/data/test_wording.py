from __future__ import annotations

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.data.wording import columns, listed, percent, span


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.05, "5 %"),
        (0.07654, "7.65 %"),
        (0.5, "50 %"),
        (0.00001, "below 0.01 %"),
        (0.99999, "above 99.99 %"),
    ],
)
def test_a_share_is_written_as_people_read_it(share: float, text: str) -> None:
    assert percent(share) == text


def test_an_interval_says_its_level() -> None:
    assert span(Interval(low=0.1, high=0.25, level=0.995)) == "99.5 % interval 10 % to 25 %"
    assert span(None) == "no interval"


def test_a_long_list_is_cut() -> None:
    assert listed("abc") == "a, b, c"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_a_figure_names_its_column_even_with_a_colon_in_it() -> None:
    assert columns([Figure(name="jump:at:home", value=1, rows=1)]) == ["at:home"]
