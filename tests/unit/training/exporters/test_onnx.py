from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, PowerTransformer, StandardScaler

from trunkline.core.contract import Column, Contract, Role
from trunkline.tasks import judging_of
from trunkline.training.candidate import Export
from trunkline.training.converters import Graph, Tensor, Value
from trunkline.training.exporters.exporter import ConversionError
from trunkline.training.exporters.onnx import OnnxForm, foreign, own
from trunkline.training.fair_mixture import FairMixture
from trunkline.training.frames import model_frame, outcome
from trunkline.training.group_thresholds import GroupThresholds
from trunkline.training.parity import compare


class Doubled(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A step of the project's own."""

    def fit(self, X: Any, y: Any = None) -> Doubled:
        return self

    def transform(self, X: Any) -> Any:
        return np.asarray(X, dtype=np.float64) * 2


def numbers_of(contract: Contract) -> Contract:
    """A contract without its words."""
    kept = tuple(column for column in contract.columns if column.name not in ("town", "owner"))
    return contract.model_copy(update={"columns": kept})


@pytest.fixture
def pipeline(contract: Contract, rows: pd.DataFrame) -> Any:
    """A fitted pipeline."""
    features = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["income"]),
            ("words", OneHotEncoder(handle_unknown="ignore"), ["town"]),
        ]
    )
    return make_pipeline(features, LogisticRegression()).fit(
        model_frame(rows, contract), outcome(rows, contract)
    )


def test_answers_are_those_of_the_pipeline(contract: Contract, rows: pd.DataFrame, pipeline: Any) -> None:
    framed = model_frame(rows, contract)
    framed.loc[0, "income"] = np.nan
    framed.loc[1, "town"] = ""
    answers = judging_of(contract).ask(pipeline, framed)
    model = OnnxForm(own(pipeline, contract), contract, answers.classes)
    assert compare(answers, model.ask(framed), contract).holds


def test_the_same_pipeline_gives_the_same_bytes(contract: Contract, pipeline: Any) -> None:
    assert own(pipeline, contract) == own(pipeline, contract)


def test_inputs_have_the_names_of_the_columns_whatever_signs_they_hold() -> None:
    # `variable` is also what skl2onnx calls the answer of a regression.
    names = ["<b>", "{{x}}", "a-b", "a_b", "variable", "Größe in m²", "2nd", "label", "probabilities", "x0"]
    words = Column(name="cat |", type="category", categories=("a", "b"))
    price = Contract(
        name="prices",
        columns=(
            *(Column(name=name, type="number") for name in names),
            words,
            Column(name="price", type="number", role=Role.OUTCOME),
        ),
    )
    random = np.random.default_rng(6)
    sales = pd.DataFrame(random.normal(size=(40, len(names))), columns=names)
    sales["cat |"] = random.choice(words.categories, 40)
    framed = model_frame(sales, price)
    features = ColumnTransformer([("n", "passthrough", names), ("w", OneHotEncoder(), ["cat |"])])
    pipeline = make_pipeline(features, LinearRegression())
    pipeline.fit(framed, sales["<b>"] + 2 * sales["a_b"] + (sales["cat |"] == "a"))

    model = OnnxForm(own(pipeline, price), price)

    assert {kind.column.name for kind in model.model.inputs} == {*names, "cat |"}
    assert compare(judging_of(price).ask(pipeline, framed), model.ask(framed), price).holds


@pytest.mark.parametrize("remainder", ["drop", "passthrough"])
def test_a_time_has_no_onnx_form_only_where_the_features_use_it(remainder: str) -> None:
    price = Contract(
        name="prices",
        columns=(
            Column(name="when", type="time"),
            Column(name="size", type="number"),
            Column(name="town", type="category", categories=("a", "b")),
            Column(name="price", type="number", role=Role.OUTCOME),
        ),
    )
    random = np.random.default_rng(6)
    sales = pd.DataFrame({"when": "2024-05-31", "size": random.normal(size=40), "town": ["a", "b"] * 20})
    framed = model_frame(sales, price)
    features = ColumnTransformer(
        [("n", StandardScaler(), ["size"]), ("w", OneHotEncoder(sparse_output=False), ["town"])],
        remainder="drop" if remainder == "drop" else FunctionTransformer(lambda times: times.astype("int64")),
    )
    pipeline = make_pipeline(features, LinearRegression()).fit(framed, sales["size"])
    if remainder == "drop":
        model = OnnxForm(own(pipeline, price), price)
        assert {kind.column.name for kind in model.model.inputs} == {"size", "town"}
        assert compare(judging_of(price).ask(pipeline, framed), model.ask(framed), price).holds
    else:
        with pytest.raises(ConversionError, match="use when"):
            own(pipeline, price)


def test_regression_gives_values_alone(price: Contract, sales: pd.DataFrame) -> None:
    framed = model_frame(sales, price)
    pipeline = make_pipeline(StandardScaler(), LinearRegression()).fit(framed, outcome(sales, price))
    model = OnnxForm(own(pipeline, price), price)
    answers = model.ask(framed)
    assert answers.predictions.shape == (len(sales),)
    assert answers.probabilities is None
    assert compare(judging_of(price).ask(pipeline, framed), answers, price).holds


def doubled(values: Any) -> Any:
    return values * 2


def test_a_step_that_nobody_can_convert_is_named_in_one_line(contract: Contract, rows: pd.DataFrame) -> None:
    only = numbers_of(contract)
    pipeline = make_pipeline(FunctionTransformer(doubled), LogisticRegression())
    pipeline.fit(model_frame(rows, only), outcome(rows, only))
    with pytest.raises(ConversionError, match="the function doubled is not one of numpy's") as caught:
        own(pipeline, only)
    assert "\n" not in str(caught.value)


def test_the_project_s_converter_writes_a_step_of_its_own(contract: Contract, rows: pd.DataFrame) -> None:
    only = numbers_of(contract)
    framed = model_frame(rows, only)
    pipeline = make_pipeline(Doubled(), LogisticRegression()).fit(framed, outcome(rows, only))

    def write_doubled(graph: Graph, step: Doubled, value: Value) -> Tensor:
        return graph.apply("Mul", graph.double(value), 2.0)

    answers = judging_of(only).ask(pipeline, framed)
    content = own(pipeline, only, Export(converters={Doubled: write_doubled}))
    assert compare(answers, OnnxForm(content, only, answers.classes).ask(framed), only).difference < 1e-12
    with pytest.raises(ConversionError, match="Doubled"):
        own(pipeline, only)


def test_a_step_that_skl2onnx_alone_knows_stands_among_ours(contract: Contract, rows: pd.DataFrame) -> None:
    only = numbers_of(contract)
    framed = model_frame(rows, only)
    pipeline = make_pipeline(PowerTransformer(), LogisticRegression()).fit(framed, outcome(rows, only))
    answers = judging_of(only).ask(pipeline, framed)
    form = OnnxForm(own(pipeline, only), only, answers.classes)
    assert compare(answers, form.ask(framed), only).holds


def test_the_second_conversion_is_skl2onnx_s_with_its_options(
    contract: Contract, rows: pd.DataFrame, pipeline: Any
) -> None:
    framed = model_frame(rows, contract)
    answers = judging_of(contract).ask(pipeline, framed)
    sizes = []
    for options in ({}, {StandardScaler: {"div": "div_cast"}}):
        content = foreign(pipeline, contract, Export(options=options))
        assert compare(answers, OnnxForm(content, contract, answers.classes).ask(framed), contract).holds
        sizes.append(len(content))
    assert sizes[0] != sizes[1], "the option has changed the graph"


@pytest.mark.parametrize(
    "model", [GroupThresholds(None, attribute="sex", positive="yes"), FairMixture(None, positive="yes")]
)
def test_a_model_under_a_fairness_constraint_has_no_onnx_form(contract: Contract, model: Any) -> None:
    with pytest.raises(ConversionError, match=type(model).__name__):
        own(model, contract)


def test_bytes_that_are_no_model_are_refused(contract: Contract) -> None:
    with pytest.raises(ConversionError, match="onnxruntime"):
        OnnxForm(b"no model", contract)
