"""The card's front matter: metadata that Hugging Face reads.

Source: the specification of model card metadata, huggingface/hub-docs modelcard.md, with the identifiers of
docs/hub/repositories-licenses.md and of hf.co/metrics.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.snapshots import SnapshotManifest
from trunkline.core.verdicts import Evaluation
from trunkline.tasks import task_of

LIBRARIES = {
    "catboost": "catboost",
    "lightgbm": "lightgbm",
    "skorch": "skorch",
    "torch": "pytorch",
    "xgboost": "xgboost",
    "xgboost-cpu": "xgboost",
    "scikit-learn": "sklearn",
}
"""A package to its library's name at Hugging Face; scikit-learn, which all of them need, is the last."""
UNKNOWN, OTHER = "unknown", "other"
METRICS = {
    "accuracy": "accuracy",
    "f1": "f1",
    "matthews_corrcoef": "matthews_correlation",
    "neg_brier_score": "brier_score",
    "neg_mean_absolute_error": "mae",
    "neg_mean_absolute_percentage_error": "mape",
    "neg_mean_squared_error": "mse",
    "precision": "precision",
    "r2": "r_squared",
    "recall": "recall",
    "roc_auc": "roc_auc",
}
"""A scikit-learn scorer to the metric's name at Hugging Face, which knows errors by their own sign."""


def front_matter(
    evaluation: Evaluation,
    manifest: BundleManifest,
    contract: Contract,
    snapshot: SnapshotManifest,
    *,
    license_id: str,
) -> str:
    """Return the metadata as YAML; an empty `license_id` is said to be unknown.

    Emissions (`co2_eq_emissions`) are left out: they depend on where the machine's power came from.
    """
    tag, name = task_of(contract).tag, contract.task
    overall = [figure for figure in evaluation.figures if not figure.group]
    result: dict[str, Any] = {
        "task": {"type": tag or name},
        "dataset": {
            "name": f"{manifest.name}, test part, {snapshot.rows.get('test', 0)} rows",
            "type": manifest.name,
            "split": "test",
            "revision": evaluation.snapshot,
        },
        "metrics": [_metric(figure) for figure in overall],
    }
    facts: dict[str, Any] = _license(license_id, manifest.name)
    if library := _library(manifest):
        facts["library_name"] = library
    if tag:
        facts["pipeline_tag"] = tag
    facts |= {
        "tags": ["trunkline", tag or name, manifest.runtime],
        "metrics": _known(overall),
        "model-index": [{"name": manifest.name, "results": [result]}],
    }
    writer = YAML()
    writer.default_flow_style = False
    writer.width = 1000
    stream = io.StringIO()
    writer.dump(facts, stream)
    return stream.getvalue()


def _library(manifest: BundleManifest) -> str:
    """Return the library that loads the model; empty for a pipeline as ONNX, which the Hub knows by the file."""
    needed = {name.partition("==")[0] for name in manifest.requires}
    if manifest.lineage.origin and "onnxruntime" in needed | {
        manifest.runtime.replace("onnx-file", "onnxruntime")
    }:
        return "onnx"
    return next((library for package, library in LIBRARIES.items() if package in needed), "")


def _license(identifier: str, name: str) -> dict[str, str]:
    """Return the licence; one that is no other's is named, and its text is in the repository's LICENSE."""
    if identifier != OTHER:
        return {"license": identifier or UNKNOWN}
    return {"license": OTHER, "license_name": f"{name}-license", "license_link": "LICENSE"}


def _known(figures: Sequence[Figure]) -> list[str]:
    return [METRICS[figure.name] for figure in figures if figure.name in METRICS]


def _metric(figure: Figure) -> dict[str, Any]:
    name, value = figure.name, figure.value
    if name.startswith("neg_"):
        name, value = name.removeprefix("neg_"), -value
    kind = METRICS.get(figure.name, name)
    return {"type": kind, "name": name.replace("_", " "), "value": round(value, 6)}
