from __future__ import annotations

import pytest

from trunkline.training.usage import counted


@pytest.mark.parametrize(
    ("before", "after", "rose"), [(10, 10, 0), (10, 25, 15), (90, 5, 15)], ids=["still", "up", "around"]
)
def test_a_counter_that_went_round_has_risen(before: int, after: int, rose: int) -> None:
    assert counted(before, after, span=100) == rose
