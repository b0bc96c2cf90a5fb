"""Numbers as answers: with numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import ContractError
from trunkline.inputs import input_of
from trunkline.measure.paired import Array, Paired
from trunkline.measure.traits import Trait
from trunkline.measure.users import Users

from ..answers import Answers, Apart, floats, incomparable
from ..losses import Losses
from ..outcome import require_answers
from ..single import Single
from ..task import Outputs, Watched


class Regression(Single):
    """The answer is a number; its metrics, in numpy, are those of `measure.regression`."""

    name = "regression"
    judging = "trunkline.tasks.regression.judging:RegressionJudging"
    outcomes = "trunkline.tasks.regression.outcomes:Amounts"
    tag = "tabular-regression"
    tensors = 1
    repeats = False
    grouped = ()
    unasked = frozenset({"data/label-shift", "performance/calibration", "performance/class-recall"})

    def schema(self, contract: Contract) -> dict[str, dict[str, Any]]:
        """Return a number, and no probabilities."""
        return {"prediction": {"type": "number"}, "probabilities": {"type": "null"}}

    def checked(
        self,
        raw: Sequence[Any],
        rows: int,
        *,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
    ) -> Answers:
        """Return the first output as one finite number a row."""
        numbers = floats(raw[0]).reshape(-1)
        if numbers.shape != (rows,) or not np.isfinite(numbers).all():
            raise ValueError(f"{rows} finite numbers")
        return Answers(numbers)

    def raw(self, answers: Answers) -> list[Any]:
        """Return the numbers."""
        return [answers.predictions.tolist()]

    def outputs(self, answers: Answers, contract: Contract) -> list[dict[str, Any]]:
        """Return each number under `prediction`."""
        return [{"prediction": number} for number in answers.predictions.tolist()]

    def answers(self, outputs: Sequence[Outputs], contract: Contract) -> Answers:
        """Return logged numbers."""
        return Answers(np.array([float(one["prediction"]) for one in outputs], dtype=np.float64))

    def apart(self, expected: Answers, found: Answers, *, least: float | None = None) -> Apart:
        """Return relative differences, near zero against `least`, or a thousandth of the largest value."""
        one, two = (np.asarray(side.predictions, dtype=np.float64) for side in (expected, found))
        if len(one) != len(two):
            return incomparable(len(one))
        if not len(one):
            return Apart(np.zeros(0, dtype=bool), np.zeros(0))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            # Near zero a relative difference says nothing.
            floor = max(1e-3 * float(np.abs(one).max()), 1e-12) if least is None else least
            size = np.maximum(np.abs(one), floor)
            distance = np.abs(one - two) / size
        return Apart(np.zeros(len(one), dtype=bool), np.where(np.isnan(distance), np.inf, distance))

    def check(self, contract: Contract) -> None:
        """Raise ContractError unless it is a number."""
        if not input_of(contract.outcome).quantity:
            raise ContractError(
                f"{contract.outcome.name}: a regression answers numbers.", next_step="use int or float"
            )

    def traits(self, contract: Contract) -> frozenset[Trait]:
        """Return amounts."""
        return frozenset({"amounts", "directed"})

    def sides(self, contract: Contract) -> tuple[str, str] | None:
        """Return None."""
        return None

    def pair(
        self,
        truth: Array,
        answers: Answers,
        contract: Contract,
        *,
        known: Sequence[str] = (),
        users: Users | None = None,
    ) -> Paired:
        """Return both as float64."""
        require_answers(len(truth), len(answers))
        said = np.asarray(answers.predictions, dtype=np.float64)
        return Paired(np.asarray(truth, dtype=np.float64), said, None, users=users, task=self.name)

    def standard(self, paired: Paired) -> tuple[str, ...]:
        """Return the usual metrics of numbers."""
        return "r2", "neg_mean_absolute_error", "neg_root_mean_squared_error"

    def sample(self, contract: Contract, *, classes: int = 0) -> Paired:
        """Return eight positive numbers, some of them answered wrongly."""
        truth = np.arange(1.0, 9.0)
        return Paired(truth, truth[[0, 2, 1, 3, 5, 4, 6, 7]], None, task=self.name)

    def ideal(self, paired: Paired) -> Paired:
        """Return the truth as answers."""
        return replace(paired, labels=paired.truth)

    def baseline(self, paired: Paired, train: Paired) -> Paired:
        """Return the mean as every answer."""
        return replace(paired, labels=np.full(paired.rows, train.truth.mean()))

    def rise(self, before: Paired, after: Paired, *, directed: bool) -> Array:
        """Return the differences."""
        return np.asarray(after.labels - before.labels)

    def losses(self, paired: Paired, train: Paired | None) -> Losses:
        """Return absolute errors."""
        model, flat = (
            np.abs(paired.truth - side.labels) for side in (paired, self.baseline(paired, train or paired))
        )
        return Losses("absolute error", model, flat, model, False, paired.users)

    def watched(self, answers: Answers, contract: Contract) -> Watched:
        """Return the numbers as scores."""
        return Watched(None, np.asarray(answers.predictions, dtype=np.float64))
