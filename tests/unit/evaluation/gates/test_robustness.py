from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trunkline.core.gate import gates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.case import Case

RULE = {"name": "skill-up", "column": "skill", "add": 0.5, "expect": "not-lower"}


@pytest.fixture
def ask(case: Callable[..., Case]) -> Callable[..., tuple[Verdict, ...]]:
    def asked(**rules: Any) -> tuple[Verdict, ...]:
        asked_about = case(robustness=rules)
        return tuple(verdict for gate in gates("robustness") for verdict in gate().verdicts(asked_about))

    return asked


def test_a_healthy_model_passes_every_question(ask: Callable[..., tuple[Verdict, ...]]) -> None:
    verdicts = ask(metamorphic=[RULE])

    assert {verdict.gate: verdict.outcome for verdict in verdicts} == {
        "robustness/row-order": "pass",
        "robustness/unseen": "pass",
        "robustness/missing": "pass",
        "robustness/noise": "pass",
        "robustness/metamorphic:skill-up": "pass",
    }
    for verdict in verdicts:
        assert verdict.question
        assert verdict.reason
        assert verdict.figures


def test_asking_twice_gives_the_same(ask: Callable[..., tuple[Verdict, ...]]) -> None:
    assert ask(metamorphic=[RULE]) == ask(metamorphic=[RULE])


def test_a_question_that_the_policy_leaves_out_is_not_asked(ask: Callable[..., tuple[Verdict, ...]]) -> None:
    assert ask(row_order=False, unseen=False, missing=None, noise=None) == ()
    assert [verdict.gate for verdict in ask(row_order=False, unseen=False, missing=None)] == [
        "robustness/noise"
    ]
