"""Which checks there are, which are asked, and which may block."""

from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import DeepchecksGates, Suite
from trunkline.evaluation.deepchecks import CHECKS, check_blocking, left_out


def rules(*blocking: str, **keys: Any) -> DeepchecksGates:
    """Return a policy with these blocking checks."""
    return DeepchecksGates(blocking=blocking, **keys)


def test_no_check_is_in_two_suites() -> None:
    names = [check.name for checks in CHECKS.values() for check in checks]
    assert len(names) == len(set(names)) == 35


def test_a_check_that_can_fail_may_block() -> None:
    check_blocking(rules("Data Duplicates", "Feature Drift", "Simple Model Comparison"))


def test_a_misspelt_check_is_named_with_close_matches() -> None:
    with pytest.raises(PolicyError, match="Data Duplicate,") as caught:
        check_blocking(rules("Data Duplicate"))
    assert caught.value.what.startswith("gates.deepchecks.blocking")
    assert "Data Duplicates" in caught.value.next_step


def test_small_letters_are_close_enough_to_be_proposed() -> None:
    with pytest.raises(PolicyError) as caught:
        check_blocking(rules("feature drift"))
    assert caught.value.next_step.startswith("use Feature Drift")


def test_a_check_like_no_other_gets_the_whole_list() -> None:
    with pytest.raises(PolicyError) as caught:
        check_blocking(rules("xyz", suites=("train-test-validation",)))
    assert "Label Drift" in caught.value.next_step
    assert "Data Duplicates" not in caught.value.next_step


def test_a_check_of_a_suite_that_is_not_run_is_refused() -> None:
    with pytest.raises(PolicyError, match="train-test-validation, and that is not run"):
        check_blocking(rules("Feature Drift", suites=("data-integrity",)))


@pytest.mark.parametrize("name", ["Outlier Sample Detection", "Confusion Matrix Report", "Calibration Score"])
def test_a_check_that_never_fails_cannot_block(name: str) -> None:
    with pytest.raises(PolicyError, match="never fails"):
        check_blocking(rules(name))


@pytest.mark.parametrize("name", ["Unused Features", "Model Inference Time"])
def test_a_check_that_is_never_asked_cannot_block(name: str) -> None:
    with pytest.raises(PolicyError, match="cannot be asked here"):
        check_blocking(rules(name))


def test_a_check_that_this_model_cannot_be_asked_cannot_block(contract: Contract) -> None:
    name = "Date Train Test Leakage Overlap"
    check_blocking(rules(name))
    with pytest.raises(PolicyError, match="needs a temporal split"):
        check_blocking(rules(name), {"train-test-validation": left_out("train-test-validation", contract)})


def test_a_regression_is_not_asked_about_classes(regression: Contract) -> None:
    assert "Conflicting Labels" in left_out("data-integrity", regression)
    assert "New Label Train Test" in left_out("train-test-validation", regression)
    asked = left_out("model-evaluation", regression)
    assert {"Roc Report", "Confusion Matrix Report", "Calibration Score"} <= set(asked)
    assert asked["Roc Report"] == asked["Confusion Matrix Report"]
    assert "Regression Error Distribution" not in asked


def test_a_classification_is_asked_about_classes(contract: Contract) -> None:
    assert set(left_out("model-evaluation", contract)) == {
        "Regression Error Distribution",
        "Unused Features",
        "Boosting Overfit",
        "Model Inference Time",
    }


def test_labels_without_probabilities_are_not_asked_for_curves(contract: Contract) -> None:
    asked = left_out("model-evaluation", contract, probabilities=False)
    assert asked["Roc Report"] == "the model gives no probabilities"


def test_dates_are_asked_about_when_there_are_any(contract: Contract) -> None:
    assert "Identifier Label Correlation" in left_out("data-integrity", contract)
    assert not left_out("data-integrity", contract, date=True)
    assert set(left_out("train-test-validation", contract, date=True)) == {"Index Train Test Leakage"}


def test_rows_with_keys_are_told_apart_by_them(contract: Contract) -> None:
    key = Column(name="id", type="integer", role=Role.KEY)
    keyed = contract.model_copy(update={"columns": (key, *contract.columns)})
    suite: Suite = "train-test-validation"
    assert "Train Test Samples Mix" in left_out(suite, keyed, date=True)
    assert "Index Train Test Leakage" not in left_out(suite, keyed, date=True)


def test_one_feature_is_not_compared_with_another(contract: Contract) -> None:
    (skill, *_), outcome = contract.features, contract.outcome
    alone = Contract(name="one", columns=(Column(name=skill.name, type="number"), outcome), positive="Yes")
    assert "Feature Feature Correlation" in left_out("data-integrity", alone)
    assert "Weak Segments Performance" in left_out("model-evaluation", alone)
