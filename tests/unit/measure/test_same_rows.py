from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.same_rows import accuracy_gain, error_saved


def test_the_interval_of_a_gain_is_bonett_and_prices() -> None:
    gains = np.array([1.0] * 12 + [-1.0] * 4 + [0.0] * 84)
    found = accuracy_gain(gains, None, 0.95)
    # (13 - 5) / 102, and 1.96 times the root of (18 / 102 - (8 / 102) ** 2) / 102
    assert (found.low, found.high) == pytest.approx((-0.00166, 0.15852), abs=1e-5)


def test_models_that_answer_alike_still_have_an_interval() -> None:
    found = accuracy_gain(np.zeros(100), None, 0.95)
    assert found.low == pytest.approx(-found.high)
    assert 0 < found.high < 0.05


def test_rows_of_users_tell_less_of_a_gain_and_of_an_error() -> None:
    draw = np.random.default_rng(0)
    users = np.repeat(np.arange(40), 10)
    gains = draw.choice([-1.0, 0.0, 1.0], 40, p=[0.1, 0.7, 0.2])[users]
    ours, theirs = (draw.gamma(2.0, 1.0, 40)[users] for _ in range(2))
    pairs = [
        (accuracy_gain(gains, who, 0.95), error_saved(ours, theirs, who, 0.95)[1]) for who in (None, users)
    ]
    for rows, people in zip(*pairs, strict=True):
        assert rows is not None
        assert people is not None
        assert people.high - people.low > 2 * (rows.high - rows.low)


def test_the_saved_share_of_an_error_has_the_interval_of_the_log_of_the_ratio() -> None:
    draw = np.random.default_rng(1)
    theirs = draw.gamma(2.0, 1.0, 400)
    ours = 0.8 * theirs * draw.lognormal(0.0, 0.3, 400)
    value, span = error_saved(ours, theirs, None, 0.95)
    assert span is not None
    assert span.low < value < span.high
    assert (1 - span.low) * (1 - span.high) == pytest.approx((1 - value) ** 2)


def test_nothing_is_saved_where_neither_errs_and_everything_where_only_they_do() -> None:
    nothing, some = np.zeros(50), np.ones(50)
    assert error_saved(nothing, nothing, None, 0.95)[0] == 0
    assert error_saved(nothing, some, None, 0.95)[0] == 1
    with pytest.raises(ValueError, match="no error"):
        error_saved(some, nothing, None, 0.95)


def test_rows_of_a_single_user_bound_no_share() -> None:
    draw = np.random.default_rng(2)
    ours, theirs = draw.gamma(2.0, 1.0, 50), draw.gamma(2.0, 1.0, 50)
    assert error_saved(ours, theirs, np.zeros(50, dtype=np.int64), 0.95)[1] is None
