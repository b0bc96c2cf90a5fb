from __future__ import annotations

import numpy as np
import pytest

from cases import paired_case
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.gates.calibration import Calibration
from trunkline.measure.calibration import bins_of, calibration_figures, said_and_happened
from trunkline.measure.paired import Array, Paired


def asked(paired: Paired) -> Verdict:
    return Calibration().verdict(paired_case(paired, calibration=0.1))


def world(rows: int, seed: int, sharpness: float = 1.0, shift: float = 0.0) -> Paired:
    """Return answers that are right about the odds when sharpness is 1 and shift 0."""
    generator = np.random.default_rng(seed)
    skill = generator.normal(size=rows) * 1.5
    truth = (generator.random(rows) < 1 / (1 + np.exp(-skill))).astype(int)
    chance = 1 / (1 + np.exp(-(sharpness * skill + shift)))
    return Paired(truth, (chance > 0.5).astype(int), np.stack([1 - chance, chance], axis=1), ("No", "Yes"), 1)


def scores(paired: Paired) -> tuple[Array, Array]:
    assert paired.probabilities is not None
    return said_and_happened(paired.probabilities, paired.truth, "two classes" in paired.traits)


@pytest.mark.parametrize("rows", [300, 2000])
def test_probabilities_that_are_true_pass(rows: int) -> None:
    found = asked(world(rows, 0))

    assert (found.gate, found.outcome, found.advice) == ("performance/calibration", "pass", "")
    assert found.threshold == 0.1


@pytest.mark.parametrize(("sharpness", "shift"), [(6.0, 0.0), (1.0, 1.5), (1.0, -1.5), (-1.0, 0.0)])
def test_overconfident_or_shifted_probabilities_are_red(sharpness: float, shift: float) -> None:
    found = asked(world(2000, 0, sharpness, shift))

    assert (found.outcome, found.stops) == ("fail", True)
    assert "CalibratedClassifierCV" in found.advice
    assert found.figures[0].interval is not None
    assert found.figures[0].interval.low > 0.1


def test_a_point_beyond_the_limit_with_an_interval_that_reaches_back_stops_nothing() -> None:
    paired = world(120, 3, 1.0, 0.7)
    found = asked(paired)

    assert found.figures[0].value > 0.1
    assert (found.outcome, found.stops) == ("inconclusive", False)
    assert "may be chance" in found.reason
    assert found.advice


def test_the_reason_says_whether_probabilities_are_too_high_or_too_low() -> None:
    high = asked(world(2000, 0, 1.0, 1.5))
    low = asked(world(2000, 0, 1.0, -1.5))

    assert "too high overall" in high.reason
    assert "too low overall" in low.reason
    gap = high.figures[1]
    assert gap.name == "mean_predicted_less_observed"
    assert gap.value == pytest.approx(
        np.subtract(*(part.mean() for part in scores(world(2000, 0, 1.0, 1.5))))
    )


@pytest.mark.parametrize("rows", [300, 1300, 5000])
def test_the_bias_of_true_probabilities_is_small(rows: int) -> None:
    found = [
        calibration_figures(*scores(world(rows, seed)), resamples=2, seed=0)[0].value for seed in range(60)
    ]

    plain = []
    for seed in range(60):
        score, hit = scores(world(rows, seed))
        code = bins_of(score)
        plain.append(sum(abs((score - hit)[code == one].sum()) for one in np.unique(code)) / rows)
    assert np.mean(found) < 0.75 * np.mean(plain)
    assert np.mean(found) < 0.03


def test_the_error_of_shifted_probabilities_is_their_distance() -> None:
    paired = world(20_000, 1, 1.0, 1.0)
    score, hit = scores(paired)

    found, _ = calibration_figures(score, hit, resamples=200, seed=0)

    assert found.value == pytest.approx(score.mean() - hit.mean(), abs=0.01)
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high


def test_the_interval_holds_the_true_error_nineteen_times_in_twenty() -> None:
    truth = calibration_figures(*scores(world(400_000, 99, 2.0)), resamples=2, seed=0)[0].value
    held = 0
    for seed in range(100):
        span = calibration_figures(*scores(world(1500, seed, 2.0)), resamples=200, seed=seed)[0].interval
        assert span is not None
        held += span.low <= truth <= span.high

    assert held >= 88


def test_many_classes_are_judged_by_their_likeliest() -> None:
    probabilities = np.array([[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]])

    score, hit = said_and_happened(probabilities, np.array([1, 2]), binary=False)

    assert (score.tolist(), hit.tolist()) == ([0.7, 0.5], [1.0, 0.0])


def test_equal_scores_stay_in_one_bin_and_bins_are_equally_full() -> None:
    assert len(set(bins_of(np.full(1000, 0.5)))) == 1
    code = bins_of(np.random.default_rng(0).random(1500))
    assert np.bincount(code).tolist() == [100] * 15
    lumps = np.repeat([0.1, 0.2, 0.9], [100, 800, 100])
    assert np.bincount(bins_of(lumps)).tolist() == [100, 800, 100]
    for score in (0.1, 0.2, 0.9):
        assert len(set(bins_of(lumps)[lumps == score])) == 1


def test_the_order_of_the_rows_does_not_matter() -> None:
    paired = world(700, 0)
    shuffled = paired.take(np.random.default_rng(0).permutation(700))

    one, other = (calibration_figures(*scores(part), resamples=2, seed=0)[0] for part in (paired, shuffled))

    assert one.value == pytest.approx(other.value)


def test_probabilities_of_nought_and_one_that_come_true_have_no_error() -> None:
    hit = np.repeat([0.0, 1.0], 100)

    assert calibration_figures(hit, hit, resamples=50, seed=0)[0].value == 0.0
    assert calibration_figures(1 - hit, hit, resamples=50, seed=0)[0].value == 1.0


@pytest.mark.parametrize(
    ("paired", "words"),
    [
        (world(20, 0), "20 rows"),
        (world(200, 0).take(world(200, 0).truth == 1), "outcomes of the test part are Yes"),
        (Paired(world(200, 0).truth, world(200, 0).labels, None, ("No", "Yes"), 1), "gives no probabilities"),
    ],
)
def test_too_little_to_judge_by_is_inconclusive(paired: Paired, words: str) -> None:
    found = asked(paired)

    assert found.outcome == "inconclusive"
    assert words in found.reason
