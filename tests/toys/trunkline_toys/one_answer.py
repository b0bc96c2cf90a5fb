"""A monitor that asks whether nearly everyone gets the same answer."""

from collections import Counter

from trunkline.core.policy.section import Section, Share
from trunkline.core.signals import Finding
from trunkline.measure.intervals import wilson
from trunkline.monitoring import Evidence, Monitor, Seen


class Settings(Section):
    """When one answer is too frequent."""

    share: Share = 0.9
    """The share of the newest answers that may be the same."""


class OneAnswer(Monitor[Settings]):
    """The most frequent answer is counted. The lower end of the interval of its share decides."""

    kind, question, section = "data", "Does nearly everyone get the same answer?", Settings
    advice = ("Look at the newest inputs of {environment}: which of them is stuck?",)

    def look(self, evidence: Evidence) -> Seen:
        answers = [str(answer.outputs["prediction"]) for answer in evidence.window.predictions]
        rows, limit = len(answers), self.settings.share
        if rows < evidence.policy.minimum_rows:
            return Seen("inconclusive", f"{rows} answers are too few to say.", rows)
        (answer, times), *_ = Counter(answers).most_common(1)
        span = wilson(times, rows)
        found = Finding(subject=answer, measure="share", value=times / rows, threshold=limit, interval=span)
        words = f"{times} of {rows} answers are {answer}."
        if span.low > limit:
            return Seen("alarm", words, rows, (found,))
        return Seen("quiet" if span.high <= limit else "inconclusive", words, rows, lead=found)
