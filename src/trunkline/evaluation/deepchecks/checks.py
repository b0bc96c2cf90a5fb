"""The checks of deepchecks' suites: their names, and what each needs to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import PolicyError, instead
from trunkline.core.policy.gates import DeepchecksGates, Suite
from trunkline.tasks import task_of

KEY = "gates.deepchecks.blocking"
Need = Literal["", "classes", "numbers", "probabilities", "two features", "date", "key", "no key", "model"]
WHY: dict[Need, str] = {
    "classes": "it is about classes, and the outcome is a number",
    "numbers": "it is about numbers, and the outcome is a class",
    "probabilities": "the model gives no probabilities",
    "two features": "it needs two features",
    "date": "it needs a temporal split by an event time that is a date",
    "key": "the contract names no key",
    "no key": "it takes rows that look alike for the same one, though their keys differ",
    "model": "it needs the model itself, and deepchecks gets its answers only",
}


@dataclass(frozen=True)
class Check:
    """A check of deepchecks; `condition` says whether it can fail or only shows something."""

    name: str
    needs: Need = ""
    condition: bool = True


# As deepchecks 0.19.1 has them; an integration test compares.
CHECKS: Mapping[Suite, tuple[Check, ...]] = {
    "data-integrity": (
        Check("Is Single Value"),
        Check("Special Characters"),
        Check("Mixed Nulls"),
        Check("Mixed Data Types"),
        Check("String Mismatch"),
        Check("Data Duplicates"),
        Check("String Length Out Of Bounds"),
        Check("Conflicting Labels", "classes"),
        Check("Outlier Sample Detection", condition=False),
        Check("Feature Label Correlation"),
        Check("Feature Feature Correlation", "two features"),
        Check("Identifier Label Correlation", "date"),
    ),
    "train-test-validation": (
        Check("Datasets Size Comparison"),
        Check("New Label Train Test", "classes"),
        Check("New Category Train Test"),
        Check("String Mismatch Comparison"),
        Check("Date Train Test Leakage Duplicates", "date"),
        Check("Date Train Test Leakage Overlap", "date"),
        Check("Index Train Test Leakage", "key"),
        Check("Train Test Samples Mix", "no key"),
        Check("Feature Label Correlation Change"),
        Check("Feature Drift"),
        Check("Label Drift"),
        Check("Multivariate Drift"),
    ),
    "model-evaluation": (
        Check("Train Test Performance"),
        Check("Roc Report", "probabilities"),
        Check("Confusion Matrix Report", "classes", condition=False),
        Check("Prediction Drift"),
        Check("Simple Model Comparison"),
        Check("Weak Segments Performance", "two features"),
        Check("Calibration Score", "probabilities", condition=False),
        Check("Regression Error Distribution", "numbers"),
        Check("Unused Features", "model"),
        Check("Boosting Overfit", "model"),
        Check("Model Inference Time", "model"),
    ),
}


def left_out(
    suite: Suite, contract: Contract, *, probabilities: bool = True, date: bool = False
) -> dict[str, str]:
    """Return the checks of a suite that cannot be asked about such a model, each with the reason in words."""
    keyed, traits = contract.of_role(Role.KEY) is not None, task_of(contract).traits(contract)
    given = {
        "": True,
        "classes": "classes" in traits,
        "numbers": "amounts" in traits,
        "probabilities": "probabilities" in traits and probabilities,
        "two features": len(contract.features) > 1,
        "date": date,
        "key": keyed,
        "no key": not keyed,
        "model": False,
    }
    return {
        check.name: WHY[_lack(check.needs, contract)] for check in CHECKS[suite] if not given[check.needs]
    }


def _lack(need: Need, contract: Contract) -> Need:
    hopeless = need == "probabilities" and "probabilities" not in task_of(contract).traits(contract)
    return "classes" if hopeless else need


def check_blocking(
    rules: DeepchecksGates, impossible: Mapping[Suite, Mapping[str, str]] | None = None
) -> None:
    """Check that every name in `blocking` is a check that is asked and can fail.

    `impossible` holds, by suite, the checks that are left out with the reason. Raises PolicyError that names the key
    and close matches.
    """
    for name in rules.blocking:
        if refused := _refused(name, rules, impossible or {}):
            why, step = refused
            raise PolicyError(f"{KEY} names the check {name}, {why}.", next_step=step)


def _refused(
    name: str, rules: DeepchecksGates, impossible: Mapping[Suite, Mapping[str, str]]
) -> tuple[str, str] | None:
    """Return why a check cannot block, and what to do; None where it can."""
    homes = [(suite, check) for suite, checks in CHECKS.items() for check in checks if check.name == name]
    if not homes:
        able = [check.name for suite in rules.suites for check in CHECKS[suite] if check.condition]
        return "and deepchecks has none of that name", instead(name, able)
    ((home, check),) = homes
    out = f"take {name} out of {KEY}"
    if home not in rules.suites:
        return (
            f"which is in the suite {home}, and that is not run",
            f"add {home} to gates.deepchecks.suites, or {out}",
        )
    if not check.condition:
        return "which shows something and never fails", out
    why = impossible.get(home, {}).get(name) or (WHY["model"] if check.needs == "model" else "")
    return (f"which cannot be asked here: {why}", out) if why else None
