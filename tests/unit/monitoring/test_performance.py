from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.figures import Figure
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.signals import Signal
from trunkline.evaluation import measure
from trunkline.measure.intervals import wilson
from trunkline.measure.metrics import LightMetric, Metric, ProjectMetric, RowMetric
from trunkline.monitoring import Evidence
from trunkline.monitoring.performance import Performance
from trunkline.monitoring.signals import signal_of
from trunkline.predictions import GroundTruth, Prediction
from trunkline.tasks.ranking.metrics import METRICS

AT_RELEASE = Figure(name="roc_auc", value=0.8, rows=600)
Watch = Callable[..., Signal]
SHOP = Contract(
    name="shop",
    answer="ranking",
    positive="true",
    columns=(
        Column(name="list", type="text", role=Role.KEY),
        Column(name="user", type="entity", role=Role.USER, seen=True),
        Column(name="item", type="entity", role=Role.ITEM),
        Column(name="taken", type="boolean", role=Role.OUTCOME, categories=("false", "true")),
    ),
)


@pytest.fixture
def watch(
    contract: Contract,
    now: datetime,
    answer: Callable[..., Prediction],
    truth: Callable[..., dict[str, tuple[GroundTruth, ...]]],
) -> Watch:
    """Watches answers whose outcome follows the score (0.781 AUC), but for the share that is flipped."""

    def watched(
        rows: int = 500,
        *,
        flipped: float = 0.0,
        seed: int = 1,
        reference: Figure = AT_RELEASE,
        outcome: str = "",
        bundle: str = "",
        newer: int = 0,
        margin: float = 0.05,
        window: int = 500,
        metric: Metric = LightMetric("roc_auc"),  # noqa: B008
    ) -> Signal:
        random = np.random.default_rng(seed)
        scores = random.beta(1.6, 1.6, rows)
        yes = (random.random(rows) < scores) ^ (random.random(rows) < flipped)
        answers = [answer(row, score=float(score)) for row, score in enumerate(scores)]
        outcomes = {f"p{row}": outcome or ("Yes" if one else "No") for row, one in enumerate(yes)}
        answers += [answer(rows + row, score=0.5, bundle="sha256:two") for row in range(newer)]
        outcomes |= {f"p{rows + row}": "Yes" if row % 2 else "No" for row in range(newer)}
        evidence = Evidence(
            environment="production",
            now=now,
            contract=contract,
            policy=Monitoring(window_rows=window),
            bundle=bundle,
            figures={reference.name: reference},
            labelled=tuple(answers),
            truth=truth(outcomes),
            metric=metric,
        )
        return signal_of(
            "performance", Performance(PerformanceMonitor(metric=reference.name, margin=margin)), evidence
        )

    return watched


def test_a_model_that_is_as_good_as_at_release_is_quiet(watch: Watch) -> None:
    signal = watch()
    assert (signal.state, signal.severity, signal.findings) == ("quiet", "info", ())
    assert signal.fingerprint == "production/performance"
    assert "at release it was 0.800" in signal.summary
    assert signal.lead
    assert signal.lead.value > signal.lead.threshold == pytest.approx(0.75)


def test_a_model_that_is_as_good_as_at_release_hardly_ever_alarms(watch: Watch) -> None:
    # With the true quality as reference and no margin a look alarms with 2.5%, so 6 or more of 40 with 1 in 2000.
    exact = AT_RELEASE.model_copy(update={"value": 0.7807})
    signals = [watch(seed=seed, reference=exact, margin=0) for seed in range(40)]
    assert sum(signal.state == "alarm" for signal in signals) <= 5
    intervals = [finding.interval for signal in signals for finding in signal.findings]
    assert not any(interval.high < 0.7307 for interval in intervals if interval)


def test_an_interval_that_holds_the_floor_is_inconclusive_and_says_how_many_outcomes_decide(
    watch: Watch,
) -> None:
    signal = watch(reference=AT_RELEASE.model_copy(update={"value": 0.86}), margin=0.05)
    assert signal.state == "inconclusive"
    assert not signal.recovered
    assert signal.lead is not None
    assert signal.lead.interval is not None
    assert signal.lead.interval.low < signal.lead.threshold < signal.lead.interval.high
    (needed,) = re.findall(r"about ([\d,]+) outcomes would decide", signal.summary)
    assert int(needed.replace(",", "")) > signal.rows == 500
    assert "monitoring.window_rows is 500" in signal.summary


def test_as_many_outcomes_as_were_named_decide(watch: Watch) -> None:
    reference = AT_RELEASE.model_copy(update={"value": 0.86})
    assert watch(8000, reference=reference, window=8000).state == "alarm"


def test_a_figure_on_its_floor_is_not_decided_by_any_number(watch: Watch) -> None:
    there = watch().lead
    assert there is not None
    reference = AT_RELEASE.model_copy(update={"value": there.value})
    assert "not even 1,000,000" in watch(reference=reference, margin=0).summary


def test_an_outcome_that_breaks_the_contract_is_inconclusive_and_named(watch: Watch) -> None:
    signal = watch(outcome="Perhaps")
    assert signal.state == "inconclusive"
    assert "Perhaps" in signal.summary
    assert "trunkline truth --withdraw p0" in signal.summary


def test_flipped_outcomes_are_a_warning_that_names_metric_and_figures(watch: Watch) -> None:
    signal = watch(flipped=0.25)
    assert (signal.state, signal.severity) == ("alarm", "warning")
    (finding,) = signal.findings
    assert finding.subject == "roc_auc"
    assert finding.interval is not None
    assert finding.interval.high < finding.threshold == pytest.approx(0.75)
    assert f"{finding.value:.3f}" in signal.summary
    assert "0.800" in signal.summary


def test_a_model_no_better_than_ignoring_its_inputs_is_critical(watch: Watch) -> None:
    signal = watch(flipped=0.6)
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert "ignores its inputs reaches 0.500" in signal.summary


def test_too_few_known_outcomes_are_inconclusive(watch: Watch) -> None:
    signal = watch(150, flipped=0.6)
    assert (signal.state, signal.rows) == ("inconclusive", 150)
    assert "200 are needed" in signal.summary


def test_outcomes_of_one_class_are_inconclusive(watch: Watch) -> None:
    signal = watch(outcome="Yes")
    assert signal.state == "inconclusive"
    assert "are Yes" in signal.summary


def test_only_the_champions_own_answers_count(watch: Watch) -> None:
    assert watch(newer=400).state == "alarm"
    assert watch(newer=400, bundle="sha256:one").state == "quiet"
    assert watch(newer=100, bundle="sha256:two").state == "inconclusive"


def test_a_metric_of_the_project_that_raises_is_inconclusive(watch: Watch) -> None:
    signal = watch(metric=ProjectMetric("profit", lambda *_: 1 / 0))
    assert signal.state == "inconclusive"
    assert "ZeroDivisionError" in signal.summary


@pytest.mark.parametrize("name", ["accuracy", "matthews_corrcoef", "roc_auc"])
def test_the_interval_is_that_of_the_gate_on_the_same_rows_with_users_as_the_units(
    contract: Contract,
    now: datetime,
    answer: Callable[..., Prediction],
    truth: Callable[..., dict[str, tuple[GroundTruth, ...]]],
    name: str,
) -> None:
    random = np.random.default_rng(4)
    who = np.repeat([f"u{user}" for user in random.permutation(60)], 20)
    chances = np.round(np.clip(np.repeat(random.beta(1, 1, 60), 20) + random.normal(0, 0.1, 1200), 0, 1), 3)
    right = random.random(1200) < np.repeat(random.beta(1.3, 0.7, 60), 20)
    outcomes = np.where((chances > 0.5) == right, "Yes", "No")
    known = Contract(
        name=contract.name,
        positive="Yes",
        columns=(*contract.columns, Column(name="person", type="text", role=Role.USER)),
    )
    answers = [
        answer(row, score=float(score), user=f"hash of {user}")
        for row, (score, user) in enumerate(zip(chances, who, strict=True))
    ]
    evidence = Evidence(
        "production",
        now,
        known,
        policy=Monitoring(window_rows=1200),
        figures={name: Figure(name=name, value=0.6, rows=600)},
        labelled=tuple(answers),
        truth=truth({one.id: outcome for one, outcome in zip(answers, outcomes, strict=True)}),
        metric=LightMetric(name),
    )
    signal = signal_of("performance", Performance(PerformanceMonitor(metric=name)), evidence)
    labels = np.array([one.outputs["prediction"] for one in answers], dtype=object)
    figures = measure(
        outcomes.astype(object),
        labels,
        np.stack([1 - chances, chances], axis=1),
        known,
        classes=("No", "Yes"),
        names=(name,),
        frame=pd.DataFrame({"person": who}),
    )
    (gate,) = [figure for figure in figures if figure.name == name]
    assert signal.lead is not None
    assert signal.lead.value == pytest.approx(gate.value)
    assert signal.lead.interval is not None
    assert gate.interval is not None
    assert (signal.lead.interval.low, signal.lead.interval.high) == pytest.approx(
        (gate.interval.low, gate.interval.high)
    )
    assert gate.interval.high - gate.interval.low > 0.1, "60 users say less than 1,200 rows would"


def test_gate_and_monitor_give_the_same_interval_to_1200_rows_of_60_users(
    contract: Contract,
    now: datetime,
    answer: Callable[..., Prediction],
    truth: Callable[..., dict[str, tuple[GroundTruth, ...]]],
) -> None:
    # Issue 11: 0.551-0.729 in the gate and 0.618-0.670 in the monitor, which took the rows for independent.
    draw = np.random.default_rng(4)
    who = np.repeat(np.arange(60), 20)
    right = draw.random(1200) < draw.beta(0.9, 0.5, 60)[who]
    scores = draw.random(1200)
    labels = np.where(scores > 0.5, "Yes", "No")
    outcomes = np.where(right, labels, np.where(labels == "Yes", "No", "Yes"))

    with_user = contract.model_copy(
        update={"columns": (*contract.columns, Column(name="who", type="integer", role=Role.USER))}
    )
    figures = measure(
        outcomes.astype(object),
        labels.astype(object),
        np.stack([1 - scores, scores], axis=1),
        with_user,
        classes=("No", "Yes"),
        frame=pd.DataFrame({"who": who}),
    )
    gate = next(figure for figure in figures if figure.name == "accuracy")
    answers = [answer(row, score=float(score), user=f"u{who[row]}") for row, score in enumerate(scores)]
    evidence = Evidence(
        environment="production",
        now=now,
        contract=with_user,
        policy=Monitoring(window_rows=1200),
        figures={"accuracy": gate},
        labelled=tuple(answers),
        truth=truth({f"p{row}": str(outcome) for row, outcome in enumerate(outcomes)}),
        metric=LightMetric("accuracy"),
    )
    lead = signal_of("performance", Performance(PerformanceMonitor(metric="accuracy")), evidence).lead

    assert lead is not None
    assert (lead.value, lead.interval) == (gate.value, gate.interval)
    assert gate.interval is not None
    alone = wilson(float(right.sum()), 1200)
    assert gate.interval.high - gate.interval.low > 2.5 * (alone.high - alone.low)


def test_the_margin_of_an_error_is_a_share_of_that_of_a_model_that_ignores_its_inputs(
    now: datetime,
    answer: Callable[..., Prediction],
    truth: Callable[..., dict[str, tuple[GroundTruth, ...]]],
) -> None:
    rents = np.random.default_rng(1).normal(1000, 100, 400)
    price = Contract(
        name="rents",
        columns=(
            Column(name="area", type="number"),
            Column(name="rent", type="number", role=Role.OUTCOME),
        ),
    )
    answers = [
        answer(row).model_copy(
            update={"inputs": {"area": 1.0}, "outputs": {"prediction": rent + 30 * (-1) ** row}}
        )
        for row, rent in enumerate(rents)
    ]
    metric = LightMetric("neg_mean_absolute_error")

    def watched(at_release: float) -> Signal:
        evidence = Evidence(
            environment="production",
            now=now,
            contract=price,
            policy=Monitoring(window_rows=500),
            figures={metric.name: Figure(name=metric.name, value=at_release, rows=600)},
            labelled=tuple(answers),
            truth=truth({f"p{row}": float(rent) for row, rent in enumerate(rents)}),
            metric=metric,
        )
        return signal_of("performance", Performance(PerformanceMonitor(metric=metric.name)), evidence)

    within, beyond = watched(-28.0), watched(-20.0)  # a model that ignores its inputs errs by 80
    assert (within.state, beyond.state) == ("quiet", "alarm")
    assert within.lead
    assert within.lead.threshold == pytest.approx(-32.0, abs=0.5)
    assert "0.050 of the error of a model that ignores its inputs" in within.summary


def clicked(now: datetime, shares: list[float], each: int = 400) -> Evidence:
    """Return answers of a shop that take minutes each; of every stretch another share was clicked, by 60 users."""
    random = np.random.default_rng(5)
    answers, truth = [], {}
    for place in range(each * len(shares)):
        id_ = f"p{place}"
        answers.append(
            Prediction(
                id=id_,
                time=now - timedelta(hours=30 * 24) + timedelta(minutes=place),
                environment="production",
                revision="r",
                version=1,
                bundle="sha256:one",
                arm="champion",
                inputs={},
                outputs={"prediction": [{"item": "a", "score": 1.0}, {"item": "b", "score": 0.5}]},
                latency_ms=1.0,
                user=f"u{place % 60}",
            )
        )
        if random.random() < shares[place // each]:
            truth[id_] = (GroundTruth(prediction=id_, item="b", value=True, time=now),)
    return Evidence(
        environment="production",
        now=now,
        contract=SHOP,
        policy=Monitoring(window_rows=each),
        figures={"click_through_rate": Figure(name="click_through_rate", value=0.9, rows=600)},
        labelled=tuple(answers[-each:]),
        beginning=tuple(answers[:each]),
        truth=truth,
        metric=RowMetric("click_through_rate", METRICS["click_through_rate"]),
    )


def by_clicks(evidence: Evidence) -> Signal:
    settings = PerformanceMonitor(metric="click_through_rate", reference="live", margin=0.1)
    return signal_of("performance", Performance(settings), evidence)


def test_clicks_are_compared_with_those_on_the_first_answers_and_not_with_purchases_at_release(
    now: datetime,
) -> None:
    quiet = by_clicks(clicked(now, [0.3, 0.3, 0.3]))
    assert quiet.state == "quiet"
    assert quiet.lead
    assert quiet.lead.value == pytest.approx(0.3, abs=0.06)
    assert quiet.lead.interval
    assert quiet.lead.interval.low < quiet.lead.value < quiet.lead.interval.high

    fallen = by_clicks(clicked(now, [0.3, 0.3, 0.12]))
    assert fallen.state == "alarm"
    assert fallen.rows == 400


def test_until_the_first_answers_are_known_there_is_a_figure_and_no_verdict(now: datetime) -> None:
    early = replace(clicked(now, [0.3, 0.3]), beginning=())
    assert by_clicks(early).state == "inconclusive"

    first = clicked(now, [0.3])
    assert by_clicks(first).state == "inconclusive"

    # Nothing falls below none: where clicks only began to be sent later, nobody can tell.
    unsent = clicked(now, [0.0, 0.3])
    assert by_clicks(unsent).state == "inconclusive"
