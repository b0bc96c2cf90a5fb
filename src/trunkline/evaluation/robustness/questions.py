"""Robustness: what must not change an answer, or not by much."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.gates import RobustnessGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.metrics import Metrics

from ..scored import Scored
from .asking import Ask
from .metamorphic import check_metamorphic, metamorphic_verdict
from .perturbation import Yardstick, missing_verdict, noise_verdict
from .row_order import row_order_verdict
from .unseen import unseen_verdict


def robustness_verdicts(
    ask: Ask,
    test: Scored,
    contract: Contract,
    policy: RobustnessGates,
    *,
    metric: str,
    metrics: Metrics,
    train_frame: pd.DataFrame | None,
    resamples: int,
    seed: int,
    progress: Callable[[str], None],
) -> tuple[Verdict, ...]:
    """Return the verdict of every question about robustness that the policy asks.

    `test` holds what `ask` answers to the test rows; what training had is read from `train_frame`, from the test rows
    without it. Raises PolicyError when a metamorphic test does not fit the contract.
    """
    check_metamorphic(policy, contract)
    verdicts = []
    by = Yardstick(metric, policy.fall, metrics, resamples, seed)
    if policy.row_order:
        progress("asking the same rows in other ways")
        verdicts.append(row_order_verdict(ask, test.frame, contract))
    if policy.unseen:
        progress("asking values that training never had")
        verdicts.append(
            unseen_verdict(ask, test.frame, contract, test.frame if train_frame is None else train_frame)
        )
    if policy.missing is not None:
        progress("asking with values taken away")
        verdicts.append(missing_verdict(ask, test, contract, policy.missing, by))
    if policy.noise is not None:
        progress("asking with noise on numbers")
        verdicts.append(noise_verdict(ask, test, contract, policy.noise, by))
    for rule in policy.metamorphic:
        progress(f"asking the metamorphic test {rule.name}")
        verdicts.append(metamorphic_verdict(ask, test, contract, rule))
    return tuple(verdicts)
