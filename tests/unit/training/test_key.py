from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.policy.policy import Policy
from trunkline.training import KeyParts
from trunkline.training.key import policy_digest

PARTS = KeyParts(code="a", policy="b", lock="c", toolkit="d", snapshot="e")


def policy(**changed: Any) -> Policy:
    return Policy.model_validate({"name": "m", "package": "m"} | changed)


@pytest.mark.parametrize("part", ["code", "policy", "lock", "toolkit", "snapshot"])
def test_every_part_changes_the_key(part: str) -> None:
    assert PARTS.model_copy(update={part: "other"}).key != PARTS.key


def test_the_same_parts_give_the_same_key() -> None:
    assert KeyParts.from_dict(PARTS.to_dict(), origin="test").key == PARTS.key
    assert PARTS.key.startswith("sha256:")


@pytest.mark.parametrize(
    "changed",
    [
        {"training": {"candidates": ["forest"]}},
        {"training": {"search": {"iterations": 9}}},
        {"training": {"search": {"seed": 8}}},
        {"data": {"split": {"seed": 8}}},
        {"training": {"mitigation": {"method": "threshold-optimizer"}}},
        {"training": {"mitigation": {"attribute": "sex"}}},
        {"training": {"threshold": {"value": 0.3}}},
        {"training": {"threshold": {"metric": "f1"}}},
        {"training": {"mitigation": {"constraint": "equalized-odds"}}},
    ],
)
def test_what_changes_the_model_changes_the_policy_s_digest(changed: dict[str, Any]) -> None:
    assert policy_digest(policy(**changed)) != policy_digest(policy())


@pytest.mark.parametrize(
    "changed",
    [
        {"training": {"search": {"jobs": 1}}},
        {"training": {"watts_per_core": 25}},
        {"training": {"compute": "tcp://127.0.0.1:8786"}},
        {"serving": {"maximum_rows": 9}},
        {"owner": "someone"},
        {"training": {"threshold": None}},
    ],
)
def test_what_does_not_change_the_model_leaves_it(changed: dict[str, Any]) -> None:
    assert policy_digest(policy(**changed)) == policy_digest(policy())


def test_a_threshold_that_there_is_not_leaves_the_key_as_it_was_before_there_could_be_one() -> None:
    assert "threshold" not in policy().training.model_dump(mode="json")
