"""The gates on real rows with real models: Toronto arrests, as the demo walks them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklego.datasets import load_arrests

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Case, Scored, judge

INPUTS = ["age", "employed", "citizen", "checks"]
CONTRACT = Contract(
    name="release",
    columns=(
        Column(name="age", type="integer", protected=True, bands=(18, 25, 35)),
        Column(name="employed", type="category", categories=("No", "Yes")),
        Column(name="citizen", type="category", categories=("No", "Yes")),
        Column(name="checks", type="integer"),
        Column(
            name="colour", type="category", role=Role.AUDIT, protected=True, categories=("Black", "White")
        ),
        Column(name="sex", type="category", role=Role.AUDIT, protected=True, categories=("Female", "Male")),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
POLICY = Policy.model_validate(
    {
        "name": "release",
        "package": "release",
        "gates": {"performance": {"floors": {"roc_auc": 0.65}, "resamples": 300}},
    }
)
Ask = Callable[[pd.DataFrame], Scored]


@pytest.fixture(scope="module")
def parts() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = load_arrests(as_frame=True)
    rows = rows[rows["year"] <= 1999].sample(frac=1, random_state=7).reset_index(drop=True)
    cut = len(rows) * 3 // 4
    return rows.iloc[:cut].reset_index(drop=True), rows.iloc[cut:].reset_index(drop=True)


def fit(train: pd.DataFrame, model: Any) -> Ask:
    pipeline = make_pipeline(OneHotEncoder(handle_unknown="ignore"), model)
    pipeline.fit(train[INPUTS], train["released"].astype(str))

    def ask(rows: pd.DataFrame) -> Scored:
        return Scored(
            rows,
            np.asarray(pipeline.predict(rows[INPUTS]), dtype=object),
            pipeline.predict_proba(rows[INPUTS]),
            tuple(str(name) for name in pipeline.classes_),
        )

    return ask


def ask_gates(
    parts: tuple[pd.DataFrame, pd.DataFrame], model: Ask, champion: Ask | None
) -> dict[str, Verdict]:
    train, test = parts
    _, verdicts = judge(
        Case(
            contract=CONTRACT,
            policy=POLICY,
            test=model(test),
            train=model(train),
            champion=champion(test) if champion else None,
            ask=model,
        ),
        today=date(2026, 11, 2),
    )
    return {verdict.gate: verdict for verdict in verdicts}


def test_a_plain_model_is_good_enough_and_the_same_model_again_is_not_worse(
    parts: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    plain = fit(parts[0], LogisticRegression(max_iter=500))

    verdicts = ask_gates(parts, plain, plain)

    for gate in ("floor:roc_auc", "baseline", "champion", "overfit"):
        assert verdicts[f"performance/{gate}"].outcome == "pass", verdicts[f"performance/{gate}"].reason
    assert verdicts["robustness/row-order"].outcome == "pass"


def test_a_forest_that_learned_the_rows_by_heart_is_red(parts: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    train, test = (part.assign(checks=np.arange(len(part))) for part in parts)
    forest = fit(train, RandomForestClassifier(50, random_state=0))

    verdicts = ask_gates((train, test), forest, fit(parts[0], LogisticRegression(max_iter=500)))

    assert verdicts["performance/overfit"].stops
    assert verdicts["performance/overfit"].outcome == "fail"
