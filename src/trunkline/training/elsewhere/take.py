"""Take: a model that was trained elsewhere, in the place of what a search and a fit would give."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.origin import Origin
from trunkline.core.policy.training import TrainingPolicy
from trunkline.core.raised import asking
from trunkline.tasks import judging_of

from .files import Files, kind_of
from .onnx_file import of_onnx
from .sklearn_file import adopted
from .trained import Trained


def check_taken(trained: Trained, policy: TrainingPolicy) -> None:
    """Raise PolicyError for what the policy asks of a search or a fit, of which there is none."""
    if policy.mitigation.method != "none":
        raise PolicyError(
            f"training.mitigation: {trained.name} was trained elsewhere, and {policy.mitigation.method} trains.",
            value=policy.mitigation.method,
            next_step="set training.mitigation.method to none; gates.fairness still asks about the groups",
        )
    if policy.threshold is not None and policy.threshold.value is None:
        raise PolicyError(
            f"training.threshold: it is chosen on rows held out of training, and nobody can say which rows "
            f"{trained.name}, trained elsewhere, has seen.",
            next_step="set training.threshold.value in trunkline.yaml",
        )


def take(trained: Trained, files: Files | None, rows: pd.DataFrame, contract: Contract) -> tuple[Any, Origin]:
    """Return a fitted estimator for rows of a model frame, and where its file comes from.

    Only transformers of the project learn from `rows`. Raises ProjectError that says what the file has where it does
    not fit the contract or what model.py says of it, and what `Files.path` raises.
    """
    if files is None:
        raise ProjectError("Nothing says where files of trained models lie.", value=trained.file)
    path, digest = files.path(trained)
    origin = Origin(file=trained.file, digest=digest, learned_from=trained.learned_from)
    if kind_of(path, trained) == "onnx":
        model = of_onnx(trained, path, contract)
        with asking(f"Trained model {trained.name}: a transformer cannot be fitted:", "correct features.py"):
            model.fit(rows)
    else:
        model = adopted(trained, path, rows, contract)
    with asking(
        f"Trained model {trained.name} cannot answer {min(len(rows), 50)} rows:",
        "correct inputs and outputs in model.py, or make other values in features.py",
    ):
        judging_of(contract).ask(model, rows.iloc[:50])
    judging_of(contract).classes(model, contract, candidate=trained.name)
    return model, origin
