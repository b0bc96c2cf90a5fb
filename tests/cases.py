"""Cases of the gates: of paired answers alone, and of rows that are put to a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.policy import Policy
from trunkline.evaluation import Case, Scored
from trunkline.measure.metrics import Metrics
from trunkline.measure.paired import Paired

Ask = Callable[[pd.DataFrame], Scored]


def paired_case(
    paired: Paired,
    trained: Paired | None = None,
    reigning: Paired | None = None,
    *,
    metrics: Metrics | None = None,
    split: str = "stratified",
    **performance: Any,
) -> Case:
    """Return a case of answers to the test rows, those to the training rows and the champion's.

    `performance` is a section of the policy; intervals rest on 200 resamples.
    """
    value = {
        "name": "release",
        "package": "release",
        "data": {"split": {"method": split}},
        "gates": {"performance": {"resamples": 200} | performance},
    }
    made = Case.__new__(Case)
    vars(made).update(
        paired=paired,
        trained=trained,
        reigning=reigning,
        metrics=metrics or {},
        policy=Policy.model_validate(value),
    )
    return made


def row_case(
    ask: Ask,
    frame: pd.DataFrame,
    contract: Contract,
    *,
    test: Scored | None = None,
    metrics: Metrics | None = None,
    **gates: Any,
) -> Case:
    """Return a case of rows that are put to a model, with these sections of `gates`."""
    policy = Policy.model_validate({"name": "release", "package": "release", "gates": gates})
    return Case(
        contract=contract,
        policy=policy,
        test=ask(frame) if test is None else test,
        ask=ask,
        metrics=metrics or {},
    )
