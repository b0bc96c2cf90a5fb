"""Metamorphic tests: a change of the inputs whose effect on the answer is known without knowing the outcome.

Method: Chen, Cheung and Yiu (1998), Metamorphic testing; Ribeiro et al. (2020), Beyond Accuracy: CheckList.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError, instead
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import Metamorphic, RobustnessGates
from trunkline.core.raised import raised
from trunkline.core.verdicts import Verdict
from trunkline.measure.limit import Limit
from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import counted
from trunkline.measure.wording import between, number
from trunkline.measure.worth import share_interval
from trunkline.tasks import task_of

from ..case import Case
from ..performance.figures import FEWEST
from ..robustness.asking import REACHES_BACK, ROUNDING, finite_answers, sampled, taken
from ..robustness.changes import change_words, changed, check_change
from ..scored import pair_scored

EXPECTED = {
    "same": "leaves the answer as it is",
    "not-higher": "never raises the answer",
    "not-lower": "never lowers the answer",
}


class MetamorphicTest(Gate[Case]):
    """The declared change is made to every test row that stays within the contract; the share of rows whose
    answer breaks the expectation by more than the tolerance, with Wilson's interval (where users repeat, of as
    many rows as theirs are worth).

    Pass: No more rows break it than allowed.
    Fail: More do, with the whole interval.
    Inconclusive: Only the point lies beyond what is allowed, which does not stop a release; or no row can be
    changed.
    Advice: Constrain the model (monotonic_cst of gradient boosting), drop or transform the column, give it more rows
    of both kinds, look for wrong rows that taught it otherwise; or, if the expectation is wrong, correct it.
    Source: Chen, Cheung and Yiu (1998), Metamorphic testing; Ribeiro et al. (2020), Beyond accuracy: CheckList;
    Wilson (1927), JASA 22.
    """

    name = "robustness/metamorphic:{name}"
    question = "Does the answer move as it must when one input changes?"
    keys = ("gates.robustness.metamorphic",)

    def verdicts(self, case: Case) -> Iterable[Verdict]:
        for rule in case.policy.gates.robustness.metamorphic:
            yield self.judge(case, rule)

    def judge(self, case: Case, rule: Metamorphic) -> Verdict:
        """Answer in which share of the rows the change breaks what is expected of it, with Wilson's interval.

        The answer is the positive probability, or the number predicted; the label where there is no such probability,
        and where one of many classes must stay the same; a list as a whole.
        Only rows that the change moves and leaves within the contract are asked.
        """
        said, limit, contract = change_words(rule), Limit(rule.violations), case.contract
        answer = partial(
            self.answer,
            gate=f"robustness/metamorphic:{rule.name}",
            question=f"Is it so that {said} {EXPECTED[rule.expect]}?",
            threshold=limit.value,
        )
        test = sampled(case.test)
        change = changed(test.frame[rule.column], contract.column(rule.column), rule)
        rows, outside = int(change.moved.sum()), int(change.outside.sum())
        left = f" {outside:,} rows would leave the contract and were not asked." if outside else ""
        if not rows:
            reason = f"None of {len(test.frame):,} rows can be asked with {said}.{left}"
            return answer("inconclusive", reason, advice="Choose a smaller change, or other values.")
        before = taken(test, np.flatnonzero(change.moved))
        try:
            after = finite_answers(
                case.ask, before.frame.assign(**{rule.column: change.values[change.moved]})
            )
        except Exception as error:
            reason = f"{rows:,} rows with {said} got no answer: {raised(error)}."
            return answer("fail", reason, advice="Make the model answer every row that the contract allows.")
        pair = pair_scored(before, contract, other=after), pair_scored(after, contract, other=before)
        rises, users = task_of(contract).rise(*pair, directed=rule.expect != "same"), pair[0].users
        excess = beyond(rises, pair[0], rule)
        broken, span = int((excess > 0).sum()), share_interval(excess > 0, users)
        share = Figure(name="violations", value=broken / rows, rows=rows, interval=span)
        largest = Figure(name="largest_change", value=float(rises[np.argmax(excess)]), rows=rows)
        outcome = limit.outcome(share)
        thin = rows < FEWEST and outcome == "pass"
        reason = (
            f"With {said}, {broken:,} of {counted(rows, users)} break it: {number(share.value)} ({between(span)}); at "
            f"most {number(limit.value)} may, and a change of {rule.tolerance:g} counts as none."
            + (f" The worst change is {number(largest.value)}." if broken else "")
            + left
        )
        if thin:
            outcome = "inconclusive"
            reason += f" Fewer than {FEWEST} rows say little."
        elif outcome == "inconclusive":
            reason += REACHES_BACK
        # Rows that may or may not be too many must not hold a release up.
        return answer(outcome, reason, blocking=outcome != "inconclusive", figures=(share, largest))


def check_metamorphic(policy: RobustnessGates, contract: Contract) -> None:
    """Check that every metamorphic test changes a feature in a way that the contract allows.

    Raises PolicyError that names the key `gates.robustness.metamorphic.<i>` and close matches.
    """
    for place, rule in enumerate(policy.metamorphic):
        key = f"gates.robustness.metamorphic.{place}"
        column = _feature(rule.column, contract, f"{key}.column")
        check_change(rule, column, f"{key}.column")
        if rule.expect != "same" and "directed" not in task_of(contract).traits(contract):
            raise PolicyError(
                f"{key}.expect is {rule.expect}, and the outcome {contract.outcome.name} has no positive class to be "
                "higher or lower.",
                next_step="set it to same, or name the positive outcome in the contract",
            )


def beyond(rise: Array, before: Paired, rule: Metamorphic) -> Array:
    """Return by how much each answer goes beyond what is expected; not above zero where it does not."""
    size = np.abs(before.labels) if "amounts" in before.traits else np.zeros(len(rise))
    wrong = {"same": np.abs(rise), "not-higher": rise, "not-lower": -rise}[rule.expect]
    return np.asarray(wrong - rule.tolerance - ROUNDING * np.maximum(1.0, size))


def _feature(name: str, contract: Contract, key: str) -> Column:
    features = [column.name for column in contract.features]
    column = next((column for column in contract.columns if column.name == name), None)
    if column is not None and column.role is Role.FEATURE:
        return column
    if column is None:
        raise PolicyError(
            f"{key} is {name}, and the contract has no such column.", next_step=instead(name, features)
        )
    if column.role is Role.AUDIT:
        raise PolicyError(
            f"{key} is {name}, which has the role audit: the model does not see it, so no change of it can change an "
            "answer.",
            next_step="ask the fairness gates about it, or change a feature that may stand in for it",
        )
    raise PolicyError(
        f"{key} is {name}, which has the role {column.role.value}: it is no feature.",
        next_step=f"use one of {', '.join(features)}",
    )
