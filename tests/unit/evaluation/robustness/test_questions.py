from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import RobustnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.robustness.questions import robustness_verdicts

RULE = {"name": "skill-up", "column": "skill", "add": 0.5, "expect": "not-lower"}


@pytest.fixture
def ask(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> Callable[..., tuple[Verdict, ...]]:
    def asked(**policy: Any) -> tuple[Verdict, ...]:
        return robustness_verdicts(
            answer,
            answer(rows(300)),
            contract,
            RobustnessGates.model_validate(policy),
            metric="roc_auc",
            metrics={},
            train_frame=rows(300, 1),
            resamples=200,
            seed=7,
            progress=said.append,
        )

    said: list[str] = []
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


def test_a_test_that_does_not_fit_the_contract_stops_before_any_work(
    ask: Callable[..., tuple[Verdict, ...]],
) -> None:
    with pytest.raises(PolicyError, match=r"gates\.robustness\.metamorphic\.0\.column"):
        ask(metamorphic=[RULE | {"column": "size"}])
