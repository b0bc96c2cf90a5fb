"""Training: how long the newest version's took, against those before it."""

from __future__ import annotations

import math
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

    Longer than that and by more than `rise` above the typical one is an alarm. Fewer than three trainings before it are
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
        alike = [one.seconds for one in before if one.cores == newest.cores and one.seconds > 0][-MOST:]
        head = f"The training of version {newest.version} took {newest.seconds:.3g} s"
        if len(alike) < LEAST or newest.seconds <= 0:
            words = f"{head}; {count(len(alike), 'training')} before it on {newest.cores} cores, {LEAST} are needed."
            return Seen("inconclusive", words, len(alike), unjudged=("training",))
        logs = [math.log(seconds) for seconds in alike]
        middle, spread = fmean(logs), max(stdev(logs), SPREAD)
        reach = stats.t.ppf(0.5 + LEVEL / 2, len(logs) - 1) * spread * math.sqrt(1 + 1 / len(logs))
        typical = math.exp(middle)
        interval = Interval(low=math.exp(middle - reach), high=math.exp(middle + reach))
        limit = (1 + self.settings.rise) * typical
        words = (
            f"{head}; those before it took {typical:.3g} s, and one more takes {interval.low:.3g} to"
            f" {interval.high:.3g} s in 95 of 100 cases"
        )
        finding = Finding(
            subject="training",
            measure="duration (s)",
            value=newest.seconds,
            threshold=max(limit, interval.high),
            interval=interval,
            detail=words[:1].lower() + words[1:],
        )
        if newest.seconds > finding.threshold:
            return Seen("alarm", f"{words}.", len(alike), (finding,))
        undecided = newest.seconds > limit
        return Seen("inconclusive" if undecided else "quiet", f"{words}.", len(alike), lead=finding)
