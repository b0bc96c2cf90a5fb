"""Models under a fairness constraint, sealed, served from their own process, and the same bytes everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from cases import row_case
from trunkline.core.bundle import Bundle
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.training import Mitigation, Search, TrainingPolicy
from trunkline.evaluation.gates.row_order import RowOrder
from trunkline.evaluation.scored import Scored
from trunkline.inputs import input_of
from trunkline.runtimes import open_model
from trunkline.training import Candidate, Fitted, predict_frame, train

Parts = tuple[pd.DataFrame, pd.DataFrame]
METHODS = ("threshold-optimizer", "exponentiated-gradient")
SCRIPT = """
import hashlib, sys
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.preprocessing import OneHotEncoder
from sklego.datasets import load_arrests
from trunkline.core.policy.training import Mitigation, Search, TrainingPolicy
from trunkline.core.contract import Column, Contract
from trunkline.training import Candidate, train
from trunkline.training.exporters.python import dump

words = ("No", "Yes")
contract = Contract(name="arrests", positive="Yes", columns=(
    Column(name="age", type="integer"), Column(name="checks", type="integer"),
    Column(name="citizen", type="category", categories=words, protected=True),
    Column(name="released", type="category", categories=words, role="outcome")))
rows = load_arrests(as_frame=True)
for method in ("threshold-optimizer", "exponentiated-gradient"):
    fitted = train(rows[:900], contract,
        candidates=[Candidate("boosting", HistGradientBoostingClassifier(max_iter=4), {"learning_rate": [0.1]})],
        features=lambda: ColumnTransformer(
            [("n", "passthrough", ["age", "checks"]), ("c", OneHotEncoder(sparse_output=False), ["citizen"])]),
        policy=TrainingPolicy(search=Search(folds=2, jobs=int(sys.argv[1])), mitigation=Mitigation(method=method)))
    print(fitted.candidate, hashlib.sha256(dump(fitted.pipeline)).hexdigest())
"""


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The arrests, with a protected attribute among the features and another kept out of them."""
    yes_no = ("No", "Yes")
    return Contract(
        name="arrests",
        positive="Yes",
        columns=(
            Column(name="age", type="integer", unit="years", minimum=10, maximum=90),
            Column(name="employed", type="category", categories=yes_no, nullable=True),
            Column(name="citizen", type="category", categories=yes_no, protected=True, nullable=True),
            Column(name="checks", type="integer", minimum=0, maximum=6),
            Column(
                name="colour",
                type="category",
                categories=("Black", "White"),
                protected=True,
                role=Role.AUDIT,
            ),
            Column(name="released", type="category", categories=yes_no, role=Role.OUTCOME),
        ),
    )


def mitigated(method: str, contract: Contract, parts: Parts) -> Fitted:
    return train(
        parts[0],
        contract,
        features=lambda: ColumnTransformer(
            [
                ("words", OneHotEncoder(handle_unknown="ignore"), ["employed", "citizen"]),
                ("numbers", "passthrough", ["age", "checks"]),
            ]
        ),
        candidates=[Candidate("plain", LogisticRegression(max_iter=500))],
        policy=TrainingPolicy(
            search=Search(folds=2, jobs=1),
            mitigation=Mitigation.model_validate(
                {"method": method, "attribute": "citizen" if method == METHODS[0] else "colour"}
            ),
        ),
    )


@pytest.mark.parametrize("method", METHODS)
def test_it_is_sealed_as_python_and_served_with_the_answers_it_gave_in_training(
    method: str, contract: Contract, parts: Parts, sealed: Callable[[Fitted], Bundle]
) -> None:
    fitted = mitigated(method, contract, parts)
    bundle = sealed(fitted)

    assert bundle.manifest.runtime == "python"
    assert bundle.manifest.lineage.candidate == f"plain+{method}"
    assert all(name.startswith("trunkline.training.") for name in bundle.manifest.trusted_types)
    assert not [one for one in bundle.manifest.requires if one.startswith(("fairlearn", "trunkline"))]

    test = parts[1].iloc[:200].reset_index(drop=True)
    model = open_model(bundle)

    def ask(rows: pd.DataFrame) -> Scored:
        answers = model.predict(
            {
                column.name: rows[column.name].tolist()
                if input_of(column).tensor == "float"
                else rows[column.name].astype(object).where(rows[column.name].notna(), None).tolist()
                for column in contract.features
            }
        )
        return Scored(rows, answers.predictions, answers.probabilities, answers.classes)

    try:
        served = ask(test)
        order = RowOrder().verdict(row_case(ask, test, contract))
        without = ask(test.assign(citizen=None))
    finally:
        model.close()
    labels, probabilities = predict_frame(fitted.pipeline, test, contract)
    assert served.labels.tolist() == labels.tolist()
    assert served.probabilities is not None
    assert probabilities is not None
    np.testing.assert_allclose(served.probabilities, probabilities, atol=1e-9)
    assert order.outcome == "pass", order.reason
    assert set(without.labels) <= {"No", "Yes"}


def test_another_process_and_more_processes_write_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for seed, jobs in (("1", "1"), ("2", "2")):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SCRIPT, jobs],
            env=os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": seed},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(done.stdout.splitlines())
    assert found[0] == found[1]
    assert [line.split()[0] for line in found[0]] == [f"boosting+{method}" for method in METHODS]
