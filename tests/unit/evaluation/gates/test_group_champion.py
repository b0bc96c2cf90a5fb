from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trunkline.core.errors import DataError
from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.group_champion import GroupChampion
from trunkline.measure.paired import Array, Paired

RULES = FairnessGates()
SEX = np.tile(["sex=Female", "sex=Male"], 200)
TRUTH = np.tile([0, 0, 1, 1], 100)
ERROR = np.random.default_rng(0).normal(size=400)


def ask(
    challenger: Paired,
    champion: Paired | None,
    rules: FairnessGates = RULES,
    groups: Array = SEX,
    attribute: str = "sex",
) -> Verdict | None:
    masks = {str(name): groups == name for name in sorted(set(groups))}
    asked = Audit(attribute, masks, challenger, rules, champion)
    return next(iter(GroupChampion().verdicts(asked)), None)


def wrong(shares: dict[str, float], groups: Array = SEX) -> Paired:
    """Answer this share of each group wrongly."""
    answers = TRUTH.copy()
    for name, share in shares.items():
        place = np.flatnonzero(groups == name)[: round(share * (groups == name).sum())]
        answers[place] = 1 - answers[place]
    return Paired(TRUTH, answers, None, ("No", "Yes"), 1)


def errors(scale: Array | float) -> Paired:
    return Paired(np.zeros(400), ERROR * scale, None)


def test_a_group_that_fares_worse_is_red_though_the_whole_does_not() -> None:
    champion = wrong({"sex=Female": 0.1, "sex=Male": 0.4})
    challenger = wrong({"sex=Female": 0.35, "sex=Male": 0.1})

    verdict = ask(challenger, champion)

    assert verdict is not None
    assert (verdict.gate, verdict.outcome, verdict.stops) == ("fairness/sex/champion", "fail", True)
    assert verdict.threshold == -0.1
    assert [(figure.group, round(figure.value, 6)) for figure in verdict.figures] == [
        ("sex=Female", -0.25),
        ("sex=Male", 0.3),
    ]
    assert "rows of sex=Female that only the champion answers well" in verdict.advice


def test_a_loss_that_may_be_chance_stops_nothing() -> None:
    verdict = ask(wrong({"sex=Female": 0.23}), wrong({"sex=Female": 0.1}))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)
    assert "may be chance" in verdict.reason


@pytest.mark.parametrize("share", [0.1, 0.15])
def test_a_challenger_that_is_no_worse_than_the_margin_passes(share: float) -> None:
    verdict = ask(wrong({"sex=Female": share}), wrong({"sex=Female": 0.1}))

    assert verdict is not None
    assert verdict.outcome == "pass"


def test_the_same_answers_are_no_proof_in_a_small_group() -> None:
    groups = np.array(["sex=X"] * 30 + ["sex=Male"] * 370)

    verdict = ask(wrong({}), wrong({}), groups=groups)

    assert verdict is not None
    spans = {figure.group: figure.interval for figure in verdict.figures}
    assert spans["sex=X"] is not None
    assert spans["sex=X"].low < -0.05
    assert verdict.outcome == "pass"


def test_what_may_be_chance_stops_where_the_policy_says_so() -> None:
    verdict = ask(wrong({"sex=Female": 0.23}), wrong({"sex=Female": 0.1}), FairnessGates(undecided="stop"))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)


def test_groups_that_are_too_small_are_left_out_and_named() -> None:
    groups = np.array(["sex=X"] * 20 + ["sex=Male"] * 380)

    verdict = ask(wrong({"sex=X": 1.0}, groups), wrong({}), groups=groups)

    assert verdict is not None
    assert (verdict.outcome, verdict.stops, len(verdict.figures)) == ("inconclusive", False, 1)
    assert "sex=X (20)" in verdict.reason


def test_where_every_group_is_too_small_nothing_is_known() -> None:
    verdict = ask(wrong({}), wrong({}), FairnessGates(minimum_group=201))

    assert verdict is not None
    assert (verdict.outcome, verdict.figures) == ("inconclusive", ())


def test_a_regression_that_errs_more_on_one_group_than_the_champion_is_red() -> None:
    verdict = ask(errors(np.where(SEX == "sex=Female", 1.5, 0.9)), errors(1.0))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    worst = verdict.figures[0]
    assert (worst.name, worst.group, round(worst.value, 6)) == (
        "relative_error_reduction",
        "sex=Female",
        -0.5,
    )


def test_a_regression_whose_errors_moved_by_chance_stops_nothing() -> None:
    moved = np.abs(ERROR[::-1]) * np.where(SEX == "sex=Female", 1.2, 1.0)

    verdict = ask(Paired(np.zeros(400), moved, None), errors(1.0))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)


def test_a_regression_that_errs_less_passes() -> None:
    verdict = ask(errors(0.8), errors(1.0))

    assert verdict is not None
    assert verdict.outcome == "pass"
    assert verdict.figures[0].value == pytest.approx(0.2)


def test_a_champion_without_errors_cannot_be_compared_by_shares() -> None:
    perfect = errors(np.where(SEX == "sex=Female", 0.0, 1.0))

    worse, same = ask(errors(1.0), perfect), ask(perfect, perfect)

    assert worse is not None
    assert same is not None
    assert (worse.outcome, worse.stops, same.outcome) == ("fail", True, "pass")
    assert "makes no error in these groups, and the challenger's, negative, is -" in worse.reason
    assert ("difference:neg_mean_absolute_error", "sex=Female") in {
        (one.name, one.group) for one in worse.figures
    }


def test_a_challenger_that_is_always_off_where_the_champion_never_errs_is_red() -> None:
    off = Paired(np.zeros(400), np.full(400, 0.9), None)

    verdict = ask(off, Paired(np.zeros(400), np.zeros(400), None))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "sex=Female" in verdict.advice


def test_a_single_error_where_the_champion_has_none_may_be_chance() -> None:
    slip = np.where(np.arange(400) == 0, 5.0, 0.0)
    answers = Paired(np.zeros(400), slip, None), Paired(np.zeros(400), np.zeros(400), None)

    told, stopped = ask(*answers), ask(*answers, FairnessGates(undecided="stop"))

    assert told is not None
    assert stopped is not None
    assert (told.outcome, told.stops) == ("inconclusive", False)
    assert (stopped.outcome, stopped.stops) == ("inconclusive", True)
    assert "may be chance" in told.reason


def test_many_groups_are_listed_with_the_worst_first() -> None:
    groups = np.array([f"age={number}" for number in range(10)] * 40)

    verdict = ask(wrong({"age=7": 0.05}, groups), wrong({}), groups=groups, attribute="age")

    assert verdict is not None
    assert "less champion, of which at least -0.100 is asked: -0.050 in age=7" in verdict.reason
    assert "more in 6 other groups" in verdict.reason


def test_without_a_champion_or_a_margin_it_is_not_asked() -> None:
    assert ask(wrong({}), None) is None
    assert ask(wrong({}), wrong({}), FairnessGates(champion_margin=None)) is None


def test_a_champion_that_answered_other_rows_is_refused() -> None:
    other = Paired(1 - TRUTH, TRUTH, None, ("No", "Yes"), 1)

    with pytest.raises(DataError, match="rows"):
        ask(wrong({}), other)


def test_a_group_of_a_single_user_has_no_bounds() -> None:
    users = np.where(SEX == "sex=Female", 0, np.arange(400))
    ours, theirs = (
        replace(one, users=np.unique(users, return_inverse=True)[1]) for one in (errors(1.5), errors(1.0))
    )

    verdict = ask(ours, theirs)

    assert verdict is not None
    spans = {figure.group: figure.interval for figure in verdict.figures}
    assert spans["sex=Female"] is None
    assert spans["sex=Male"] is not None
