from __future__ import annotations

import pytest

from trunkline.measure.multiplicity import holm, holm_levels, shared_level


def test_more_questions_share_the_level() -> None:
    assert shared_level(1) == pytest.approx(0.95)
    assert shared_level(10) == pytest.approx(0.995)
    assert shared_level(0) == pytest.approx(0.95)
    assert shared_level(2, 0.9) == pytest.approx(0.95)


def test_holm_multiplies_the_smallest_most_and_never_reverses_the_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()


def test_holm_steps_down_and_stops_at_the_first_that_does_not_reject() -> None:
    p_values = [0.04, 0.001, 0.02, 0.024]
    levels = holm_levels(p_values, 0.05)

    # sorted: 0.001 at 0.05/4, 0.02 at 0.05/3 which stops, so 0.024 and 0.04 are not rejected either
    assert levels == pytest.approx((0.05 / 3, 0.05 / 4, 0.05 / 3, 0.05 / 3))
    assert [p < level for p, level in zip(p_values, levels, strict=True)] == [False, True, False, False]


@pytest.mark.parametrize("p_values", [[0.01, 0.02], [0.04, 0.001, 0.02, 0.024], [0.02, 0.3, 0.004]])
def test_levels_and_adjusted_values_reject_the_same(p_values: list[float]) -> None:
    levels = holm_levels(p_values, 0.05)
    assert [p < level for p, level in zip(p_values, levels, strict=True)] == [
        p < 0.05 for p in holm(p_values)
    ]
