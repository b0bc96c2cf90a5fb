"""A gate that asks how many answers are wrong."""

from trunkline.core.figures import Figure
from trunkline.core.policy.section import Section, Share
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.evaluation import Case, Gate
from trunkline.measure.intervals import wilson


class Rules(Section):
    most: Share = 0.5
    """The largest share of wrong answers."""


class Mistakes(Gate[Case]):
    """The share of test rows with a wrong answer, with Wilson's interval.

    Pass: The share is at most the limit.
    Fail: It is greater, with its whole interval.
    Inconclusive: The limit lies within the interval, or there are fewer than 30 rows.
    Advice: Add features that tell the classes apart, or raise the limit in a reviewed change.
    """

    name, question, section = "toys/mistakes", "Are few answers wrong?", Rules

    def applies(self, case: Case) -> bool:
        return bool(case.paired.classes)

    def verdict(self, case: Case) -> Verdict:
        rows, wrong = case.paired.rows, int((case.paired.labels != case.paired.truth).sum())
        share, span, most = wrong / max(1, rows), wilson(wrong, rows), self.rules.most
        open_ = rows < 30 or span.low <= most < share
        figure = Figure(name="mistakes", value=share, rows=rows, interval=span)
        said = f"{wrong} of {rows} answers are wrong; {most:.0%} may be."
        outcome: Outcome = "inconclusive" if open_ else "pass" if share <= most else "fail"
        return self.answer(outcome, said, figures=(figure,), threshold=most)
