"""The licence that is answered stands in the policy, as Hugging Face spells it, for the card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trunkline.core.policy.reading import read_policy


@pytest.mark.parametrize(
    ("answer", "spelt"), [("Proprietary", "other"), ("Apache-2.0", "apache-2.0"), ("MIT", "mit")]
)
def test_the_licence_answered_is_the_cards(render: Callable[..., Any], answer: str, spelt: str) -> None:
    assert read_policy(render(license=answer).project / "trunkline.yaml").license == spelt
