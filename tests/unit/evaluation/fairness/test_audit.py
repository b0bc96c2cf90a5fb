from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.disparity import Disparity
from trunkline.measure.by_group import Values
from trunkline.measure.limit import Limit
from trunkline.measure.paired import Paired

CODES = np.tile([0, 1], 50)
MASKS = {"sex=Female": CODES == 0, "sex=Male": CODES == 1}


def audit(attribute: str = "sex", classes: tuple[str, ...] = ("No", "Yes"), minimum: int = 30) -> Audit:
    rows = Paired(CODES, CODES, None, classes, 1 if classes else None)
    return Audit(attribute, MASKS, rows, FairnessGates(minimum_group=minimum))


def figure(value: float, low: float, high: float) -> Figure:
    return Figure(name="gap", value=value, rows=100, interval=Interval(low=low, high=high))


class Gap(Disparity):
    """A gap. Advice: None."""

    name = "fairness/{attribute}/gap"
    question = "Is it so?"
    limit, what = "error_rate_difference", "gap"

    def measured(self, audit: Audit) -> tuple[Values, ...]:
        return ()

    def remedy(self, audit: Audit) -> str:
        return "Mend it."


def ask(total: Figure, asked: Audit | None = None, *, incomplete: str = "") -> Verdict:
    return Gap().said(asked or audit(), total, facts="Rates: many.", incomplete=incomplete)


def test_within_the_limit_passes_though_the_interval_reaches_over_it() -> None:
    verdict = ask(figure(0.15, 0.05, 0.25))

    assert (verdict.outcome, verdict.blocking, verdict.advice) == ("pass", True, "")


def test_wholly_beyond_the_limit_is_red() -> None:
    verdict = ask(figure(0.3, 0.21, 0.4))

    assert (verdict.outcome, verdict.stops, verdict.advice) == ("fail", True, "Mend it.")


def test_beyond_the_limit_by_what_may_be_chance_stops_nothing_and_says_what_would_decide() -> None:
    verdict = ask(figure(0.3, 0.1, 0.5))

    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)
    assert "about 4 times as many test rows would decide" in verdict.reason
    assert "Gather more test rows" in verdict.advice


@pytest.mark.parametrize(("attribute", "stops"), [("sex", True), ("colour & sex", False)])
def test_what_rows_leave_open_is_held_up_of_one_attribute_where_the_policy_says_so(
    attribute: str, stops: bool
) -> None:
    strict = replace(audit(attribute), policy=FairnessGates(undecided="stop"))
    verdict = ask(figure(0.3, 0.1, 0.5), strict)

    assert (verdict.outcome, verdict.stops) == ("inconclusive", stops)


def test_a_part_that_could_not_be_compared_is_no_pass() -> None:
    verdict = ask(figure(0.1, 0.05, 0.15), incomplete="One rate is missing.")

    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)
    assert verdict.reason.endswith("One rate is missing. Rates: many.")


def test_a_part_that_could_not_be_compared_hides_no_failure() -> None:
    assert ask(figure(0.3, 0.25, 0.4), incomplete="One rate is missing.").outcome == "fail"


def test_the_remedy_names_the_policy_line_that_switches_mitigation_on() -> None:
    remedy = audit().remedy("equalized-odds")

    assert "`training.mitigation`" in remedy
    assert "threshold-optimizer or exponentiated-gradient, attribute sex, constraint equalized-odds" in remedy
    assert "attribute colour or sex, one at a time, constraint" in audit("colour & sex").remedy(
        "equalized-odds"
    )


@pytest.mark.parametrize("classes", [(), ("apple", "pear", "plum")])
def test_no_mitigation_is_named_that_the_model_cannot_have(classes: tuple[str, ...]) -> None:
    assert "mitigation" not in audit(classes=classes).remedy("demographic-parity")


def test_whole_groups_that_are_too_small_stop_a_release_and_crossings_do_not() -> None:
    single, crossed = (
        Gap().too_few(audit(name, minimum=60), "?", Limit(0.2)) for name in ("sex", "colour & sex")
    )

    assert (single.outcome, single.stops) == ("inconclusive", True)
    assert (crossed.outcome, crossed.stops) == ("inconclusive", False)
    assert "sex=Female (50), sex=Male (50)" in single.reason


def test_too_few_rows_of_an_outcome_in_groups_that_are_large_stop_nothing() -> None:
    rare = np.arange(100) < 10

    verdict = Gap().too_few(audit(), "?", Limit(0.2), rare)

    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)
    assert "such rows" in verdict.reason
