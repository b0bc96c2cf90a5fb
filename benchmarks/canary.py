"""How often a canary tells equal versions apart when it is looked at once, with users and with rows as the units.

Run `python benchmarks/canary.py`. Nominal are 5 %. Whole ladders with hourly looks are in `rollout.py`.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import beta

from trunkline.measure.difference import difference
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired

ALIKE = 0.3
"""The correlation of the model being right twice for one user."""
CASES = (
    ("accuracy", 0.7, "20"),
    ("accuracy", 0.98, "20"),
    ("accuracy", 0.7, "unequal"),
    ("roc_auc", 0.7, "20"),
    ("f1", 0.7, "20"),
)


def sizes_of(generator: np.random.Generator, users: int, each: str) -> np.ndarray:
    """Return 20 answers a user, or numbers with the mean 20 and a long tail."""
    if each == "20":
        return np.full(users, 20)
    return np.asarray(np.minimum(1 + np.floor(3 * generator.pareto(1.2, users)), 400), dtype=int)


def answered(generator: np.random.Generator, users: int, right: float, each: str) -> Paired:
    """Return answers of a version that is right with this share, more often for some users than for others."""
    who = np.repeat(np.arange(users), sizes_of(generator, users, each))
    share = (1 - ALIKE) / ALIKE
    hit = generator.random(len(who)) < generator.beta(right * share, (1 - right) * share, users)[who]
    truth = (generator.random(len(who)) < 0.4).astype(int)
    labels = np.where(hit, truth, 1 - truth)
    score = np.clip(0.5 + (labels - 0.5) * generator.uniform(0, 1, len(who)), 0, 1)
    return Paired(
        truth, labels, np.stack([1 - score, score], axis=1), ("no", "yes"), 1, who, task="classification"
    )


def apart(metric: str, users: int, split: float, right: float, each: str, draws: int) -> str:
    """Return the share of draws of equal versions in which the interval leaves out zero, with its lower 95 % bound."""
    generator = np.random.default_rng(users)
    small = max(2, round(users * split))
    found = {"users": 0, "rows": 0}
    for _ in range(draws):
        sides = [answered(generator, size, right, each) for size in (small, users - small)]
        for unit in found:
            one, other = (
                side
                if unit == "users"
                else Paired(
                    side.truth, side.labels, side.probabilities, side.classes, 1, task="classification"
                )
                for side in sides
            )
            span = difference(one, other, LightMetric(metric), same_rows=False).interval
            found[unit] += span is not None and not span.low <= 0 <= span.high
    hits = found["users"]
    low = beta.ppf(0.025, hits, draws - hits + 1) if hits else 0.0
    return f"{hits / draws:.1%} (at least {low:.1%}) | {found['rows'] / draws:.1%}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--metrics", nargs="*", default=["accuracy", "roc_auc", "f1"])
    chosen = parser.parse_args()
    print("| metric | right | answers a user | users, share of the canary | users as units | rows as units |")
    print("|---|---|---|---|---|---|")
    for metric, right, each in (case for case in CASES if case[0] in chosen.metrics):
        for users, split in ((20, 0.2), (20, 0.5), (50, 0.5), (200, 0.5), (1000, 0.2)):
            said = apart(metric, users, split, right, each, chosen.draws)
            print(f"| {metric} | {right} | {each} | {users}, {split:.0%} | {said} |", flush=True)


if __name__ == "__main__":
    main()
