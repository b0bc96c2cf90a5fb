from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import FairnessGates, Gates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.fairness.groups import groups
from trunkline.evaluation.judging import fairness_verdicts
from trunkline.evaluation.scored import pair_scored
from trunkline.measure.paired import Array, Paired

RULES = FairnessGates()
NOTHING = FairnessGates(
    demographic_parity_ratio=None,
    equalized_odds_difference=None,
    equal_opportunity_difference=None,
    error_rate_difference=None,
    calibration_difference=None,
    error_ratio=None,
    champion_margin=None,
)
SEX = np.tile(["Female", "Male"], 800)
COLOUR = np.tile(["Black", "Black", "White", "White"], 400)
TRUTH = np.tile([0, 0, 0, 0, 1, 1, 1, 1], 200)


def masks(colour: Array = COLOUR, sex: Array = SEX) -> dict[str, Mapping[str, Array]]:
    single = {
        "colour": {f"colour={name}": colour == name for name in sorted(set(colour))},
        "sex": {f"sex={name}": sex == name for name in sorted(set(sex))},
    }
    crossed = {
        f"{one} & {other}": mask & also
        for one, mask in single["colour"].items()
        for other, also in single["sex"].items()
    }
    return {**single, "colour & sex": crossed}


def paired(answers: Array, truth: Array = TRUTH, scores: Array | None = None) -> Paired:
    probabilities = None if scores is None else np.stack([1 - scores, scores], axis=1)
    return Paired(truth, answers.astype(int), probabilities, ("No", "Yes"), 1)


def ask(
    rows: Paired,
    rules: FairnessGates = RULES,
    by: Mapping[str, Mapping[str, Array]] | None = None,
    champion: Paired | None = None,
) -> dict[str, Verdict]:
    found = fairness_verdicts(rows, by or masks(), Gates(fairness=rules), champion=champion)
    return {verdict.gate.removeprefix("fairness/"): verdict for verdict in found}


def red(found: Mapping[str, Verdict]) -> set[str]:
    return {gate for gate, verdict in found.items() if verdict.outcome == "fail"}


def coins(chance: Array | float, seed: int = 2) -> Array:
    return np.asarray(np.random.default_rng(seed).uniform(size=len(TRUTH)) < chance)


HELD_BACK = (COLOUR == "Black") & (SEX == "Female")


def test_a_healthy_model_beside_its_champion_passes_every_question() -> None:
    answers, score = np.where(coins(0.9), TRUTH, 1 - TRUTH), np.where(TRUTH == 1, 0.9, 0.1)
    rows = paired(answers, scores=score)

    found = ask(rows, champion=paired(np.where(coins(0.9, 3), TRUTH, 1 - TRUTH), scores=score))

    asked = {
        "demographic-parity",
        "equalized-odds",
        "equal-opportunity",
        "error-rate",
        "calibration",
        "champion",
    }
    assert set(found) == {f"{one}/{name}" for one in ("colour", "sex", "colour & sex") for name in asked}
    assert {verdict.outcome for verdict in found.values()} == {"pass"}


def test_a_model_that_is_biased_only_where_two_attributes_meet_turns_only_the_crossing_red() -> None:
    chance = np.where((COLOUR == "Black") == (SEX == "Female"), 0.3, 0.7)

    found = ask(paired(coins(chance)), FairnessGates(equalized_odds_difference=None))

    assert red(found) == {"colour & sex/demographic-parity", "colour & sex/equal-opportunity"}
    verdict = found["colour & sex/demographic-parity"]
    assert verdict.stops
    assert "Begin with" not in verdict.advice
    assert verdict.figures[0].interval is not None
    assert verdict.figures[0].interval.high < 0.8


def test_errors_that_meet_only_in_a_crossing_turn_its_questions_about_errors_red() -> None:
    answers = np.where(HELD_BACK & coins(0.3), 1 - TRUTH, TRUTH)

    found = red(ask(paired(answers)))

    assert "colour & sex/equalized-odds" in found
    assert all(gate.startswith("colour & sex/") for gate in found)


def test_a_challenger_that_is_worse_only_in_a_crossing_is_named_there() -> None:
    challenger = np.where(HELD_BACK & coins(0.2), 1 - TRUTH, TRUTH)

    assert red(ask(paired(challenger), champion=paired(TRUTH))) == {"colour & sex/champion"}


def test_a_crossing_that_echoes_one_attribute_says_so() -> None:
    found = ask(paired(coins(np.where(SEX == "Female", 0.2, 0.6))))

    assert {"sex/demographic-parity", "colour & sex/demographic-parity"} <= red(found)
    assert "colour/demographic-parity" not in red(found)
    assert found["colour & sex/demographic-parity"].advice.startswith(
        "Begin with sex, red without any crossing"
    )


def test_a_regression_that_is_worse_only_in_a_crossing_is_named_there() -> None:
    error = np.random.default_rng(0).normal(size=len(TRUTH)) * np.where(
        (COLOUR == "Black") == (SEX == "Female"), 2, 1
    )

    assert red(ask(Paired(np.zeros(len(error)), error, None))) == {"colour & sex/error-gap"}


def test_crossings_are_left_alone_where_the_policy_says_so() -> None:
    found = ask(paired(coins(0.5)), FairnessGates(intersections=False))

    assert "colour & sex/demographic-parity" not in found
    assert "colour/demographic-parity" in found


def test_crossings_that_are_all_too_small_get_one_short_verdict_that_does_not_stop() -> None:
    place = np.arange(len(TRUTH))
    colour = np.where(place < 40, "White", "Black")
    sex = np.where((place >= 20) & (place < 65), "Male", "Female")

    found = ask(paired(coins(0.5)), by=masks(colour, sex), champion=paired(TRUTH))

    crossed = [verdict for gate, verdict in found.items() if gate.startswith("colour & sex/")]
    assert [verdict.gate for verdict in crossed] == ["fairness/colour & sex/demographic-parity"]
    assert (crossed[0].outcome, crossed[0].stops) == ("inconclusive", False)


def test_fewer_than_two_large_groups_of_one_attribute_are_inconclusive_and_stop() -> None:
    sex = np.where(np.arange(len(TRUTH)) < 29, "Female", "Male")

    found = ask(paired(coins(0.5)), by={"sex": masks(COLOUR, sex)["sex"]})

    for verdict in found.values():
        assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
        assert "sex=Female" in verdict.reason


def test_a_small_group_is_set_aside_and_named_while_the_others_are_judged() -> None:
    sex = SEX.copy().astype(object)
    sex[:20] = "X"

    verdict = ask(paired(np.where(sex == "X", 0, TRUTH)), by={"sex": masks(COLOUR, sex)["sex"]})[
        "sex/demographic-parity"
    ]

    assert verdict.outcome == "inconclusive"
    assert "sex=X (20)" in verdict.reason
    assert verdict.reason.startswith("Least over greatest share of Yes answers is")


def test_a_policy_without_limits_asks_nothing() -> None:
    rows = paired(coins(0.5), scores=np.full(len(TRUTH), 0.5))

    assert ask(rows, NOTHING, champion=paired(TRUTH)) == {}


def test_the_policy_may_only_report() -> None:
    found = ask(paired(coins(np.where(SEX == "Female", 0.2, 0.6))), FairnessGates(blocking=False))

    assert "sex/demographic-parity" in red(found)
    assert not any(verdict.stops for verdict in found.values())


def test_many_classes_are_asked_for_parity_of_the_positive_one_and_for_accuracy() -> None:
    truth = np.tile([0, 1, 2, 1], 400)
    worse = np.where((SEX == "Male") & coins(0.6), (truth + 1) % 3, truth)

    found = ask(Paired(truth, worse, None, ("apple", "pear", "plum"), 1))

    assert set(found) >= {"sex/demographic-parity", "sex/error-gap", "colour & sex/error-gap"}
    assert "sex/error-gap" in red(found)
    assert "sex/equalized-odds" not in found


def test_the_same_arguments_give_the_same_verdicts() -> None:
    rows = paired(coins(0.5))

    assert ask(rows) == ask(rows)


@pytest.mark.parametrize("seed", range(3))
def test_a_fair_model_of_few_rows_turns_no_question_of_small_groups_red(
    seed: int,
    contract: Contract,
    rows: Callable[..., pd.DataFrame],
    answer: Callable[..., Scored],
) -> None:
    frame = rows(1000, seed)
    challenger = pair_scored(answer(frame, noise=0.5, seed=seed), contract)
    champion = pair_scored(answer(frame, noise=0.5, seed=seed + 100), contract)

    found = ask(challenger, by=groups(frame, contract), champion=champion)

    assert red(found) == set()


def three_sexes(rows: int = 17) -> Array:
    sex = SEX.copy().astype(object)
    sex[:rows] = "X"
    return sex


@pytest.mark.parametrize(
    "question",
    ["demographic-parity", "equalized-odds", "equal-opportunity", "error-rate", "calibration", "champion"],
)
@pytest.mark.parametrize(("undecided", "stops"), [("report", False), ("stop", True)])
def test_a_group_that_is_too_small_is_no_pass_and_stops_where_the_policy_says_so(
    question: str, undecided: str, stops: bool
) -> None:
    sex = three_sexes()
    denied = paired(np.where(sex == "X", 0, TRUTH), scores=np.where(TRUTH == 1, 0.9, 0.1))
    rules = FairnessGates.model_validate({"undecided": undecided})

    verdict = ask(denied, rules, {"sex": masks(COLOUR, sex)["sex"]}, champion=paired(TRUTH))[
        f"sex/{question}"
    ]

    assert (verdict.outcome, verdict.stops) == ("inconclusive", stops)
    assert "times as many test rows would do" in verdict.reason
    assert "sex=X (" in verdict.reason
    assert "waived" in verdict.advice


def test_a_small_group_is_judged_where_the_policy_asks_for_no_more_rows_than_it_has() -> None:
    sex = three_sexes()
    denied = paired(np.where(sex == "X", 0, TRUTH))

    found = ask(denied, FairnessGates(minimum_group=17), {"sex": masks(COLOUR, sex)["sex"]})

    assert found["sex/demographic-parity"].stops
    assert found["sex/demographic-parity"].outcome == "fail"


def test_a_small_group_hides_no_failure_of_the_others() -> None:
    rows = paired(np.where(three_sexes() == "Male", coins(0.8), coins(0.3)))

    assert "sex/demographic-parity" in red(ask(rows, by={"sex": masks(COLOUR, three_sexes())["sex"]}))


@pytest.mark.parametrize("undecided", ["report", "stop"])
def test_crossings_that_are_small_are_reported_and_never_stop(undecided: str) -> None:
    place = np.arange(len(TRUTH))
    sex = np.where((COLOUR == "Black") & (place >= 40), "Male", SEX)
    by = {"colour & sex": masks(COLOUR, sex)["colour & sex"]}

    found = ask(paired(TRUTH), FairnessGates.model_validate({"undecided": undecided}), by)

    assert {verdict.outcome for verdict in found.values()} == {"inconclusive"}
    assert not any(verdict.stops for verdict in found.values())
    assert "colour=Black & sex=Female (10)" in found["colour & sex/demographic-parity"].reason


@pytest.mark.parametrize("question", ["demographic-parity", "error-rate"])
def test_a_reason_says_what_decides_before_it_lists_groups(question: str) -> None:
    reason = ask(paired(coins(np.where(SEX == "Female", 0.2, 0.6))))[f"sex/{question}"].reason

    assert reason.index("95 % interval") < reason.index("sex=Female (800 rows)")
    assert reason.index("is asked" if question == "demographic-parity" else "is allowed") < 220


EVEN = (COLOUR == "Black") == (SEX == "Female")


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("equal-opportunity", paired(np.where(EVEN & (TRUTH == 1) & coins(0.6), 0, TRUTH))),
        ("error-rate", paired(np.where(EVEN & coins(0.4), 1 - TRUTH, TRUTH))),
        ("calibration", paired(TRUTH, scores=np.where(EVEN, 0.7, 0.3))),
    ],
)
def test_what_only_a_crossing_shows_turns_its_question_red(question: str, rows: Paired) -> None:
    found = red(ask(rows))

    assert f"colour & sex/{question}" in found
    assert not any(gate.startswith(("sex/", "colour/")) for gate in found)


def test_a_fair_model_is_not_called_unfair_for_the_sake_of_a_few_users_with_many_rows() -> None:
    who = np.repeat(np.arange(80), 20)
    sex = np.where(who % 2, "Female", "Male")
    tight = FairnessGates(
        demographic_parity_ratio=0.9, error_rate_difference=0.05, equalized_odds_difference=0.1
    )
    reds = {"rows": 0, "users": 0}
    for seed in range(40):
        generator = np.random.default_rng(seed)
        skill = generator.normal(size=80)[who]
        truth = (skill + generator.normal(size=80)[who] > 0).astype(int)
        chance = 1 / (1 + np.exp(-skill))
        champion = np.where(generator.uniform(size=80)[who] < 0.2, 1 - truth, truth)
        rows = paired((chance > 0.5).astype(int), truth, chance)
        by = {"sex": {f"sex={name}": sex == name for name in ("Female", "Male")}}
        for name, users in (("rows", None), ("users", who)):
            found = ask(replace(rows, users=users), tight, by, paired(champion, truth, chance))
            reds[name] += bool(red(found) - {"sex/champion"})

    assert reds["rows"] > 10
    assert reds["users"] <= 2


def test_the_reason_says_of_how_many_users_a_groups_rows_are() -> None:
    who = np.arange(1600) // 16
    found = ask(replace(paired(TRUTH), users=who))

    assert "800 rows of 100 users" in found["sex/error-rate"].reason


def test_a_loss_against_the_champion_of_a_few_users_with_many_rows_is_not_sure() -> None:
    who = np.arange(1600) // 200
    worse = np.where((who == 1) | (who == 5), 1 - TRUTH, TRUTH)
    alone = ask(paired(worse), champion=paired(TRUTH))
    together = ask(replace(paired(worse), users=who), champion=paired(TRUTH))

    assert alone["sex/champion"].outcome == "fail"
    assert together["sex/champion"].outcome == "inconclusive"


def test_a_gate_is_asked_with_its_own_section() -> None:
    own = Gates.model_validate({"fairness/{attribute}/error-rate": {"most": 3}})
    with pytest.raises(PolicyError, match="error-rate has settings"):
        fairness_verdicts(paired(TRUTH), masks(), own)
