"""How often a canary tells equal versions apart, and how often a stage ends wrongly when it is judged every hour.

Run `python benchmarks/canary.py`. Nominal are 5 % of equal versions; the first table also shows rows as the units.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import beta

from trunkline.core.policy.delivery import Rollout
from trunkline.measure.difference import difference
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired
from trunkline.response import level_of

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
    return np.minimum(1 + np.floor(3 * generator.pareto(1.2, users)), 400).astype(int)


def answered(generator: np.random.Generator, users: int, right: float, each: str) -> Paired:
    """Return answers of a version that is right with this share, more often for some users than for others."""
    who = np.repeat(np.arange(users), sizes_of(generator, users, each))
    share = (1 - ALIKE) / ALIKE
    hit = generator.random(len(who)) < generator.beta(right * share, (1 - right) * share, users)[who]
    truth = (generator.random(len(who)) < 0.4).astype(int)
    labels = np.where(hit, truth, 1 - truth)
    score = np.clip(0.5 + (labels - 0.5) * generator.uniform(0, 1, len(who)), 0, 1)
    return Paired(truth, labels, np.stack([1 - score, score], axis=1), ("no", "yes"), 1, who)


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
                else Paired(side.truth, side.labels, side.probabilities, side.classes, 1)
                for side in sides
            )
            span = difference(one, other, LightMetric(metric), same_rows=False).interval
            found[unit] += span is not None and not span.low <= 0 <= span.high
    hits = found["users"]
    low = beta.ppf(0.025, hits, draws - hits + 1) if hits else 0.0
    return f"{hits / draws:.1%} (at least {low:.1%}) | {found['rows'] / draws:.1%}"


def ends(
    users_an_hour: int, true: float, hours: int, draws: int, policy: Rollout
) -> tuple[float, float, float]:
    """Return how many stages go on, and go back, judged once at the end; and go on judged every hour until then."""
    generator = np.random.default_rng(users_an_hour)
    level, looks = level_of(policy), range(24, hours + 1)
    once = {"on": 0, "back": 0, "on early": 0}
    for _ in range(draws):
        one = answered(generator, users_an_hour * hours, 0.7 + true, "20")
        other = answered(generator, users_an_hour * hours, 0.7, "20")
        verdict = ""
        for hour in looks:
            rows = slice(0, users_an_hour * hour * 20)
            sides = [side.take(np.arange(side.rows)[rows]) for side in (one, other)]
            span = difference(*sides, metric=LightMetric("accuracy"), same_rows=False, level=level).interval
            now = "" if span is None else "on" if span.low >= -policy.margin else ""
            now = now or ("back" if span is not None and span.high < -policy.margin else "")
            verdict = verdict or now
        once["on"] += now == "on"
        once["back"] += now == "back"
        once["on early"] += verdict == "on"
    return once["on"] / draws, once["back"] / draws, once["on early"] / draws


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--stages", type=int, default=400)
    chosen = parser.parse_args()
    print("| metric | right | answers a user | users, share of the canary | users as units | rows as units |")
    print("|---|---|---|---|---|---|")
    for metric, right, each in CASES:
        for users, split in ((20, 0.2), (20, 0.5), (50, 0.5), (200, 0.5), (1000, 0.2)):
            said = apart(metric, users, split, right, each, chosen.draws)
            print(f"| {metric} | {right} | {each} | {users}, {split:.0%} | {said} |", flush=True)
    policy = Rollout()
    print("\n| true difference | users an hour | on, judged once | back, judged once | on, judged hourly |")
    print("|---|---|---|---|---|")
    for true in (-policy.margin, 0.0):
        for users in (5, 20):
            on, back, early = ends(users, true, 72, chosen.stages, policy)
            print(f"| {true:g} | {users} | {on:.1%} | {back:.1%} | {early:.1%} |", flush=True)


if __name__ == "__main__":
    main()
