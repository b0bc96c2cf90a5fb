from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.psi import Drift, drift

CELLS = tuple("abcdefghij")
EVEN = np.full(10, 0.1)


def _drift(reference: list[float], window: list[float]) -> Drift:
    found = drift(CELLS[: len(reference)], np.array(reference), np.array(window))
    assert found is not None
    return found


def test_the_index_is_the_sum_of_differences_times_log_ratios() -> None:
    shares, other = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    rows = 1e7
    expected = float(((other - shares) * np.log(other / shares)).sum())
    assert _drift(list(shares * rows), list(other * rows)).psi == pytest.approx(expected, rel=1e-4)


def test_without_drift_the_corrected_index_is_about_nothing_however_small_the_window() -> None:
    random = np.random.default_rng(2)
    for rows in (100, 500):
        found = [
            _drift(list(random.multinomial(1500, EVEN)), list(random.multinomial(rows, EVEN))).psi
            for _ in range(300)
        ]
        noise = 9 * (1 / rows + 1 / 1500)
        # Clipped at 0, the corrected index keeps less than half of the noise that was subtracted.
        assert np.mean(found) < noise / 4
        assert np.quantile(found, 0.5) < noise / 4


def test_the_interval_covers_a_true_drift_as_often_as_it_says() -> None:
    random = np.random.default_rng(3)
    moved = np.array([0.04, 0.05, 0.07, 0.08, 0.1, 0.1, 0.12, 0.13, 0.15, 0.16])
    true = float(((moved - EVEN) * np.log(moved / EVEN)).sum())
    found = [
        _drift(list(random.multinomial(1500, EVEN)), list(random.multinomial(500, moved))) for _ in range(400)
    ]
    covered = np.mean([one.interval.low <= true <= one.interval.high for one in found])
    assert 0.92 <= covered <= 0.99
    assert np.mean([one.psi for one in found]) == pytest.approx(true, rel=0.1)


def test_without_drift_small_p_values_are_as_rare_as_they_should_be() -> None:
    random = np.random.default_rng(4)
    skewed = np.array([0.6, 0.3, 0.05, 0.02, 0.01, 0.01, 0.004, 0.003, 0.002, 0.001])
    p_values = [
        _drift(list(random.multinomial(1500, skewed)), list(random.multinomial(500, skewed))).p_value
        for _ in range(1000)
    ]
    # 50 of 1000 are expected below 0.05; three standard errors are 21.
    assert 29 <= sum(p_value < 0.05 for p_value in p_values) <= 71


def test_the_cells_that_moved_most_come_first_with_their_shares() -> None:
    found = _drift([50.0, 50.0, 900.0], [400.0, 60.0, 540.0])
    assert found.shifts[0] == ("a", 0.05, 0.4)


def test_an_empty_window_has_no_drift_to_tell() -> None:
    assert drift(CELLS, EVEN * 100, np.zeros(10)) is None


def test_a_single_cell_cannot_drift() -> None:
    found = _drift([100.0], [50.0])
    assert (found.psi, found.p_value) == (0.0, 1.0)


def test_rare_cells_alone_make_nothing_significant() -> None:
    assert _drift([1000.0, 0.0, 0.0], [500.0, 1.0, 1.0]).p_value > 0.05
