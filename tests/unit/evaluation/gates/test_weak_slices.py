from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.gate import gates
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.case import Case
from trunkline.measure.paired import Array, Paired

ROWS = 4000
CONTRACT = Contract(
    name="release",
    columns=(
        Column(name="skill", type="number"),
        Column(name="age", type="integer"),
        Column(name="kind", type="category", categories=("a", "b", "c")),
        Column(name="sex", type="category", role=Role.AUDIT, categories=("F", "M")),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
Change = Callable[[pd.DataFrame, Array], Array]


def world(rows: int = ROWS, seed: int = 0) -> tuple[pd.DataFrame, Array]:
    """Return rows and the chance that each is released, which the outcome is drawn by."""
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "skill": generator.normal(size=rows),
            "age": generator.integers(16, 70, rows),
            "kind": generator.choice(["a", "b", "c"], rows),
            "sex": generator.choice(["F", "M"], rows),
        }
    )
    chance = np.asarray(1 / (1 + np.exp(-0.8 - 1.2 * frame["skill"] - 0.5 * (frame["kind"] == "b"))))
    frame["released"] = np.where(generator.uniform(size=rows) < chance, "Yes", "No")
    return frame, chance


def paired(frame: pd.DataFrame, chance: Array, *, labels_only: bool = False) -> Paired:
    return Paired(
        (frame["released"] == "Yes").to_numpy(dtype=int),
        (chance > 0.5).astype(int),
        None if labels_only else np.stack([1 - chance, chance], axis=1),
        ("No", "Yes"),
        1,
        task="classification",
    )


def asked(
    rows: Paired,
    frame: pd.DataFrame,
    contract: Contract = CONTRACT,
    train: Paired | None = None,
    **rules: object,
) -> tuple[Verdict, ...]:
    """Ask both gates about these answers."""
    policy = Policy.model_validate({"name": "a", "package": "a", "gates": {"slices": rules}})
    test = Scored(frame, np.zeros(len(frame)), None)
    case = Case(contract=contract, policy=policy, test=test, ask=lambda _: test)
    vars(case).update(paired=rows, trained=train)
    return tuple(verdict for gate in gates("slices") for verdict in gate().verdicts(case))


def judged(
    change: Change | None = None,
    *,
    rows: int = ROWS,
    seed: int = 0,
    labels_only: bool = False,
    **policy: object,
) -> dict[str, Verdict]:
    frame, chance = world(rows, seed)
    answers = chance if change is None else change(frame, chance)
    said = asked(paired(frame, answers, labels_only=labels_only), frame, CONTRACT, None, **policy)
    return {verdict.gate: verdict for verdict in said}


def inverted(frame: pd.DataFrame, chance: Array) -> Array:
    """Say the contrary of young people of kind c."""
    return np.where((frame["kind"] == "c") & (frame["age"] < 40), 1 - chance, chance)


def too_sure(frame: pd.DataFrame, chance: Array) -> Array:
    """Be sure of every woman's release."""
    return np.where(frame["sex"] == "F", 0.97, chance)


def modest(frame: pd.DataFrame, chance: Array) -> Array:
    """Know nothing of women but their share, and say so."""
    women = (frame["sex"] == "F").to_numpy()
    return np.where(women, chance[women].mean(), chance)


def test_a_healthy_model_passes_both() -> None:
    found = judged()

    assert [verdict.outcome for verdict in found.values()] == ["pass", "pass"]
    assert (found["slices/weak"].blocking, found["slices/harm"].blocking) == (False, True)
    for verdict in found.values():
        assert verdict.threshold == 0.1
        assert verdict.figures
        assert not verdict.advice


def test_a_part_where_answers_are_inverted_is_found_named_and_stops_the_release() -> None:
    found = judged(inverted)

    harm, weak = found["slices/harm"], found["slices/weak"]
    assert (harm.outcome, harm.stops) == ("fail", True)
    assert (weak.outcome, weak.stops) == ("fail", False)
    figure = harm.figures[0]
    assert "kind = c" in figure.group
    assert "age" in figure.group
    assert figure.name == "harm"
    assert figure.interval is not None
    assert figure.interval.low > 0
    assert figure.group in harm.reason
    assert harm.advice


def test_a_part_where_the_model_is_too_sure_is_weak_though_the_model_never_saw_the_attribute() -> None:
    found = judged(too_sure)

    assert found["slices/weak"].outcome == "fail"
    assert any("sex = F" in figure.group for figure in found["slices/weak"].figures if figure.name == "gap")


def test_rows_that_are_hard_and_known_to_be_are_told_without_an_alarm() -> None:
    weak = judged()["slices/weak"]

    assert weak.outcome == "pass"
    assert "Hard to tell, as its own probabilities say: " in weak.reason
    assert {figure.name for figure in weak.figures} == {"known_gap", "slices"}


def test_knowing_no_more_than_the_share_is_no_harm() -> None:
    assert judged(modest)["slices/harm"].outcome == "pass"


def test_the_policy_may_let_harm_through() -> None:
    harm = judged(inverted, blocking=False)["slices/harm"]

    assert (harm.outcome, harm.stops) == ("fail", False)


def test_labels_alone_are_compared_with_the_most_frequent_one() -> None:
    healthy, bad = judged(labels_only=True), judged(inverted, labels_only=True)

    assert healthy["slices/harm"].outcome == "pass"
    assert bad["slices/harm"].outcome == "fail"
    assert "error rate" in bad["slices/harm"].reason


def test_the_order_of_the_rows_changes_nothing() -> None:
    frame, chance = world()
    answers = paired(frame, chance)
    order = np.random.default_rng(1).permutation(ROWS)

    one = asked(answers, frame, CONTRACT)
    two = asked(answers.take(order), frame.iloc[order], CONTRACT)

    assert [verdict.reason for verdict in one] == [verdict.reason for verdict in two]


@pytest.mark.parametrize("change", [None, inverted])
def test_too_few_rows_are_inconclusive_and_hold_nothing_up(change: Change | None) -> None:
    found = judged(change, rows=150)

    for verdict in found.values():
        assert (verdict.outcome, verdict.stops) == ("inconclusive", False)
        assert "150 rows" in verdict.reason
        assert "200" in verdict.advice


def test_one_outcome_alone_is_inconclusive() -> None:
    frame, chance = world(1000)
    frame["released"] = "Yes"

    found = asked(paired(frame, chance), frame, CONTRACT)

    assert {verdict.outcome for verdict in found} == {"inconclusive"}


def test_columns_that_cut_nothing_are_inconclusive() -> None:
    frame, chance = world(1000)
    text = Contract(
        name="c",
        columns=(Column(name="note", type="text"), CONTRACT.columns[-1]),
        positive="Yes",
    )
    frame["note"] = [f"text {row}" for row in range(1000)]

    found = asked(paired(frame, chance), frame, text)

    assert {verdict.outcome for verdict in found} == {"inconclusive"}


def test_harm_that_would_be_sure_of_one_slice_alone_does_not_block() -> None:
    def somewhat_off(frame: pd.DataFrame, chance: Array) -> Array:
        return np.where((frame["kind"] == "c") & (frame["age"] < 40), 0.8 - 0.6 * chance, chance)

    found = [judged(somewhat_off, rows=500, seed=seed, minimum_rows=25)["slices/harm"] for seed in range(10)]

    doubtful = [verdict for verdict in found if verdict.outcome == "inconclusive"]
    assert doubtful
    for verdict in doubtful:
        assert not verdict.stops
        assert "the only slice asked" in verdict.reason
        assert verdict.figures[0].value >= 0.1


def rent(rows: int, seed: int = 0) -> tuple[pd.DataFrame, Array]:
    generator = np.random.default_rng(seed)
    size = generator.uniform(20, 120, rows)
    sex = generator.choice(["Female", "Male"], rows)
    price = 100 * size + generator.normal(scale=300, size=rows)
    return pd.DataFrame({"size": size, "sex": sex, "price": price}), 100 * size


def test_numbers_that_are_far_off_in_one_part_are_weak(regression: Contract) -> None:
    frame, answers = rent(3000)
    off = answers + 600 * (frame["sex"] == "Female").to_numpy()

    healthy, bad = (
        asked(Paired(frame["price"].to_numpy(), given, None, task="regression"), frame, regression)
        for given in (answers, off)
    )

    assert [verdict.outcome for verdict in healthy] == ["pass", "pass"]
    assert [verdict.outcome for verdict in bad] == ["fail", "pass"]
    assert bad[0].figures[0].group == "sex = Female"
    assert "absolute error" in bad[0].reason


def test_numbers_worse_than_the_training_mean_are_harm(regression: Contract) -> None:
    frame, answers = rent(3000)
    absurd = np.where(frame["size"] > 90, 0.0, answers)
    train = Paired(np.array([6000.0, 8000.0]), np.zeros(2), None, task="regression")

    _, harm = asked(
        Paired(frame["price"].to_numpy(), absurd, None, task="regression"), frame, regression, train
    )

    assert harm.stops
    assert "size >= " in harm.figures[0].group


def test_false_alarms_are_rare_on_redrawn_rows() -> None:
    red = [judged(rows=1300, seed=seed) for seed in range(20)]

    assert sum(found["slices/harm"].outcome != "pass" for found in red) <= 1
    assert sum(found["slices/weak"].outcome != "pass" for found in red) <= 3


def test_planted_harm_is_found_again_and_again() -> None:
    red = [judged(inverted, seed=seed)["slices/harm"].stops for seed in range(10)]

    assert sum(red) >= 9
