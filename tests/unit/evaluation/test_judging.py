from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.policy.data import DataPolicy, Split
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Case, Scored, judge

Rows = Callable[..., pd.DataFrame]
Answer = Callable[..., Scored]
TODAY = date(2026, 11, 2)
ROWS = 1000


def red(verdicts: tuple[Verdict, ...]) -> set[str]:
    return {verdict.gate for verdict in verdicts if verdict.stops}


@pytest.fixture
def ask(contract: Contract, policy: Policy, rows: Rows, answer: Answer) -> Callable[..., tuple[Verdict, ...]]:
    """Return a function that judges a healthy model, with what is to be different given by name."""

    def asked(**different: Any) -> tuple[Verdict, ...]:
        healthy: dict[str, Any] = {
            "contract": contract,
            "policy": policy,
            "test": answer(rows(ROWS)),
            "train": answer(rows(ROWS, 1)),
            "champion": answer(rows(ROWS), noise=0.3),
            "ask": answer,
        }
        given = healthy | different
        own: dict[str, Any] = {"today": TODAY}
        own |= {key: given.pop(key) for key in ("before", "rooms", "strangers", "today") if key in given}
        return judge(Case(**given), **own)[1]

    return asked


def with_gates(policy: Policy, **gates: Any) -> Policy:
    value = policy.model_dump()
    value["gates"] |= gates
    return Policy.model_validate(value)


def test_a_healthy_model_passes_every_gate(ask: Callable[..., tuple[Verdict, ...]]) -> None:
    verdicts = ask()

    assert red(verdicts) == set()
    assert "fail" not in {verdict.outcome for verdict in verdicts}
    every = {
        f"fairness/{attribute}/{question}"
        for attribute in ("age", "colour", "sex")
        for question in (
            "calibration",
            "champion",
            "demographic-parity",
            "equal-opportunity",
            "equalized-odds",
            "error-rate",
        )
    }
    assert {verdict.gate for verdict in verdicts if " & " not in verdict.gate} == every | {
        "performance/baseline",
        "performance/calibration",
        "performance/champion",
        "performance/class-recall",
        "performance/floor:accuracy",
        "performance/floor:roc_auc",
        "performance/overfit",
        "robustness/missing",
        "robustness/noise",
        "robustness/row-order",
        "robustness/unseen",
        "slices/harm",
        "slices/weak",
    }
    crossed = {verdict.gate.split("/")[1] for verdict in verdicts if " & " in verdict.gate}
    assert len(crossed) == 3
    for verdict in verdicts:
        assert verdict.question
        assert verdict.reason


def test_judging_twice_gives_the_same(contract: Contract, policy: Policy, rows: Rows, answer: Answer) -> None:
    both = [
        judge(
            Case(
                contract=contract,
                policy=policy,
                test=answer(rows(300)),
                ask=answer,
            ),
            today=TODAY,
        )
        for _ in range(2)
    ]

    assert both[0] == both[1]


def test_a_worse_challenger_is_red(
    ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer
) -> None:
    verdicts = ask(test=answer(rows(ROWS), noise=0.8), champion=answer(rows(ROWS)))

    assert "performance/champion" in red(verdicts)


def test_a_model_under_its_floor_is_red(
    ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer
) -> None:
    assert {"performance/floor:roc_auc", "performance/floor:accuracy"} <= red(
        ask(test=answer(rows(ROWS), noise=3.0))
    )


def test_a_model_of_pure_noise_does_not_beat_the_baseline(
    ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer
) -> None:
    assert "performance/baseline" in red(ask(test=answer(rows(ROWS).assign(skill=rows(ROWS, 9)["skill"]))))


def test_a_biased_model_is_red(ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer) -> None:
    verdicts = ask(test=answer(rows(ROWS), bonus={"Black": -0.6, "White": 0.3}), champion=None)

    assert {"fairness/colour/demographic-parity", "fairness/colour/equalized-odds"} <= red(verdicts)
    assert not any(gate.startswith("fairness/sex/") for gate in red(verdicts))


def test_an_overfit_model_is_red(ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer) -> None:
    train = rows(ROWS)
    train["skill"] = np.where(train["released"] == "Yes", 2.0, -2.0)

    assert red(ask(train=answer(train))) == {"performance/overfit"}


def test_a_model_whose_answers_depend_on_the_order_is_red(
    ask: Callable[..., tuple[Verdict, ...]], answer: Answer
) -> None:
    def ordered(frame: pd.DataFrame) -> Scored:
        return answer(frame.assign(skill=frame["skill"] - frame["skill"].mean()))

    assert red(ask(ask=ordered)) == {"robustness/row-order"}


def test_a_test_part_of_one_class_is_inconclusive(
    ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer
) -> None:
    frame = rows(ROWS)
    frame = frame[frame["released"] == "Yes"].reset_index(drop=True)

    verdicts = {verdict.gate: verdict for verdict in ask(test=answer(frame), champion=answer(frame))}

    for gate in ("floor:roc_auc", "floor:accuracy", "baseline", "champion", "overfit"):
        assert verdicts[f"performance/{gate}"].outcome == "inconclusive"
        assert verdicts[f"performance/{gate}"].stops


def test_a_first_release_has_no_champion_to_beat(ask: Callable[..., tuple[Verdict, ...]]) -> None:
    found = next(verdict for verdict in ask(champion=None) if verdict.gate == "performance/champion")

    assert (found.outcome, found.blocking) == ("pass", False)
    assert "first release" in found.reason


def test_gates_can_be_switched_off_by_policy(ask: Callable[..., tuple[Verdict, ...]], policy: Policy) -> None:
    changed = with_gates(
        policy, robustness={"row_order": False}, performance={"baseline": False, "resamples": 200}
    )

    gates = {verdict.gate for verdict in ask(policy=changed)}

    assert not gates & {"robustness/row-order", "performance/baseline", "performance/floor:roc_auc"}


def test_verdicts_on_the_data_are_passed_through_and_can_be_waived(
    ask: Callable[..., tuple[Verdict, ...]], policy: Policy
) -> None:
    leak = Verdict(gate="data/leakage", outcome="fail", reason="checks alone predicts released.")
    waiver = {"gate": "data/*", "owner": "Ada", "reason": "Known", "expires": "2026-12-01"}

    assert red(ask(before=(leak,))) == {"data/leakage"}
    assert red(ask(before=(leak,), policy=with_gates(policy, waivers=[waiver]))) == set()
    assert red(
        ask(
            before=(leak,),
            policy=with_gates(policy, waivers=[waiver | {"expires": "2026-11-01"}]),
        )
    ) == {"data/leakage", "waivers/expired"}


def test_the_overfit_gate_knows_whether_the_split_is_temporal(
    ask: Callable[..., tuple[Verdict, ...]], policy: Policy
) -> None:
    temporal = policy.model_copy(update={"data": DataPolicy(split=Split(method="temporal"))})

    said = [
        next(one.reason for one in ask(policy=asked) if one.gate == "performance/overfit")
        for asked in (policy, temporal)
    ]

    assert ["what changed between them" in reason for reason in said] == [False, True]


def test_an_unknown_metric_is_refused(ask: Callable[..., tuple[Verdict, ...]], policy: Policy) -> None:
    with pytest.raises(PolicyError, match=r"floors\.roc_auk"):
        ask(policy=with_gates(policy, performance={"floors": {"roc_auk": 0.5}}))


def test_a_broken_metric_of_the_project_is_a_red_gate_that_names_it(
    ask: Callable[..., tuple[Verdict, ...]],
) -> None:
    def euros(*_: Any) -> float:
        raise KeyError("price")

    assert red(ask(metrics={"euros": euros})) == {"performance/metric:euros"}


def test_a_broken_metric_that_the_comparisons_rest_on_makes_them_inconclusive(
    ask: Callable[..., tuple[Verdict, ...]], policy: Policy
) -> None:
    def euros(*_: Any) -> float:
        raise KeyError("price")

    verdicts = ask(
        metrics={"euros": euros}, policy=with_gates(policy, performance={"metric": "euros", "resamples": 200})
    )

    found = {verdict.gate: verdict for verdict in verdicts}
    for gate in ("baseline", "champion", "overfit"):
        assert found[f"performance/{gate}"].stops
        assert "KeyError" in found[f"performance/{gate}"].reason
    assert found["performance/metric:euros"].outcome == "fail"


def test_a_champion_that_answered_other_rows_is_refused(
    ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer
) -> None:
    with pytest.raises(DataError):
        ask(champion=answer(rows(ROWS, seed=8)))


def test_a_contract_without_protected_attributes_says_that_no_group_was_looked_at(many: Contract) -> None:
    kinds = np.array(["apple", "pear", "plum"], dtype=object)
    truth = np.random.default_rng(0).integers(0, 3, 300)
    frame = pd.DataFrame({"weight": truth.astype(float), "kind": kinds[truth]})

    def ask(asked: pd.DataFrame) -> Scored:
        code = asked["weight"].to_numpy().round().clip(0, 2).astype(int)
        return Scored(asked, kinds[code], np.eye(3)[code] * 0.97 + 0.01, tuple(kinds))

    policy = Policy.model_validate(
        {"name": "m", "package": "m", "training": {"search": {"metric": "accuracy"}}}
        | {"gates": {"performance": {"metric": "accuracy", "resamples": 200}}}
    )

    figures, verdicts = judge(
        Case(
            contract=many,
            policy=policy,
            test=ask(frame),
            ask=ask,
        ),
        today=TODAY,
    )

    assert "fairness/none" in {verdict.gate for verdict in verdicts}
    assert red(verdicts) == set()
    assert {figure.name for figure in figures} >= {"roc_auc_ovr", "f1_macro"}


def test_a_regression_is_judged_too(regression: Contract) -> None:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"size": generator.normal(size=300), "sex": ["Female", "Male"] * 150})
    frame["price"] = 10 * frame["size"] + generator.normal(size=300)

    def ask(asked: pd.DataFrame) -> Scored:
        return Scored(asked, 10 * asked["size"].to_numpy(), None)

    policy = Policy.model_validate(
        {"name": "m", "package": "m", "training": {"search": {"metric": "r2"}}}
        | {"gates": {"performance": {"metric": "r2", "floors": {"r2": 0.9}, "resamples": 200}}}
    )

    _, verdicts = judge(
        Case(
            contract=regression,
            policy=policy,
            test=ask(frame),
            train=ask(frame),
            champion=ask(frame),
            ask=ask,
        ),
        today=TODAY,
    )

    assert red(verdicts) == set()
    assert "fairness/sex/error-gap" in {verdict.gate for verdict in verdicts}


def test_a_classifier_without_probabilities_is_told_that_calibration_was_not_asked(
    ask: Callable[..., tuple[Verdict, ...]], rows: Rows, answer: Answer
) -> None:
    scored = answer(rows(ROWS))
    sure = Scored(scored.frame, scored.labels, None, scored.classes)

    found = next(verdict for verdict in ask(test=sure) if verdict.gate == "performance/calibration")

    assert (found.outcome, found.blocking) == ("inconclusive", False)
    assert "no probabilities" in found.reason


def test_protected_attributes_of_which_nothing_is_asked_are_not_called_absent(
    ask: Callable[..., tuple[Verdict, ...]], policy: Policy
) -> None:
    off = {key: None for key, value in policy.gates.fairness.model_dump().items() if isinstance(value, float)}

    found = next(
        verdict
        for verdict in ask(policy=with_gates(policy, fairness=off))
        if verdict.gate.startswith("fairness/")
    )

    assert (found.gate, found.outcome, found.blocking) == ("fairness/none", "inconclusive", False)
    assert "names protected attributes" in found.reason


def test_rows_of_users_who_repeat_have_wider_intervals_and_the_verdicts_say_of_how_many_they_are(
    contract: Contract, policy: Policy, rows: Rows, answer: Answer
) -> None:
    users = contract.model_copy(
        update={"columns": (Column(name="who", type="integer", role=Role.USER), *contract.columns)}
    )
    frame = rows(60).loc[np.repeat(np.arange(60), 10)].reset_index(drop=True)
    found = {}
    for name, who in (("rows", np.arange(600)), ("users", np.arange(600) // 10)):
        test = frame.assign(who=who)
        case = Case(
            contract=users,
            policy=policy,
            test=answer(test),
            train=answer(rows(600, 1).assign(who=np.arange(1000, 1600))),
            champion=answer(test),
            ask=answer,
        )
        figures, verdicts = judge(case, today=TODAY)
        widths = {
            (one.name, one.group): one.interval.high - one.interval.low for one in figures if one.interval
        }
        found[name] = widths, {verdict.gate: verdict.reason for verdict in verdicts}

    for key in ("roc_auc", ""), ("accuracy", ""), ("accuracy", "sex=Female"), ("roc_auc", "sex=Male"):
        assert found["users"][0][key] > 2 * found["rows"][0][key], key
    for gate in ("floor:roc_auc", "baseline", "calibration", "champion", "overfit"):
        assert "rows of 60 users" in found["users"][1][f"performance/{gate}"], gate
        assert "users" not in found["rows"][1][f"performance/{gate}"], gate
