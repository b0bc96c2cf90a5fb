from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cases import row_case
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.gates.perturbation import Missing, Noise
from trunkline.measure.metrics import Metrics
from trunkline.measure.paired import Array

CONTRACT = Contract(
    name="release",
    columns=(
        Column(name="skill", type="number", nullable=True),
        Column(name="checks", type="integer", minimum=0, maximum=6),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
RENT = Contract(
    name="rent",
    columns=(
        Column(name="size", type="number", minimum=0, maximum=100),
        Column(name="price", type="number", role=Role.OUTCOME),
    ),
)


def asked(
    gate: Missing | Noise,
    ask: Callable[[pd.DataFrame], Scored],
    frame: pd.DataFrame,
    much: float,
    *,
    contract: Contract = CONTRACT,
    metric: str = "roc_auc",
    metrics: Metrics | None = None,
    fall: float = 0.05,
    test: Scored | None = None,
) -> Verdict:
    """Return what a gate says where the metric may fall so far and `much` is missing, or noise."""
    case = row_case(
        ask,
        frame,
        contract,
        test=test,
        metrics=metrics,
        performance={"metric": metric, "resamples": 200},
        robustness={"missing": min(much, 1.0), "noise": much, "fall": fall},
    )
    return gate.verdict(case)


@pytest.fixture
def frame() -> pd.DataFrame:
    generator = np.random.default_rng(0)
    skill = generator.normal(size=1500)
    yes = skill + generator.normal(size=1500) > 0
    return pd.DataFrame(
        {
            "skill": skill,
            "checks": generator.integers(0, 7, 1500),
            "released": np.where(yes, "Yes", "No"),
        }
    )


def scored(frame: pd.DataFrame, score: Array) -> Scored:
    chance = 1 / (1 + np.exp(-score))
    labels = np.where(chance > 0.5, "Yes", "No").astype(object)
    return Scored(frame, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


def imputing(frame: pd.DataFrame) -> Scored:
    return scored(frame, frame["skill"].fillna(0.0).to_numpy())


def touchy(frame: pd.DataFrame) -> Scored:
    """Answer the most extreme value wherever one is missing."""
    gone = frame["skill"].isna().to_numpy()
    lots = np.where(np.arange(len(frame)) % 2, 50.0, -50.0)
    return scored(frame, np.where(gone, lots, frame["skill"].fillna(0.0).to_numpy()))


def missing(ask: Callable[[pd.DataFrame], Scored], frame: pd.DataFrame, share: float = 0.1) -> Verdict:
    return asked(Missing(), ask, frame, share)


def test_a_model_that_imputes_stands_missing_values(frame: pd.DataFrame) -> None:
    found = missing(imputing, frame)

    assert found.outcome == "pass"
    assert found.blocking
    (fall,) = found.figures
    assert fall.name == "fall:roc_auc"
    assert fall.interval is not None
    assert fall.interval.low < fall.value < fall.interval.high


def test_a_model_that_goes_wild_over_missing_values_is_red(frame: pd.DataFrame) -> None:
    found = missing(touchy, frame, 0.5)

    assert (found.gate, found.outcome) == ("robustness/missing", "fail")
    assert found.stops
    assert "skill" in found.reason
    assert found.advice


def test_a_model_that_cannot_read_nulls_is_red_with_what_was_asked(frame: pd.DataFrame) -> None:
    def ask(rows: pd.DataFrame) -> Scored:
        if rows["skill"].isna().any():
            raise ValueError("Input contains NaN")
        return imputing(rows)

    found = missing(ask, frame)

    assert found.outcome == "fail"
    assert "values of skill taken away got no answer: ValueError: Input contains NaN" in found.reason


def test_an_answer_that_is_no_number_is_red(frame: pd.DataFrame) -> None:
    found = missing(lambda rows: scored(rows, rows["skill"].to_numpy()), frame)

    assert found.outcome == "fail"
    assert "not finite" in found.reason


def test_without_a_nullable_feature_the_service_refuses_nulls(frame: pd.DataFrame) -> None:
    columns = tuple(column.model_copy(update={"nullable": False}) for column in CONTRACT.columns)
    strict = CONTRACT.model_copy(update={"columns": columns})

    found = asked(Missing(), imputing, frame, 0.1, contract=strict)

    assert (found.outcome, found.blocking) == ("pass", False)
    assert "refuses" in found.reason


def test_about_the_share_asked_for_goes_missing_and_the_same_each_time(frame: pd.DataFrame) -> None:
    seen: list[Array] = []

    def ask(rows: pd.DataFrame) -> Scored:
        seen.append(rows["skill"].isna().to_numpy())
        return imputing(rows)

    first, second = (asked(Missing(), ask, frame, 0.3, test=imputing(frame)) for _ in range(2))
    assert first == second
    assert np.array_equal(seen[0], seen[1])
    assert seen[0].mean() == pytest.approx(0.3, abs=0.05)


def test_a_fall_that_the_rows_cannot_tell_from_the_limit_does_not_block(frame: pd.DataFrame) -> None:
    few = frame.iloc[:80]
    fall = missing(touchy, few, 0.3).figures[0]
    assert fall.interval is not None
    limit = (fall.interval.low + fall.value) / 2

    found = asked(Missing(), touchy, few, 0.3, fall=limit)

    assert (found.outcome, found.blocking) == ("inconclusive", False)
    assert "reaches back" in found.reason


def test_too_few_rows_are_inconclusive(frame: pd.DataFrame) -> None:
    found = missing(imputing, frame.iloc[:20])

    assert found.outcome == "inconclusive"
    assert "20 rows" in found.reason


def test_a_metric_that_most_resamples_lack_is_said_to_have_no_interval(frame: pd.DataFrame) -> None:
    rare = frame.iloc[:100].assign(released=["Yes"] + ["No"] * 99)
    found = missing(imputing, rare)

    assert found.outcome == "inconclusive"
    assert "has no interval" in found.reason


def test_a_metric_of_the_project_that_raises_is_inconclusive(frame: pd.DataFrame) -> None:
    def broken(*_: object) -> float:
        raise KeyError("cost")

    found = asked(Missing(), imputing, frame, 0.1, metric="cost", metrics={"cost": broken})

    assert found.outcome == "inconclusive"
    assert "cost" in found.reason


def test_a_smooth_model_stands_noise(frame: pd.DataFrame) -> None:
    found = asked(Noise(), imputing, frame, 0.05)

    assert found.outcome == "pass"
    assert found.figures[0].rows == 1500


def test_a_model_that_hangs_on_the_last_digit_is_red(frame: pd.DataFrame) -> None:
    frame = frame.assign(skill=np.round(frame["skill"], 1))

    def ask(rows: pd.DataFrame) -> Scored:
        digit = np.isclose(rows["skill"] * 10, np.rint(rows["skill"] * 10))
        return scored(rows, np.where(digit, rows["skill"], 0.0))

    found = asked(Noise(), ask, frame, 0.05)

    assert (found.gate, found.outcome) == ("robustness/noise", "fail")
    assert "skill" in found.reason


def test_noise_keeps_whole_numbers_whole_and_within_the_contract(frame: pd.DataFrame) -> None:
    seen: list[pd.DataFrame] = []

    def ask(rows: pd.DataFrame) -> Scored:
        seen.append(rows)
        return imputing(rows)

    asked(Noise(), ask, frame, 1.0, test=imputing(frame))

    checks = seen[0]["checks"]
    assert checks.dtype == np.int64
    assert checks.between(0, 6).all()
    assert (checks != frame["checks"]).mean() > 0.3


def test_noise_leaves_nulls_and_the_type_of_nullable_whole_numbers() -> None:
    columns = (
        Column(name="checks", type="integer", nullable=True),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    )
    contract = Contract(name="release", columns=columns, positive="Yes")
    frame = pd.DataFrame(
        {
            "checks": pd.array([0, 9, None, 4] * 50, dtype="Int64"),
            "released": ["Yes", "No", "Yes", "No"] * 50,
        }
    )
    seen: list[pd.DataFrame] = []

    def ask(rows: pd.DataFrame) -> Scored:
        seen.append(rows)
        return scored(rows, rows["checks"].fillna(5).to_numpy(dtype=float))

    asked(Noise(), ask, frame, 1.0, contract=contract)

    assert seen[1]["checks"].dtype == pd.Int64Dtype()
    assert seen[1]["checks"].isna().tolist() == frame["checks"].isna().tolist()
    assert (seen[1]["checks"] != frame["checks"]).sum() > 50


def test_noise_too_small_for_whole_numbers_is_said_to_change_nothing(frame: pd.DataFrame) -> None:
    only = Contract(name="c", columns=CONTRACT.columns[1:], positive="Yes")

    found = asked(Noise(), imputing, frame, 0.01, contract=only)

    assert (found.outcome, found.blocking) == ("pass", False)
    assert "No number changes" in found.reason


def rent(rows: int = 800) -> pd.DataFrame:
    generator = np.random.default_rng(1)
    size = generator.uniform(0, 100, rows)
    return pd.DataFrame({"size": size, "price": 1e6 * (size + generator.normal(size=rows))})


def test_the_fall_of_an_error_of_any_scale_is_a_share_of_that_of_a_model_that_ignores_its_inputs() -> None:
    frame = rent()

    def ask(rows: pd.DataFrame) -> Scored:
        return Scored(rows, 1e6 * rows["size"].to_numpy(), None)

    little = asked(Noise(), ask, frame, 0.001, contract=RENT, metric="neg_mean_absolute_error")
    much = asked(Noise(), ask, frame, 0.3, contract=RENT, metric="neg_mean_absolute_error")

    assert little.outcome == "pass"
    assert much.outcome == "fail"
    # noise of 8.7 on rents of 0 to 100: errors of 7 against those of 25 of the mean rent
    assert 0.2 < much.figures[0].value < 0.3
    assert "of the error of a model that ignores its inputs" in much.reason


def test_the_fall_of_r2_is_a_difference() -> None:
    frame = rent()

    def ask(rows: pd.DataFrame) -> Scored:
        return Scored(rows, 1e6 * rows["size"].to_numpy(), None)

    found = asked(Noise(), ask, frame, 0.1, contract=RENT, metric="r2")

    assert found.outcome == "pass"
    assert 0 < found.figures[0].value < 0.02


def test_the_fall_of_a_model_without_any_error_has_a_scale_too() -> None:
    frame = rent()
    frame["price"] = frame["size"]

    def ask(rows: pd.DataFrame) -> Scored:
        return Scored(rows, rows["size"].to_numpy(), None)

    little = asked(Noise(), ask, frame, 0.01, contract=RENT, metric="neg_mean_absolute_error")
    much = asked(Noise(), ask, frame, 0.3, contract=RENT, metric="neg_mean_absolute_error")

    assert (little.outcome, little.stops) == ("pass", False)
    assert (much.outcome, much.stops) == ("fail", True)
    assert 0.2 < much.figures[0].value < 0.3
