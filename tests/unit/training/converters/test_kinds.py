"""Every kind of pipeline in `benchmarks/models.py`, on rows that are made up: it is ONNX, and exact."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.tasks import judging_of
from trunkline.training.exporters.onnx import OnnxForm, own
from trunkline.training.frames import model_frame
from trunkline.training.parity import compare, edges, rows_at

FILE = Path(__file__).parents[4] / "benchmarks/models.py"
_spec = importlib.util.spec_from_file_location("models_benchmark", FILE)
assert _spec is not None
assert _spec.loader is not None
models: Any = importlib.util.module_from_spec(_spec)
sys.modules["models_benchmark"] = models
_spec.loader.exec_module(models)
KINDS = list(models.kinds(3))


def people() -> Any:
    """Rows like Adult's: numbers that repeat, categories of which some are rare, nulls."""
    random = np.random.default_rng(3)
    count = 240
    numbers = {name: random.integers(0, 40, count) for name in models.NUMBERS}
    letters = np.array(["a", "b", "c", "é f", ""], dtype=object)
    words = {name: letters[random.choice(5, count, p=[0.5, 0.3, 0.1, 0.05, 0.05])] for name in models.WORDS}
    rows = pd.DataFrame({**numbers, **words}).replace({"": None})
    noise = random.normal(size=count)
    rows["income"] = np.where(rows["age"] + 9 * (rows["sex"] == "a") + 5 * noise > 25, ">50K", "<=50K")
    columns = (
        *(Column(name=name, type="integer") for name in models.NUMBERS),
        *(
            Column(name=name, type="category", categories=("a", "b", "c", "é f", "g"), nullable=True)
            for name in models.WORDS
        ),
        Column(name="income", type="category", categories=("<=50K", ">50K"), role=Role.OUTCOME),
    )
    return models.Rows(Contract(name="people", positive=">50K", columns=columns), rows[:160], rows[160:])


def hours() -> Any:
    """Rows like those of bike sharing."""
    random = np.random.default_rng(4)
    rows = pd.DataFrame(
        {name: random.integers(0, 6, 160) for name in models.HOURS}
        | {name: random.random(160).round(2) for name in models.WEATHER}
    )
    rows["cnt"] = (20 * rows["temp"] * (1 + rows["hr"]) + random.integers(0, 9, 160)).astype(int)
    columns = (
        *(Column(name=name, type="integer") for name in models.HOURS),
        *(Column(name=name, type="number") for name in models.WEATHER),
        Column(name="cnt", type="integer", role=Role.OUTCOME),
    )
    return models.Rows(Contract(name="hours", columns=columns), rows[:120], rows[120:])


def sentences() -> Any:
    """Texts, some of them hard to cut."""
    texts = [
        "Good phone, good price",
        "bad BAD service",
        "Großartig und schön",
        "not good at all",
        "çok kötü",
    ]
    rows = pd.DataFrame({"text": texts * 8, "label": ["good", "bad", "good", "bad", "bad"] * 8})
    return models.Rows(models.sentence_contract(), pd.concat([rows, models.hard()]), models.hard())


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return {"Adult": people(), "bike sharing": hours(), "sentences": sentences()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.library}: {kind.name}")
def test_a_kind_of_pipeline_answers_as_it_was_fitted(data: dict[str, Any], kind: Any) -> None:
    rows = data[kind.data]
    fitted = models.fitted(kind, rows)
    asked, judging = model_frame(rows.test, rows.contract), judging_of(rows.contract)
    corners = [edge for edge in edges(asked, rows.contract) if edge.allowed or kind.data == "Adult"]
    # Twice, so that no row stands alone where it was at first.
    every = pd.concat([asked, rows_at(corners, asked.iloc[:1]), asked], ignore_index=True)
    form = OnnxForm(own(fitted.pipeline, rows.contract, fitted.export), rows.contract, fitted.classes)
    expected = judging.ask(fitted.pipeline, every)
    parity = compare(expected, form.ask(every), rows.contract)
    assert parity.labels == 0
    assert parity.difference < 1e-6
    assert compare(expected.take(slice(5)), form.ask_each(every[:5]), rows.contract).difference < 1e-6


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost"])
def test_a_library_is_among_the_kinds(library: str) -> None:
    pytest.importorskip(library)
    assert sum(kind.library.lower() == library for kind in KINDS) == 2
