from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract
from trunkline.core.figures import Figure
from trunkline.data.rows import typed
from trunkline.data.single_feature import event_time_score, single_feature_scores

RNG_SEED = 5


def score(values: object, outcome: object, *, kind: str, outcome_kind: str = "category") -> Figure:
    labels = tuple(sorted({str(value) for value in np.asarray(outcome)}))
    settings = (
        {"categories": labels, "positive": labels[0] if len(labels) == 2 else ""}
        if outcome_kind == "category"
        else {"categories": (), "positive": ""}
    )
    contract = Contract(
        name="t",
        columns=(
            Column.model_validate({"name": "x", "type": kind, "nullable": True}),
            Column.model_validate(
                {"name": "y", "type": outcome_kind, "role": "outcome", "categories": settings["categories"]}
            ),
        ),
        positive=str(settings["positive"]),
    )
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object), "y": pd.Series(outcome, dtype=object)})
    (figure,) = single_feature_scores(typed(frame, contract), contract)
    return figure


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(RNG_SEED)


def test_noise_predicts_nothing(rng: np.random.Generator) -> None:
    figure = score(rng.normal(size=600), rng.choice(["a", "b"], 600), kind="number")
    assert figure.name == "single_feature:x"
    assert figure.interval is not None
    assert figure.interval.low < 0.5 < figure.interval.high


def test_a_copy_of_the_outcome_predicts_it(rng: np.random.Generator) -> None:
    y = rng.choice(["a", "b"], 400)
    assert score(np.where(y == "a", "one", "two"), y, kind="category").value == 1.0


def test_a_leak_that_is_not_monotone_is_found(rng: np.random.Generator) -> None:
    x = rng.normal(size=800)
    assert score(x, np.where(np.abs(x) > 1, "a", "b"), kind="number").value > 0.98


def test_a_leak_by_missing_values_is_found(rng: np.random.Generator) -> None:
    y = rng.choice(["a", "b"], 400)
    x = np.where(y == "a", np.nan, rng.normal(size=400))
    assert score(x, y, kind="number").value > 0.99
    texts = np.where(y == "a", None, "known")  # type: ignore[call-overload]
    assert score(texts, y, kind="text").value > 0.99


def test_a_text_that_differs_in_every_row_is_no_leak(rng: np.random.Generator) -> None:
    figure = score([f"row {n}" for n in range(400)], rng.choice(["a", "b"], 400), kind="text")
    assert figure.value < 0.6


def test_a_leak_of_one_class_among_many_is_found(rng: np.random.Generator) -> None:
    y = rng.choice(["a", "b", "c"], 600)
    x = np.where(y == "b", "B", rng.choice(["p", "q"], 600))
    assert score(x, y, kind="category").value == 1.0


@pytest.mark.parametrize("shape", ["copy", "logarithm", "square"])
def test_a_number_that_tells_a_numeric_outcome_is_found(rng: np.random.Generator, shape: str) -> None:
    y = rng.exponential(10, 1500) + 1
    x = {"copy": y, "logarithm": np.log(y), "square": -(y**2)}[shape]
    assert score(x, y, kind="number", outcome_kind="number").value > 0.98


def test_a_related_number_is_no_leak(rng: np.random.Generator) -> None:
    x = rng.normal(size=1000)
    figure = score(x, x + rng.normal(size=1000), kind="number", outcome_kind="number")
    assert figure.value == pytest.approx(0.5, abs=0.05)


def test_fewer_rows_give_a_wider_interval(rng: np.random.Generator) -> None:
    y = rng.choice(["a", "b"], 2000)
    x = (y == "a") + rng.normal(size=2000)
    few, many = (score(x[:n], y[:n], kind="number").interval for n in (60, 2000))
    assert few is not None
    assert many is not None
    assert few.high - few.low > 3 * (many.high - many.low)


def test_the_same_rows_give_the_same_score(rng: np.random.Generator) -> None:
    x, y = rng.choice(["p", "q"], 25_000), rng.choice(["a", "b"], 25_000)
    first, second = score(x, y, kind="category"), score(x, y, kind="category")
    assert first == second
    assert first.rows == 20_000


def test_a_class_of_one_row_says_nothing() -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="x", type="number"),
            Column.model_validate(
                {"name": "y", "type": "category", "role": "outcome", "categories": ("a", "b")}
            ),
        ),
        positive="a",
    )
    frame = pd.DataFrame({"x": range(50), "y": ["a"] + ["b"] * 49})
    assert single_feature_scores(typed(frame, contract), contract) == ()


def test_a_feature_without_a_value_tells_nothing(rng: np.random.Generator) -> None:
    figure = score([None] * 400, rng.choice(["a", "b"], 400), kind="number")
    assert figure.value == pytest.approx(0.5, abs=0.1)


def test_a_few_rows_that_a_number_tells_are_not_drowned(rng: np.random.Generator) -> None:
    x = rng.normal(size=5000)
    figure = score(x, np.where((x > 2) | (rng.random(5000) < 0.01), "a", "b"), kind="number")
    truth = (x > 2).mean()
    share = truth / (truth + 0.01 * (1 - truth))
    assert figure.value == pytest.approx(share + (1 - share) / 2, abs=0.03)


def test_the_event_time_is_scored_by_its_order_and_may_be_no_feature(rng: np.random.Generator) -> None:
    day = rng.integers(0, 360, 800)
    contract = Contract(
        name="t",
        columns=(
            Column.model_validate({"name": "day", "type": "text", "role": "time"}),
            Column(name="x", type="number"),
            Column.model_validate({"name": "y", "type": "number", "role": "outcome"}),
        ),
    )
    frame = pd.DataFrame({"day": [f"day {n:03}" for n in day], "x": rng.normal(size=800), "y": day * 2.0})
    rows = typed(frame, contract)
    figure = event_time_score(rows, contract)
    assert figure is not None
    assert (figure.name, figure.rows) == ("event_time:day", 800)
    assert figure.value > 0.98
    timeless = contract.model_copy(update={"columns": contract.columns[1:]})
    assert event_time_score(rows, timeless) is None
