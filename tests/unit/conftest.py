"""Small contracts and a policy, which the unit tests of several rooms ask."""

from __future__ import annotations

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.policy import Policy


@pytest.fixture
def contract() -> Contract:
    """Return a contract with two classes, one of them positive."""
    return Contract(
        name="release",
        columns=(
            Column(name="skill", type="number"),
            Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
        ),
        positive="Yes",
    )


@pytest.fixture
def many() -> Contract:
    """Return a contract with an outcome of three classes."""
    return Contract(
        name="fruit",
        columns=(
            Column(name="weight", type="number"),
            Column(name="kind", type="category", role=Role.OUTCOME, categories=("apple", "pear", "plum")),
        ),
    )


@pytest.fixture
def regression() -> Contract:
    """Return a contract whose outcome is a number."""
    return Contract(
        name="rent",
        columns=(Column(name="size", type="number"), Column(name="price", type="number", role=Role.OUTCOME)),
    )


@pytest.fixture
def policy() -> Policy:
    """Return a policy with two floors."""
    return Policy.model_validate(
        {
            "name": "release",
            "package": "release",
            "gates": {"performance": {"floors": {"roc_auc": 0.75, "accuracy": 0.7}, "resamples": 200}},
        }
    )
