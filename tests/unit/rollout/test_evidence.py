"""What the two versions of a stage did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.rollout import Rollout
from trunkline.core.release import Release, Route
from trunkline.measure.metrics import LightMetric
from trunkline.monitoring import Profile, answers_apart, reference_profile
from trunkline.predictions import Failure, GroundTruth, LogWindow, Prediction, Rejection
from trunkline.rollout import (
    Answers,
    Stage,
    StageEvidence,
    Unseen,
    measure_stage,
    split_answers,
)
from trunkline.tasks.scale import AS_IT_IS

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ONE, TWO = Route(version=1, bundle="sha256:one"), Route(version=2, bundle="sha256:two")
CONTRACT = Contract(
    name="loans",
    positive="yes",
    columns=(
        Column(name="income", type="number"),
        Column(name="repaid", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
)


def release(strategy: str = "canary", **changes: Any) -> Release:
    whole: dict[str, Any] = {
        "environment": "production",
        "revision": "r1",
        "strategy": strategy,
        "champion": ONE,
        "challenger": None if strategy == "single" else TWO,
        "share": 0.2 if strategy == "canary" else 0.0,
    }
    return Release.model_validate(whole | changes)


def answer(number: int, arm: str = "champion", *, score: float = 0.7, **changes: Any) -> Prediction:
    whole: dict[str, Any] = {
        "id": f"{arm}{number}",
        "time": NOON + timedelta(seconds=number),
        "environment": "production",
        "revision": "r1",
        "version": 1 if arm == "champion" else 2,
        "bundle": "sha256:one" if arm == "champion" else "sha256:two",
        "arm": arm,
        "inputs": {"income": 1.0},
        "outputs": {
            "prediction": "yes" if score > 0.5 else "no",
            "probabilities": {"no": 1 - score, "yes": score},
        },
        "latency_ms": 2.0,
    }
    return Prediction.model_validate(whole | changes)


def test_only_answers_of_the_stage_and_its_versions_count() -> None:
    rejection = {"id": "r", "environment": "production", "problems": ({"field": "income"},)}
    window = LogWindow(
        predictions=(
            answer(-5),
            answer(1),
            answer(2, "challenger"),
            answer(3, bundle="sha256:old"),
            answer(4, "challenger", bundle="sha256:old"),
        ),
        silent=(answer(5, "silent"),),
        rejections=(
            Rejection.model_validate(rejection | {"time": NOON - timedelta(1)}),
            Rejection.model_validate(rejection | {"time": NOON}),
        ),
    )
    canary = split_answers(window, Stage(release(), NOON))
    assert [[row.id for row in rows] for rows in (canary.champion, canary.challenger)] == [
        ["champion1"],
        ["challenger2"],
    ]
    assert canary.refused == 1
    silent = split_answers(window, Stage(release("silent"), NOON))
    assert [row.id for row in silent.challenger] == ["silent5"]


def failure(minute: float, arm: str = "challenger", bundle: str = "", **changes: Any) -> Failure:
    whole: dict[str, Any] = {
        "id": f"f{minute}",
        "time": NOON + timedelta(minutes=minute),
        "environment": "production",
        "version": 1 if arm == "champion" else 2,
        "bundle": bundle or ("sha256:one" if arm == "champion" else "sha256:two"),
        "arm": arm,
        "reason": "failed",
    }
    return Failure.model_validate(whole | changes)


def test_only_failures_of_the_stage_and_its_versions_count() -> None:
    window = LogWindow(
        failures=(
            failure(-1),
            failure(1),
            failure(2, "champion"),
            failure(3, bundle="sha256:old"),
            failure(4, "silent"),
        )
    )
    found = split_answers(window, Stage(release(), NOON)).failed
    assert [row.id for row in found] == ["f1", "f2"]


@pytest.fixture(scope="module")
def reference() -> Profile:
    draw = np.random.default_rng(1)
    scores = draw.random(500)
    labels = ["yes" if score > 0.5 else "no" for score in scores]
    return reference_profile(
        {"income": draw.random(500).tolist()}, CONTRACT, labels=labels, scores=scores.tolist()
    )


def measure(
    answers: Answers,
    truth: dict[str, tuple[GroundTruth, ...]],
    reference: Profile,
    strategy: str,
    metric: str = "roc_auc",
) -> StageEvidence:
    return measure_stage(
        Stage(release(strategy), NOON),
        answers,
        truth,
        CONTRACT,
        lambda own, other: answers_apart(own, other, reference, CONTRACT),
        policy=Rollout(latency_p95_ms=10),
        metric=LightMetric(metric),
        minimum_labelled=50,
        silence_hours=1,
        now=NOON + timedelta(hours=3),
    )


def outcomes(answers: tuple[Prediction, ...], values: list[str]) -> dict[str, tuple[GroundTruth, ...]]:
    pairs = zip(answers, values, strict=True)
    return {row.id: (GroundTruth(prediction=row.id, value=value, time=NOON),) for row, value in pairs}


def test_in_silence_the_same_requests_are_compared(reference: Profile) -> None:
    draw = np.random.default_rng(2)
    scores = draw.random(200)
    champion = tuple(answer(number, score=score) for number, score in enumerate(scores))
    # The silent challenger answers later and in another order, one not at all, and every tenth the other way round.
    silent = tuple(
        answer(
            1000 - number,
            "silent",
            id=f"s{number}",
            answered=f"champion{number}",
            score=1 - score if number % 10 == 0 else score,
            latency_ms=20.0 if number < 5 else 1.0,
        )
        for number, score in enumerate(scores[:-1])
    )
    truth = outcomes(champion, ["yes" if score > 0.5 else "no" for score in scores])
    failed = (failure(1, "silent"), failure(2, "silent"), failure(3, "silent", reason="dropped"))
    found = measure(Answers(champion, silent, failed), truth, reference, "silent")
    assert (found.challenger.answers, found.champion.answers) == (199, 199), "what both answered"
    assert found.unseen
    assert found.unseen.value == pytest.approx(1 / 200)
    assert found.why_unseen == Unseen(dropped=1)
    assert (found.nameless, found.named) == (402, 0)
    assert (found.challenger.slow, found.challenger.failures) == (5, 2)
    assert found.agreement
    assert found.agreement.value == pytest.approx(179 / 199)
    assert found.difference
    assert found.difference.interval
    assert found.difference.value < 0
    assert found.difference.interval.high < 0, (
        "pairs leave no doubt about a difference that every tenth row makes"
    )
    assert found.challenger.labelled == found.champion.labelled == 199


def test_a_canary_compares_users_and_sees_other_answers(reference: Profile) -> None:
    draw = np.random.default_rng(3)
    champion = tuple(answer(number, score=score) for number, score in enumerate(draw.beta(2, 5, 300)))
    challenger = tuple(
        answer(number, "challenger", score=score) for number, score in enumerate(draw.beta(5, 2, 100))
    )
    truth = outcomes(
        champion, ["yes" if row.outputs["probabilities"]["yes"] > 0.3 else "no" for row in champion]
    )
    truth |= outcomes(challenger, draw.choice(["yes", "no"], 100).tolist())
    found = measure(Answers(champion, challenger), truth, reference, "canary")
    assert found.difference
    assert found.difference.interval
    assert found.difference.interval.high < -0.05
    assert found.agreement is None
    assert found.shift
    assert found.shift.value > 0.5


def by_user(arm: str, wrong_users: int, users: int = 20, each: int = 20) -> tuple[Prediction, ...]:
    """Return answers of which those to the first users are all wrong, where the truth is always yes."""
    return tuple(
        answer(
            number,
            arm,
            id=f"{arm}{number}",
            user=f"{arm} {number // each}",
            score=0.2 if number // each < wrong_users else 0.8,
        )
        for number in range(users * each)
    )


def test_users_are_the_units_in_which_a_canary_is_compared(reference: Profile) -> None:
    # 3 of 20 users against 6: nothing, and of 400 rows the clearest difference.
    champion, challenger = by_user("champion", 3), by_user("challenger", 6)
    truth = outcomes(champion + challenger, ["yes"] * 800)
    found = measure(Answers(champion, challenger), truth, reference, "canary", "accuracy").difference
    assert found
    assert found.value == pytest.approx(-0.15)
    assert found.interval
    assert found.interval.low < -0.3
    assert found.interval.high > 0


def test_failures_and_slow_answers_are_counted_by_user(reference: Profile) -> None:
    champion = by_user("champion", 0, users=80)
    challenger = tuple(
        row.model_copy(update={"latency_ms": 50.0 if place < 60 else 1.0})
        for place, row in enumerate(by_user("challenger", 0))
    )
    failed = tuple(failure(place, user=f"challenger {place % 3}", id=f"f{place}") for place in range(60))
    found = measure(Answers(champion, challenger, failed), {}, reference, "canary")
    assert (found.challenger.failures, found.challenger.users, found.champion.users) == (60, 20, 80)
    # Sixty requests are a clear difference if they stand for themselves; those of three users are not.
    for figure, value in ((found.answered, -60 / 460), (found.quick, -60 / 400)):
        assert figure
        assert figure.value == pytest.approx(value)
        assert figure.interval
        assert figure.interval.low < -0.2
    nobody: dict[str, Any] = {"update": {"user": ""}}
    alone = Answers(
        tuple(row.model_copy(**nobody) for row in champion),
        tuple(row.model_copy(**nobody) for row in challenger),
        tuple(row.model_copy(**nobody) for row in failed),
    )
    nameless = measure(alone, {}, reference, "canary").answered
    assert nameless
    assert nameless.interval
    assert nameless.interval.high < 0


def test_users_are_the_units_of_agreement(reference: Profile) -> None:
    champion = by_user("champion", 0)
    silent = tuple(
        row.model_copy(
            update={"id": f"s{row.id}", "arm": "silent", "answered": row.id, "outputs": said.outputs}
        )
        for row, said in zip(champion, by_user("champion", 4), strict=True)
    )
    found = measure(Answers(champion, silent), {}, reference, "silent").agreement
    assert found
    assert found.value == pytest.approx(0.8)
    assert found.interval
    assert found.interval.low < 0.6


def test_too_few_known_outcomes_leave_the_quality_out(reference: Profile) -> None:
    champion = tuple(answer(number) for number in range(100))
    challenger = tuple(answer(number, "challenger") for number in range(100))
    found = measure(Answers(champion, challenger), outcomes(champion, ["yes"] * 100), reference, "canary")
    assert found.difference is None
    assert (found.champion.labelled, found.challenger.labelled, found.labels_missing) == (100, 0, 50)


def test_outcomes_of_one_kind_leave_the_quality_out(reference: Profile) -> None:
    champion = tuple(answer(number) for number in range(100))
    challenger = tuple(answer(number, "challenger") for number in range(100))
    truth = outcomes(champion + challenger, ["yes"] * 200)
    assert measure(Answers(champion, challenger), truth, reference, "canary").difference is None


def test_a_stage_without_answers_is_measured_too(reference: Profile) -> None:
    found = measure(Answers((), ()), {}, reference, "silent")
    assert (found.challenger.answers, found.challenger.p95_ms, found.agreement, found.shift) == (
        0,
        None,
        None,
        None,
    )


def test_a_margin_of_an_error_is_a_share_of_what_a_model_errs_that_ignores_its_inputs(
    reference: Profile,
) -> None:
    champion, challenger = by_user("champion", 3), by_user("challenger", 3)
    truth = outcomes(champion + challenger, ["yes", "no", "yes", "yes"] * 200)
    found = measure(Answers(champion, challenger), truth, reference, "canary", "neg_brier_score")
    assert found.scale.size == pytest.approx(0.75 * 0.25)
    assert "ignores its inputs" in found.scale.of
    assert measure(Answers(champion, challenger), truth, reference, "canary").scale == AS_IT_IS
