"""How long the gates take, how often they call equal models different, and how often they find a true gain.

Run: python benchmarks/gates.py [--rows 50000] [--redraws 200] [--only time|alarms|power]
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import beta
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.gate import gates as own_gates
from trunkline.core.policy.data import Split
from trunkline.core.policy.gates import PerformanceGates
from trunkline.core.policy.policy import Policy
from trunkline.core.snapshots import DataLock, Window
from trunkline.core.verdicts import Verdict
from trunkline.data import check_snapshot
from trunkline.data.snapshot import Snapshot, store
from trunkline.data.summaries import column_summaries
from trunkline.evaluation import Scored, judge
from trunkline.evaluation.case import Case
from trunkline.evaluation.fairness.groups import groups
from trunkline.evaluation.gates.champion import Champion
from trunkline.evaluation.judging import fairness_verdicts
from trunkline.evaluation.scored import pair_scored
from trunkline.measure.by_group import group_figures
from trunkline.measure.comparison import Comparison, compare
from trunkline.measure.metrics import Metric, Metrics
from trunkline.measure.paired import Array, Paired
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.tasks.scale import AS_IT_IS, scale_of

NUMBERS = tuple(f"x{number}" for number in range(13))
REGIONS, PLANS = ("east", "north", "south", "west"), ("basic", "family", "plus")
CONTRACT = Contract(
    name="benchmark",
    positive="Yes",
    columns=(
        *(Column(name=name, type="number", nullable=name == "x12") for name in NUMBERS),
        Column(name="visits", type="integer", minimum=0),
        Column(name="member", type="boolean"),
        Column(name="region", type="category", categories=REGIONS),
        Column(name="plan", type="category", categories=PLANS),
        Column(name="age", type="integer", protected=True, bands=(25, 35, 50, 65), minimum=18, maximum=90),
        Column(
            name="colour", type="category", role=Role.AUDIT, protected=True, categories=("Black", "White")
        ),
        Column(name="sex", type="category", role=Role.AUDIT, protected=True, categories=("Female", "Male")),
        Column(name="bought", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
)
POLICY = Policy.model_validate(
    {
        "name": "benchmark",
        "package": "benchmark",
        "gates": {
            "performance": {
                "floors": {"roc_auc": 0.7, "accuracy": 0.6},
                "slices": [
                    {"name": "young", "between": {"age": [None, 24]}, "floors": {"roc_auc": 0.7}},
                    {"name": "north", "where": {"region": "north"}, "floors": {"accuracy": 0.6}},
                ],
            },
            "robustness": {
                "metamorphic": [
                    {"name": "more-x0", "column": "x0", "add": 0.5, "expect": "not-lower", "tolerance": 0.01}
                ]
            },
        },
    }
)
STANDARD = ("average_precision", "accuracy", "precision", "recall", "f1", "neg_log_loss", "neg_brier_score")
CLASSIFIER, REGRESSION = ("roc_auc", "accuracy"), ("neg_root_mean_squared_error",)
Ask = Callable[[pd.DataFrame], Scored]


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--redraws", type=int, default=200)
    parser.add_argument("--only", choices=("time", "alarms", "power"))
    asked = parser.parse_args()
    if asked.only in (None, "time"):
        time_gates(asked.rows)
    if asked.only in (None, "alarms"):
        for rows in (200, 400, 600, 2_000):
            alarms(rows, asked.redraws)
        for users, each in ((150, 10), (100, 40)):
            alarms_of_users(users, each, asked.redraws)
    if asked.only in (None, "power"):
        power(10_000, asked.redraws)


def time_gates(rows: int) -> None:
    """Print seconds by family of gates, and of all of them as a pull request asks them."""
    train, test = people(rows, 1), people(rows, 2)
    model, other = fit(train, NUMBERS), fit(train, NUMBERS[1:])
    answers, trained, champion = model(test), model(train), other(test)
    performance, gates, numbers = POLICY.gates.performance, POLICY.gates, POLICY.gates.performance.resamples
    print(
        f"{rows:,} test rows, as many training rows, {len(CONTRACT.columns) - 1} columns, {numbers:,} resamples"
    )

    def asked(*names: str) -> Callable[[], object]:
        """Return what asks these gates anew."""
        chosen = [gate for gate in own_gates() if gate.name.startswith(names)]

        def ask() -> list[Verdict]:
            case = Case(
                contract=CONTRACT, policy=POLICY, test=answers, ask=model, train=trained, champion=champion
            )
            return [verdict for gate in chosen for verdict in gate().verdicts(case)]

        return ask

    paired, beside, masks = (
        pair_scored(answers, CONTRACT),
        pair_scored(champion, CONTRACT),
        groups(test, CONTRACT),
    )
    families: dict[str, Callable[[], object]] = {
        "figures and floors": asked("performance/floor"),
        "figures by group": lambda: group_figures(
            paired, masks, minimum=gates.fairness.minimum_group, resamples=numbers, seed=SEED
        ),
        "named slices": asked("performance/slice"),
        "baseline": asked("performance/baseline"),
        "calibration": asked("performance/calibration"),
        "champion": asked("performance/champion"),
        "overfit": asked("performance/overfit"),
        "fairness": lambda: fairness_verdicts(paired, masks, gates, champion=beside),
        "robustness": asked("robustness/"),
        "weak slices": asked("slices/"),
    }
    for name, family in families.items():
        print(f"{name:>18}: {said(seconds(family))}")
    whole = seconds(lambda: everything(model, trained, answers, champion))
    print(f"{'evaluation.judge':>18}: {said(whole)}, the above in one go")
    for metric, own in (("matthews_corrcoef", {}), ("euros", {"euros": euros})):
        rules = performance.model_copy(update={"metric": metric, "floors": {metric: -100.0}})
        policy = POLICY.model_copy(update={"gates": gates.model_copy(update={"performance": rules})})
        taken = seconds(lambda: everything(model, trained, answers, champion, policy, own))  # noqa: B023
        print(f"{'evaluation.judge':>18}: {said(taken)}, by {metric}")
    with snapshot_of(train) as (snapshot, lock):
        data = seconds(lambda: check_snapshot(snapshot, POLICY.data, gates, previous=lock))
    print(f"{'check_snapshot':>18}: {said(data)}, {rows:,} rows")
    print(f"{'together':>18}: {said(whole + data)}")


def everything(
    model: Ask,
    train: Scored,
    test: Scored,
    champion: Scored,
    policy: Policy = POLICY,
    own: Metrics | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdicts of all gates on the model, as the judge asks them."""
    _, verdicts = judge(
        Case(
            contract=CONTRACT,
            policy=policy,
            metrics=own or {},
            test=test,
            train=train,
            champion=champion,
            ask=model,
        ),
        today=date(2026, 11, 2),
    )
    return verdicts


def euros(truth: Array, answers: Array, _: Array | None) -> float:
    """Return what a project might earn a row: a metric that is asked resample by resample."""
    return float(np.mean(np.where(answers == "Yes", np.where(truth == "Yes", 200.0, -100.0), 0.0)))


@contextmanager
def snapshot_of(rows: pd.DataFrame) -> Iterator[tuple[Snapshot, DataLock]]:
    """Give the rows as a snapshot, with a lock that says that it follows itself."""
    first, second = len(rows) * 11 // 20, len(rows) * 3 // 4
    parts = {
        "train": rows.iloc[:first].reset_index(drop=True),
        "validation": rows.iloc[first:second].reset_index(drop=True),
        "test": rows.iloc[second:].reset_index(drop=True),
    }
    with tempfile.TemporaryDirectory() as folder:
        snapshot = store(
            parts,  # type: ignore[arg-type]
            CONTRACT,
            Path(folder),
            split=Split(),
            window=Window(),
            sources={"source": len(rows)},
        )
        yield (
            snapshot,
            DataLock(
                snapshot=snapshot.digest,
                rows=snapshot.manifest.rows,
                window=Window(),
                sources={"source": len(rows)},
                columns=column_summaries(rows, CONTRACT),
            ),
        )


def alarms(rows: int, redraws: int) -> None:
    """Print how often two models that are equally good are called better or worse."""
    print(f"\n{redraws} pairs of equally good models on {rows:,} rows each: called better or worse")
    print(f"{'':>30}   said      interval alone   test alone   stopped a release")
    noises = (0.7, 0.7)
    report("roc_auc, accuracy", [classifiers(rows, seed, *noises) for seed in range(redraws)])
    report("regression", [regressors(rows, seed, *noises) for seed in range(redraws)])


def alarms_of_users(users: int, each: int, redraws: int) -> None:
    """Print the same of rows that users share, and what it would be if the user column were not read."""
    print(f"\n{redraws} pairs of equally good models on {users} users with {each} rows each")
    pairs = [of_users(users, each, seed) for seed in range(redraws)]
    for title, read in (("by user", True), ("by row", False)):
        report(title, [compared(pair, seed, read) for seed, pair in enumerate(pairs)])


def power(rows: int, redraws: int) -> None:
    """Print how often a true gain of 0.02 of AUC is found, by two models whose errors are independent."""
    champion = 0.7
    gained = noise_for(area(champion) + 0.02)
    print(
        f"\n{redraws} pairs on {rows:,} rows, true AUC {area(gained):.3f} against {area(champion):.3f}: called better"
    )
    found = [classifiers(rows, seed, gained, champion)[0] for seed in range(redraws)]
    print(f"{'roc_auc':>30}   {share([one.better for one in found])}")


def report(title: str, found: list[tuple[Comparison, ...]]) -> None:
    """Print a line a metric."""
    print(f"{title:>30}")
    for position, first in enumerate(found[0]):
        each = [one[position] for one in found]
        rules, scale = PerformanceGates(metric=first.metric), AS_IT_IS
        if first.metric in (*REGRESSION, "neg_mean_absolute_error"):
            truth = amounts(np.random.default_rng(0), 100_000)[1]
            scale = scale_of(
                find_metric(first.metric, {}), Paired(truth, truth, None), (first.challenger, first.champion)
            )
        stops = [Champion().judge(one, (), rules, scale=scale).stops for one in each]
        out = [one.difference.interval is not None and not holds_zero(one) for one in each]
        print(
            f"{first.metric:>30}   {share([one.better or one.worse for one in each])}   {np.mean(out):6.1%}"
            f"           {np.mean([one.p_value < 0.05 for one in each]):6.1%}       {np.mean(stops):6.1%}"
        )


def holds_zero(one: Comparison) -> bool:
    """Return whether the interval of the difference holds zero."""
    span = one.difference.interval
    return span is not None and span.low <= 0 <= span.high


def named(names: tuple[str, ...]) -> list[Metric]:
    """Return metrics by their names."""
    return [find_metric(name, {}) for name in names]


def classifiers(rows: int, seed: int, first: float, second: float) -> tuple[Comparison, ...]:
    """Compare two classifiers that see a hidden score with so much noise."""
    generator = np.random.default_rng([seed, rows])
    skill = generator.normal(size=rows)
    truth = (skill + generator.normal(size=rows) > 0).astype(int)
    one, other = (classified(skill + noise * generator.normal(size=rows), truth) for noise in (first, second))
    return compare(one, other, named(CLASSIFIER), 1000, seed)


def of_users(users: int, each: int, seed: int) -> tuple[Paired, Paired]:
    """Return two classifiers each of whose errors is shared by all rows of a user."""
    generator = np.random.default_rng([seed, users, each])
    who = np.repeat(np.arange(users), each)
    skill = generator.normal(size=users)[who]
    truth = (skill + generator.normal(size=len(who)) > 0).astype(int)
    scores = (skill + 0.7 * generator.normal(size=users)[who] for _ in range(2))
    first, second = (replace(classified(score, truth), users=who) for score in scores)
    return first, second


def compared(pair: tuple[Paired, Paired], seed: int, by_user: bool) -> tuple[Comparison, ...]:
    """Compare the two by user, or as if all rows were independent."""
    first, second = pair if by_user else (replace(one, users=None) for one in pair)
    return compare(first, second, named(CLASSIFIER), 1000, seed)


def classified(score: Array, truth: Array) -> Paired:
    """Return the answers of a model with such scores."""
    chance = 1 / (1 + np.exp(-score))
    return Paired(
        truth,
        (chance > 0.5).astype(int),
        np.stack([1 - chance, chance], axis=1),
        ("No", "Yes"),
        1,
        task="classification",
    )


def regressors(rows: int, seed: int, first: float, second: float) -> tuple[Comparison, ...]:
    """Compare two models of a number with heavy tails, in a unit of its own."""
    generator = np.random.default_rng([seed, rows])
    skill, truth = amounts(generator, rows)
    one, other = (
        Paired(truth, 500 + 40 * (skill + noise * generator.normal(size=rows)), None, task="regression")
        for noise in (first, second)
    )
    return compare(one, other, named((*REGRESSION, "neg_mean_absolute_error", "r2")), 1000, seed)


def amounts(generator: np.random.Generator, rows: int) -> tuple[Array, Array]:
    """Return hidden scores, and numbers with heavy tails around them."""
    skill = generator.normal(size=rows)
    return skill, 500 + 40 * (skill + generator.standard_t(4, size=rows))


def area(noise: float) -> float:
    """Return the true AUC of a score with so much noise: by the orthant probability of three normal variables."""
    return 0.5 + 2 / math.pi * math.asin(1 / math.sqrt(4 * (1 + noise**2)))


def noise_for(wanted: float) -> float:
    """Return the noise that gives such an AUC."""
    return math.sqrt(1 / (4 * math.sin(math.pi / 2 * (wanted - 0.5)) ** 2) - 1)


def share(said: list[bool]) -> str:
    """Return a share in words, with its exact interval (Clopper and Pearson 1934)."""
    hits, count = sum(said), len(said)
    low = beta.ppf(0.025, hits, count - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1.0
    return f"{hits / count:6.1%} ({low:.1%} to {high:.1%})"


def people(rows: int, seed: int) -> pd.DataFrame:
    """Return rows that keep the contract."""
    generator = np.random.default_rng(seed)
    columns: dict[str, object] = {name: generator.normal(size=rows) for name in NUMBERS}
    frame = pd.DataFrame(columns).assign(
        visits=generator.poisson(3, rows),
        member=generator.random(rows) < 0.5,
        region=generator.choice(REGIONS, rows),
        plan=generator.choice(PLANS, rows),
        age=generator.integers(18, 90, rows),
        colour=generator.choice(["Black", "White"], rows),
        sex=generator.choice(["Female", "Male"], rows),
    )
    skill = frame["x0"] + frame["x1"] + 0.3 * frame["x2"] + 0.1 * frame["visits"] - 0.3
    return frame.assign(bought=np.where(skill + generator.normal(size=rows) > 0, "Yes", "No"))


def fit(train: pd.DataFrame, numbers: tuple[str, ...]) -> Ask:
    """Return a logistic regression on these numbers and the categories."""
    texts = ["region", "plan"]
    inputs = [*numbers[:12], "visits", *texts]
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), texts), remainder=StandardScaler()), LogisticRegression()
    )
    model.fit(train[inputs], train["bought"])

    def ask(rows: pd.DataFrame) -> Scored:
        chances = model.predict_proba(rows[inputs].fillna(dict.fromkeys(numbers, 0.0)))
        labels = np.where(chances[:, 1] > 0.5, "Yes", "No").astype(object)
        return Scored(rows, labels, chances, ("No", "Yes"))

    return ask


def seconds(work: Callable[[], object]) -> Array:
    """Return how long it took, once, by the clock and by the processor."""
    begin = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.asarray(np.array([time.perf_counter(), time.process_time()]) - begin)


def said(taken: Array) -> str:
    """Return seconds in words."""
    return f"{taken[0]:6.2f} s, of the processors {taken[1]:6.2f} s"


if __name__ == "__main__":
    main()
