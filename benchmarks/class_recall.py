"""How often performance/class-recall calls a class unanswered that is answered, and how often it finds one that is not.

Run: python benchmarks/class_recall.py [--redraws 200]

Logistic regressions on four columns, fitted on three times as many rows as they are tested on. What is true of each is
its recall on 200,000 rows more. The limit is the default.
"""

from __future__ import annotations

import argparse
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.stats import beta
from sklearn.linear_model import LogisticRegression

from trunkline.core.policy.gates import PerformanceGates
from trunkline.evaluation.gates.class_recall import ClassRecall
from trunkline.measure.paired import Array, Paired

LIMIT = PerformanceGates().class_recall or 0.05
TEST = (150, 500, 2_000, 10_000)
RARE = (-1.2, -2.2, -3.0, -4.0)
STRENGTH = (0.6, 1.0, 1.6)


def main() -> None:
    """Print a line for each number of test rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraws", type=int, default=200)
    redraws = parser.parse_args().redraws
    print(f"two classes, share of the rarer one 2 to 30 %, limit {LIMIT}")
    print(
        f"{'test rows':>10} {'truly answered':>15} {'called unanswered':>28} {'truly not':>10} {'found':>28}"
    )
    for rows in TEST:
        found = [
            one(rows, rare, strength, seed)
            for rare in RARE
            for strength in STRENGTH
            for seed in range(redraws)
        ]
        healthy = [outcome == "fail" for truth, outcome in found if truth >= LIMIT]
        ill = [outcome == "fail" for truth, outcome in found if truth < LIMIT / 10]
        print(f"{rows:>10,} {len(healthy):>15,} {share(healthy):>28} {len(ill):>10,} {share(ill):>28}")
    print(f"\nno model: a recall of exactly {LIMIT} on test and training rows")
    for rows in TEST:
        found_exact = [exact(rows, 0.1, seed) == "fail" for seed in range(10 * redraws)]
        print(f"{rows:>10,} {len(found_exact):>15,} {share(found_exact):>28}")


def said(test: Paired, train: Paired) -> str:
    """Return what the gate says of these answers."""
    policy = SimpleNamespace(gates=SimpleNamespace(performance=PerformanceGates(class_recall=LIMIT)))
    case: Any = SimpleNamespace(paired=test, trained=train, reigning=None, policy=policy)
    return ClassRecall().verdict(case).outcome


def one(rows: int, rare: float, strength: float, seed: int) -> tuple[float, str]:
    """Return the true recall of a model's rarer class, and what the gate says of it."""
    generator = np.random.default_rng([rows, seed, round(-10 * rare), round(10 * strength)])
    train, test, world = (drawn(size, rare, strength, generator) for size in (3 * rows, rows, 200_000))
    if train[1].sum() < 2 or not test[1].any():
        return 1.0, "inconclusive"
    model = LogisticRegression().fit(*train)
    labels = model.predict(world[0])
    truth = float(labels[world[1] == 1].mean())
    return truth, said(paired(model, *test), paired(model, *train))


def drawn(rows: int, rare: float, strength: float, generator: np.random.Generator) -> tuple[Array, Array]:
    """Return columns and outcomes: the odds are linear in four columns."""
    columns = generator.normal(size=(rows, 4))
    odds = rare + strength * columns @ np.array([1.0, 0.7, 0.4, 0.0])
    return columns, (generator.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)


def paired(model: LogisticRegression, columns: Array, truth: Array) -> Paired:
    """Return what the model answers."""
    return Paired(
        truth, model.predict(columns), model.predict_proba(columns), ("No", "Yes"), 1, task="classification"
    )


def exact(rows: int, rare: float, seed: int) -> str:
    """Return what the gate says where each row of the class is answered with the chance of the limit."""
    generator = np.random.default_rng([rows, seed])

    def part(size: int) -> Paired:
        truth = (generator.random(size) < rare).astype(int)
        return Paired(
            truth, truth * (generator.random(size) < LIMIT), None, ("No", "Yes"), 1, task="classification"
        )

    return said(part(rows), part(3 * rows))


def share(said: list[bool]) -> str:
    """Return a share in words, with its exact interval (Clopper and Pearson 1934)."""
    hits, count = sum(said), len(said)
    if not count:
        return "-"
    low = beta.ppf(0.025, hits, count - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1.0
    return f"{hits / count:.1%} ({low:.1%} to {high:.1%})"


if __name__ == "__main__":
    main()
