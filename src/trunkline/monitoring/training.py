"""Training: how long the newest version's took, against those before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from scipy import stats

from trunkline.core.figures import Interval
from trunkline.core.policy.monitors.training import TrainingMonitor
from trunkline.core.signals import Finding
from trunkline.measure.intervals import LEVEL
from trunkline.measure.wording import count

from .evidence import Evidence
from .monitor import Monitor, Seen

LEAST = 3
"""Earlier trainings from which one more can be foretold at all."""
MOST = 20
"""Of them, the newest: data grow."""
SPREAD = 0.1
"""The least that is taken as the spread of the logarithms: the same work takes a tenth more or less another day."""


class TrainingTime(Monitor[TrainingMonitor]):
    """The training of the newest version is compared with the 95% prediction interval for one more training after
    those before it, on machines of as many cores: the logarithms are taken as normal (Hahn & Meeker, Statistical
    Intervals, 1991, section 4.7).

    Longer than that, and by more than `rise` than the typical one, is an alarm where the CPU time shows it as well; a
    busy machine makes the clock alone run longer, which is inconclusive. Fewer than three trainings before it are
    too few. The times come from `version.json` beside each version's card.
    """

    kind = "infrastructure"
    question = "Does a training take longer than those before it?"
    section = TrainingMonitor
    advice = (
        "Look at what the newest training's pull request changed: rows, search space, features.",
        "If the machine was busy, the next training shows it.",
    )

    def look(self, evidence: Evidence) -> Seen:
        """Compare the newest training with those before it."""
        if not evidence.trainings:
            return Seen("inconclusive", "No version says what its training took.", 0, unjudged=("training",))
        *before, newest = evidence.trainings
        alike = [one for one in before if one.cores == newest.cores and min(one.seconds, one.cpu_seconds) > 0]
        alike = alike[-MOST:]
        head = f"The training of version {newest.version} took {newest.seconds:.3g} s"
        if len(alike) < LEAST:
            words = f"{head}; {count(len(alike), 'training')} before it on {newest.cores} cores, {LEAST} are needed."
            return Seen("inconclusive", words, len(alike), unjudged=("training",))
        typical, interval = one_more([one.seconds for one in alike])
        limit = (1 + self.settings.rise) * typical
        finding = Finding(
            subject="training",
            measure="duration (s)",
            value=newest.seconds,
            threshold=max(limit, interval.high),
            interval=interval,
            detail=f"those before it took {typical:.3g} s, and one more takes {interval.low:.3g} to"
            f" {interval.high:.3g} s in 95 of 100 cases",
        )
        words = f"{head}; {finding.detail}"
        if newest.seconds <= limit:
            return Seen("quiet", f"{words}.", len(alike), lead=finding)
        typical, work = one_more([one.cpu_seconds for one in alike])
        if newest.cpu_seconds <= max((1 + self.settings.rise) * typical, work.high):
            words += (
                f"; its {newest.cpu_seconds:.3g} s of CPU are as usual, so the machine may have been busy"
            )
        elif newest.seconds > finding.threshold:
            return Seen("alarm", f"{words}.", len(alike), (finding,))
        return Seen("inconclusive", f"{words}.", len(alike), lead=finding)


def one_more(values: Sequence[float]) -> tuple[float, Interval]:
    """Return the typical one of some positive values, and the prediction interval of one more."""
    logs = [math.log(value) for value in values]
    middle, spread = fmean(logs), max(stdev(logs), SPREAD)
    reach = float(stats.t.ppf(0.5 + LEVEL / 2, len(logs) - 1)) * spread * math.sqrt(1 + 1 / len(logs))
    return math.exp(middle), Interval(
        low=math.exp(middle - reach), high=math.exp(middle + reach), level=LEVEL
    )
