from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.disparities import DemographicParity
from trunkline.measure.paired import Array, Paired

RULES = FairnessGates()
SEX = np.array(["sex=Female", "sex=Male"] * 200)


def ask(
    answers: Array, groups: Array = SEX, rules: FairnessGates = RULES, *, attribute: str = "sex"
) -> Verdict | None:
    rows = Paired(np.tile([0, 1], len(answers) // 2), answers.astype(int), None, ("No", "Yes"), 1)
    masks = {str(name): groups == name for name in sorted(set(groups))}
    return next(iter(DemographicParity().verdicts(Audit(attribute, masks, rows, rules))), None)


def share(groups: Array, chances: dict[str, float]) -> Array:
    """Select exactly this share of each group."""
    answers = np.zeros(len(groups), dtype=bool)
    for name, chance in chances.items():
        place = np.flatnonzero(groups == name)
        answers[place[: round(chance * len(place))]] = True
    return answers


def test_a_share_below_the_limit_is_red_when_its_whole_interval_is() -> None:
    below = ask(share(SEX, {"sex=Female": 0.2, "sex=Male": 0.5}))
    perhaps = ask(share(SEX, {"sex=Female": 0.39, "sex=Male": 0.5}))
    above = ask(share(SEX, {"sex=Female": 0.4, "sex=Male": 0.5}))

    assert below is not None
    assert perhaps is not None
    assert above is not None
    assert (below.outcome, below.stops, above.outcome) == ("fail", True, "pass")
    assert (perhaps.outcome, perhaps.stops) == ("inconclusive", False)
    assert perhaps.figures[0].interval is not None
    assert perhaps.figures[0].interval.low < 0.78 < perhaps.figures[0].interval.high


def test_of_two_attributes_crossed_the_interval_decides() -> None:
    groups = np.array(["a & c", "a & d", "b & c", "b & d"] * 100)
    alike = {"a & c": 0.5, "a & d": 0.5, "b & c": 0.5}

    chance = ask(share(groups, alike | {"b & d": 0.39}), groups, attribute="x & y")
    planted = ask(share(groups, alike | {"b & d": 0.1}), groups, attribute="x & y")

    assert chance is not None
    assert planted is not None
    assert (chance.outcome, chance.stops) == ("inconclusive", False)
    assert "reaches back over the limit" in chance.reason
    assert (planted.outcome, planted.stops) == ("fail", True)
    assert planted.gate == "fairness/x & y/demographic-parity"
    assert planted.reason.startswith("Least over greatest share of Yes answers is 0.200")
    assert "0.100 in b & d (100 rows)" in planted.reason


@pytest.mark.parametrize(("attribute", "stops"), [("sex", True), ("age & sex", False)])
def test_a_model_that_selects_nobody_is_inconclusive(attribute: str, stops: bool) -> None:
    verdict = ask(np.zeros(400), attribute=attribute)

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", stops)


def test_a_model_that_selects_everybody_passes_with_a_warning() -> None:
    verdict = ask(np.ones(400))

    assert verdict is not None
    assert verdict.outcome == "pass"
    assert "Every row gets the answer Yes" in verdict.reason


def test_the_advice_says_that_equal_shares_may_cost_equal_odds_where_both_are_asked() -> None:
    biased = share(SEX, {"sex=Male": 0.6, "sex=Female": 0.1})

    both, alone = ask(biased), ask(biased, rules=FairnessGates(equalized_odds_difference=None))

    assert both is not None
    assert alone is not None
    assert "may fail equalized-odds" in both.advice
    assert "equalized-odds" not in alone.advice


def test_without_a_limit_it_is_not_asked() -> None:
    assert ask(np.ones(400), rules=FairnessGates(demographic_parity_ratio=None)) is None


def test_a_limit_of_zero_is_a_limit() -> None:
    verdict = ask(share(SEX, {"sex=Male": 0.5}), rules=FairnessGates(demographic_parity_ratio=0.0))

    assert verdict is not None
    assert (verdict.outcome, verdict.threshold) == ("pass", 0.0)
