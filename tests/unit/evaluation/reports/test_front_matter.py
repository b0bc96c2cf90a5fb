from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ruamel.yaml import YAML

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.lineage import Lineage
from trunkline.core.snapshots import SnapshotManifest, Window
from trunkline.core.verdicts import Evaluation
from trunkline.evaluation.reports.front_matter import front_matter

LINEAGE = Lineage(
    commit="abc",
    snapshot="sha256:c",
    training_key="k",
    code="d",
    policy="p",
    lock="l",
    toolkit="0.1.0",
    candidate="forest",
    settings={},
)
SNAPSHOT = SnapshotManifest(
    files={}, rows={"train": 1400, "test": 600}, split={}, window=Window(), sources={"source": 2000}
)
KEYS = {
    "license",
    "license_name",
    "license_link",
    "library_name",
    "pipeline_tag",
    "tags",
    "metrics",
    "model-index",
}
"""Of the specification (huggingface/hub-docs, modelcard.md), those that are written here."""


def facts_of(
    contract: Contract,
    figures: dict[str, float],
    *,
    license_id: str = "",
    requires: tuple[str, ...] = (),
) -> dict[str, Any]:
    evaluation = Evaluation(
        bundle="b",
        snapshot="sha256:c",
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=(
            *(Figure(name=name, value=value, rows=600) for name, value in figures.items()),
            Figure(name="accuracy", value=0.5, rows=9, group="sex=f"),
        ),
        verdicts=(),
    )
    manifest = BundleManifest(
        name="rent",
        runtime="python" if requires else "onnx",
        requires=requires,
        model="m",
        figures=(),
        lineage=LINEAGE,
        files={},
    )
    text = front_matter(evaluation, manifest, contract, SNAPSHOT, license_id=license_id)
    facts: dict[str, Any] = YAML(typ="safe").load(text)
    assert set(facts) <= KEYS
    return facts


def test_it_is_what_hugging_face_reads(contract: Contract) -> None:
    facts = facts_of(contract, {"roc_auc": 0.8123456789, "neg_log_loss": -0.4}, license_id="mit")

    assert facts["license"] == "mit"
    assert facts["pipeline_tag"] == "tabular-classification"
    assert facts["metrics"] == ["roc_auc"]
    (model,) = facts["model-index"]
    (result,) = model["results"]
    assert model["name"] == "rent"
    assert result["task"] == {"type": "tabular-classification"}
    assert result["dataset"] == {
        "name": "rent, test part, 600 rows",
        "type": "rent",
        "split": "test",
        "revision": "sha256:c",
    }
    assert result["metrics"] == [
        {"type": "roc_auc", "name": "roc auc", "value": 0.812346},
        {"type": "log_loss", "name": "log loss", "value": 0.4},
    ]


def test_errors_have_their_own_sign_again(regression: Contract) -> None:
    facts = facts_of(regression, {"neg_mean_absolute_error": -3.5, "r2": -0.1})

    assert facts["pipeline_tag"] == "tabular-regression"
    assert facts["metrics"] == ["mae", "r_squared"]
    assert [one["value"] for one in facts["model-index"][0]["results"][0]["metrics"]] == [3.5, -0.1]


@pytest.mark.parametrize(
    ("license_id", "said"),
    [
        ("", {"license": "unknown"}),
        ("apache-2.0", {"license": "apache-2.0"}),
        ("other", {"license": "other", "license_name": "rent-license", "license_link": "LICENSE"}),
    ],
)
def test_the_licence_is_the_one_that_the_policy_names(
    contract: Contract, license_id: str, said: dict[str, str]
) -> None:
    facts = facts_of(contract, {}, license_id=license_id)

    assert {key: value for key, value in facts.items() if key.startswith("license")} == said


def test_only_a_library_is_called_one(contract: Contract) -> None:
    assert facts_of(contract, {}, requires=("scikit-learn==1.9.0",))["library_name"] == "sklearn"
    assert "library_name" not in facts_of(contract, {})


def test_emissions_that_nobody_knows_are_not_stated(contract: Contract) -> None:
    assert "co2_eq_emissions" not in facts_of(contract, {"roc_auc": 0.8})
