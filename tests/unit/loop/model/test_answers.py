from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import BundleError
from trunkline.loop.model.answers import independent
from trunkline.runtimes import Columns
from trunkline.tasks import Answers

CONTRACT = Contract(
    name="n", columns=(Column(name="x", type="number"), Column(name="y", type="number", role=Role.OUTCOME))
)
ROWS = pd.DataFrame({"x": np.linspace(1, 2, 60)})


class Given:
    """Answers x as it is told."""

    quick = False

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self._answer = answer

    def predict(self, columns: Columns) -> Answers:
        return Answers(self._answer(np.array(columns["x"], dtype=np.float64)))

    def close(self) -> None: ...


def only_several(x: Any) -> Any:
    if len(x) == 1:
        raise BundleError("a mean of one row")
    return x


@pytest.mark.parametrize(
    ("answer", "alike"),
    [
        (lambda x: 3 * x, True),
        (lambda x: x - x.mean(), False),
        (lambda x: x.argsort().argsort().astype(float), False),
        (lambda x: x if len(x) == 1 else x + 1e-15, False),
        (lambda x: x if len(x) != 25 else np.nextafter(x, 9.0), False),
        (only_several, False),
    ],
)
def test_rows_may_be_joined_only_where_each_gets_exactly_the_same_alone(
    answer: Callable[[Any], Any], alike: bool
) -> None:
    model = Given(answer)
    whole = model.predict({"x": ROWS["x"].tolist()})
    assert independent(model, ROWS, CONTRACT, whole) is alike
