"""Whole ladders of made-up challengers, looked at hourly: how often a healthy one goes back, and a bad one is caught.

Run `python benchmarks/rollout.py`. The decisions are production's: `trunkline.rollout.compare` and `advise`. Users come
again and again, a few of them much more often than most (lognormal), and differ in how often a version is right or
fails for them (beta). Both versions meet the same difficulties of a user. A look that is far from every end of an
interval is not computed (`Ladder.near`); `--every-look` computes all, and finds the same ends.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.stats import beta

from trunkline.core.policy.rollout import Rollout
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired
from trunkline.measure.users import UserShare
from trunkline.rollout import ArmFigures, ArmRows, StageEvidence, advise, compare
from trunkline.rollout.comparing import TAIL

ACCURACY = LightMetric("accuracy")
NEAR = 2.5
"""Binomial standard errors that each half of production's intervals spans at the very least: theirs span three and more
standard errors of users, who are alike."""
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CANARIES = Rollout.model_validate(
    {"ladder": [{"strategy": "canary", "share": 0.1}, {"strategy": "canary", "share": 0.5}]}
)
WHOLE = Rollout.model_validate(
    {"ladder": [{"strategy": "silent"}, *(step.model_dump() for step in CANARIES.ladder)]}
)


@dataclass(frozen=True)
class Version:
    """How often a version is right, fails, and is slow, over all users."""

    right: float = 0.85
    fails: float = 0.02
    slow: float = 0.02


@dataclass(frozen=True)
class Traffic:
    """Users and what they send; `exposure` is how many answers the canaries of `policy` give in their shortest time."""

    exposure: int = 20_000
    a_day: float = 8.0
    """Requests of a user on the mean."""
    spread: float = 1.0
    """Standard deviation of the logarithm of users' activity."""
    alike: float = 0.05
    """Correlation of a version being right twice for one user."""
    failing_alike: float = 0.02
    """The same of failures."""

    def users(self, policy: Rollout) -> int:
        """Return how many users there are."""
        planned = sum(step.share * policy.hours_of(step.share) / 24 for step in policy.steps)
        return max(2, round(self.exposure / planned / self.a_day))


@dataclass
class Ended:
    """How a ladder ended, and how many answers the challenger had given to users by then."""

    action: str
    exposure: int
    hours: int
    reason: str = ""


@dataclass
class Arm:
    """What a version did so far in a step, by user."""

    asked: np.ndarray
    failed: np.ndarray
    slow: np.ndarray
    right: np.ndarray

    @classmethod
    def empty(cls, users: int) -> Arm:
        """Return what has not begun."""
        return cls(*(np.zeros(users, dtype=np.int64) for _ in range(4)))

    def rows(self) -> ArmRows:
        """Return it as production measures it."""
        there = np.flatnonzero(self.asked)
        asked, answered = self.asked[there] * 1.0, (self.asked - self.failed)[there] * 1.0
        quick = (self.asked - self.failed - self.slow)[there] * 1.0
        had = answered > 0
        return ArmRows(UserShare(answered, asked), UserShare(quick[had], answered[had]), self.labelled())

    def labelled(self) -> Paired:
        """Return every answer with its truth."""
        answers = self.asked - self.failed
        there = np.flatnonzero(answers)
        each = np.stack([self.right[there], answers[there] - self.right[there]], axis=1)
        users = np.repeat(np.arange(len(there)), answers[there])
        labels = np.repeat(np.tile([1, 0], len(there)), each.ravel())
        return Paired(
            np.ones(len(labels), dtype=np.int64), labels, None, ("no", "yes"), 1, users, task="classification"
        )

    def figures(self, version: int) -> ArmFigures:
        """Return its counts."""
        answers = int((self.asked - self.failed).sum())
        return ArmFigures(
            version=version,
            answers=answers,
            failures=int(self.failed.sum()),
            slow=int(self.slow.sum()),
            labelled=answers,
        )


@dataclass
class Ladder:
    """One challenger on its way."""

    policy: Rollout
    champion: Version
    challenger: Version
    traffic: Traffic
    generator: np.random.Generator
    every_look: bool = False
    exposure: int = 0
    _people: dict[str, np.ndarray] = field(default_factory=dict)

    def climb(self, *, limit: float = np.inf) -> Ended:
        """Return how it ends: gone back, through, or undecided once more than `limit` answers were given."""
        self._meet()
        hours, step = 0, self.policy.after()
        while step is not None:
            arms = [Arm.empty(len(self._people["rate"])) for _ in range(2)]
            lasted = 0
            while True:
                lasted, hours = lasted + 1, hours + 1
                self._hour(arms, step.share)
                action, reason = "wait", ""
                if self.every_look or self.exposure > limit or self.near(arms, step.share, lasted):
                    advice = advise(self._evidence(arms, step.share, lasted), self.policy)
                    action, reason = advice.action, advice.reason
                if action in ("go back", "ask"):
                    return Ended(action, self.exposure, hours, reason)
                if action == "go on":
                    break
                if self.exposure > limit:
                    return Ended("undecided", self.exposure, hours, reason)
            step = self.policy.after(step.share)
        return Ended("through", self.exposure, hours)

    def near(self, arms: list[Arm], share: float, lasted: int) -> bool:
        """Whether this look can decide anything: a difference is near an end, or the patience is over."""
        other, own = arms
        answers = [arm.asked.sum() - arm.failed.sum() for arm in arms]
        if not all(answers):
            return False
        hits = (
            (own.asked.sum() - own.failed.sum(), own.asked.sum(), answers[0], other.asked.sum()),
            (answers[1] - own.slow.sum(), answers[1], answers[0] - other.slow.sum(), answers[0]),
            (own.right.sum(), answers[1], other.right.sum(), answers[0]),
        )
        one, ones, two, twos = np.array(hits, dtype=np.float64).T
        value = one / ones - two / twos
        error = NEAR * np.sqrt(one * (ones - one) / ones**3 + two * (twos - two) / twos**3)
        tolerated = np.array([self.policy.failures, TAIL, self.policy.margin])
        long = lasted >= self.policy.hours_of(share)
        return bool(
            (value <= -error).any()
            or (long and (value + tolerated >= error).all())
            or lasted >= self.policy.patience_hours
        )

    def _meet(self) -> None:
        draw, users, traffic = self.generator, self.traffic.users(self.policy), self.traffic
        rate = draw.lognormal(-(traffic.spread**2) / 2, traffic.spread, users) * traffic.a_day / 24
        self._people = {"rate": rate, "place": draw.random(users)}
        for name, alike in (("right", traffic.alike), ("fails", traffic.failing_alike)):
            mean, weight = getattr(self.champion, name), (1 - alike) / alike
            drawn = draw.beta(mean * weight, (1 - mean) * weight, users)
            self._people[name] = drawn / mean if name == "fails" else drawn - mean

    def _hour(self, arms: list[Arm], share: float) -> None:
        counts = self.generator.poisson(self._people["rate"])
        if not share:  # in silence the challenger sees what the champion answered
            self._ask(arms[0], self.champion, counts)
            answered = arms[0]
            before = self._seen(arms[1])
            self._ask(arms[1], self.challenger, (answered.asked - answered.failed) - before)
            return
        canary = self._people["place"] < share
        self._ask(arms[0], self.champion, np.where(canary, 0, counts))
        self._ask(arms[1], self.challenger, np.where(canary, counts, 0))
        self.exposure += int(counts[canary].sum())

    @staticmethod
    def _seen(arm: Arm) -> np.ndarray:
        return arm.asked

    def _ask(self, arm: Arm, version: Version, counts: np.ndarray) -> None:
        draw = self.generator
        failed = draw.binomial(counts, np.clip(self._people["fails"] * version.fails, 0, 1))
        answers = counts - failed
        arm.asked = arm.asked + counts
        arm.failed = arm.failed + failed
        arm.slow = arm.slow + draw.binomial(answers, version.slow)
        arm.right = arm.right + draw.binomial(answers, np.clip(self._people["right"] + version.right, 0, 1))

    def _evidence(self, arms: list[Arm], share: float, lasted: int) -> StageEvidence:
        other, own = (arm.rows() for arm in arms)
        found = compare(own, other, self.policy, ACCURACY, same_rows=False)
        return StageEvidence(
            environment="production",
            strategy="canary" if share else "silent",
            share=share,
            since=NOON,
            until=NOON + timedelta(hours=lasted),
            champion=arms[0].figures(1),
            challenger=arms[1].figures(2),
            answered=found.answered,
            quick=found.quick,
            metric=ACCURACY.name,
            difference=found.quality,
        )


def ladders(
    policy: Rollout,
    challenger: Version,
    traffic: Traffic,
    *,
    draws: int,
    seed: int = 1,
    limit: float = np.inf,
    every_look: bool = False,
) -> list[Ended]:
    """Return how so many ladders ended."""
    generator = np.random.default_rng(seed)
    return [
        Ladder(policy, Version(), challenger, traffic, generator, every_look).climb(limit=limit)
        for _ in range(draws)
    ]


def share_of(hits: int, draws: int) -> str:
    """Return a share with its 95 % interval (Clopper and Pearson 1934)."""
    low = beta.ppf(0.025, hits, draws - hits + 1) if hits else 0.0
    high = beta.ppf(0.975, hits + 1, draws - hits) if hits < draws else 1.0
    return f"{hits / draws:.1%} ({low:.1%} to {high:.1%})"


def main() -> None:
    """Print how the ladders end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--only", default="", help="the beginning of ladder, challenger and exposure")
    parser.add_argument("--every-look", action="store_true")
    chosen = parser.parse_args()
    cases = {
        "healthy": Version(),
        "failures doubled": Version(fails=0.04),
        "accuracy 5 points lower": Version(right=0.80),
    }
    print("| ladder | challenger | planned exposure | goes back | through | undecided |")
    print("|---|---|---:|---|---|---|")
    for words, policy in (("10 %, 50 %", CANARIES), ("silent, 10 %, 50 %", WHOLE)):
        for name, version in cases.items():
            for exposure in (20_000, 1_000):
                if not f"{words} {name} {exposure}".startswith(chosen.only):
                    continue
                limit = np.inf if name == "healthy" and exposure == 20_000 else exposure / 4
                traffic = Traffic(exposure=exposure)
                found = Counter(
                    ended.action if ended.action != "ask" else "undecided"
                    for ended in ladders(
                        policy,
                        version,
                        traffic,
                        draws=chosen.draws,
                        limit=limit,
                        every_look=chosen.every_look,
                    )
                )
                ends = [
                    share_of(found[action], chosen.draws) for action in ("go back", "through", "undecided")
                ]
                until = "" if limit == np.inf else ", first quarter"
                print(f"| {words} | {name} | {exposure:,}{until} | {' | '.join(ends)} |", flush=True)


if __name__ == "__main__":
    main()
