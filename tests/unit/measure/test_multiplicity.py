from __future__ import annotations

import pytest

from trunkline.measure.multiplicity import holm, shared_level


def test_more_questions_share_the_level() -> None:
    assert shared_level(1) == pytest.approx(0.95)
    assert shared_level(10) == pytest.approx(0.995)
    assert shared_level(0) == pytest.approx(0.95)
    assert shared_level(2, 0.9) == pytest.approx(0.95)


def test_holm_multiplies_the_smallest_most_and_never_reverses_the_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()
