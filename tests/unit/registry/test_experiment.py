from __future__ import annotations

import pytest
from mlflow.utils.validation import _validate_metric_name

from trunkline.registry.experiment import LONGEST, metric_key

STRANGE = (
    "",
    ".",
    "..",
    "../x",
    "/x",
    "a//b",
    "a/./b",
    "a%b",
    "groß",
    "日本",
    "a\nb",
    "x" * 300,
    "é" * 900,
    "\ud800",
)


@pytest.mark.parametrize("name", STRANGE)
def test_any_name_becomes_one_that_mlflow_takes(name: str) -> None:
    key = metric_key(name)
    _validate_metric_name(key)  # type: ignore[no-untyped-call]
    assert 0 < len(key) <= LONGEST


def test_ordinary_names_stay_and_long_ones_stay_apart() -> None:
    assert metric_key("search.logistic-regression.score") == "search.logistic-regression.score"
    assert metric_key("x" * 300 + "a") != metric_key("x" * 300 + "b")
