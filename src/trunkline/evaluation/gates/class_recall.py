"""Class recall: whether each class of the outcome is ever given as an answer to the rows that have it."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.paired import Paired
from trunkline.measure.wording import between, number
from trunkline.measure.worth import share_interval

from ..case import Case
from ..performance.figures import MORE_ROWS, too_little

NEVER = 2.0
"""A class that is never answered fails when its recall is surely below this many times the limit.

That it is never answered is evidence too, and a rare class has few rows."""


class ClassRecall(Gate[Case]):
    """For each class, the share of its test rows that are answered with it (recall), with Wilson's interval.
    Where users repeat, the interval counts as many rows as theirs are worth. If the recall is below the limit
    and the test rows are too few to be sure, the training rows are counted too, because a model knows them
    best. A class that is never answered is held to twice the limit, because few rows have it. Metrics of
    ranking, such as the area under the ROC curve, do not show this; nor does accuracy when one class is rare.

    Pass: The recall of every class reaches the limit. Regressions are not judged.
    Fail: The whole interval of a class lies below it, on test or training rows: readers of the answer hardly
    ever see that class.
    Inconclusive: The recall of a class is below it, but its rows are too few to be sure; or no test row has the
    class. Neither blocks a release here; `data/classes` blocks it where a class has too few test rows. Fewer
    than 30 test rows, or a single outcome among them, do block it.
    Advice: Set `training.threshold` (two classes), weigh the classes in model.py, or look for features that
    tell the class apart. Where only the probabilities are used, lower the limit in a reviewed change.
    Source: Wilson (1927), JASA 22; Provost and Fawcett (2001), Robust classification for imprecise
    environments, Machine Learning 42.
    """

    name = "performance/class-recall"
    question = "Is every class given as an answer to the rows that have it?"
    keys = ("gates.performance.class_recall", "training.threshold")

    switch = "performance.class_recall"

    def verdict(self, case: Case) -> Verdict:
        paired, limit = case.paired, case.policy.gates.performance.class_recall or 0.0
        if reason := too_little(paired):
            return self.answer("inconclusive", reason, threshold=limit, advice=MORE_ROWS)
        found = [_judged(name, paired, case.trained, limit, case.reigning) for name in paired.classes]
        red = [one for one in found if one.outcome == "fail"]
        open_ = [one for one in found if one.outcome == "inconclusive"]
        outcome: Outcome = "fail" if red else "inconclusive" if open_ else "pass"
        words = " ".join(one.words for one in red + open_)
        if outcome == "pass":
            least = min(found, key=lambda one: one.recall.value if one.recall else 1)
            words = f"Every class is given as an answer to the rows that have it; least often: {least.words}"
        return self.answer(
            outcome,
            words,
            threshold=limit,
            blocking=outcome != "inconclusive",  # decision 9
            figures=(one.recall for one in found if one.recall),
            advice="" if outcome == "pass" else _advice("two classes" in paired.traits),
        )


@dataclass(frozen=True)
class _Class:
    """What became of one class: its rows in test, and whether any row at all got it as an answer."""

    name: str
    recall: Figure | None
    outcome: Outcome
    words: str


def _judged(name: str, paired: Paired, train: Paired | None, limit: float, champion: Paired | None) -> _Class:
    rows, answered = _of_class(name, paired)
    if rows is None:
        return _Class(name, None, "inconclusive", f"No test row is {name}, so it was not judged.")
    recall = _recall(rows, name)
    words = f"{name} is answered for {_share(recall, 'test')}"
    if recall.value >= limit:
        return _Class(name, recall, "pass", f"{words}.")
    learned, ever = (None, False) if train is None else _of_class(name, train)
    trained = None if learned is None else _recall(learned, name)
    if trained is not None:
        words += f", and to {_share(trained, 'training')}"
    never = not (answered or ever)
    words += "; it is never answered." if never else "."
    bound = limit * (NEVER if never else 1.0)
    sure = any(one is not None and one.interval and one.interval.high < bound for one in (recall, trained))
    if not sure:
        words += f" These are too few rows to be sure that it is less than {number(bound)}."
    if champion is not None:
        own = _recall(champion.take(champion.truth == champion.classes.index(name)), name)
        words += f" The champion gives it to {number(own.value)} of them."
    return _Class(name, recall, "fail" if sure else "inconclusive", words)


def _of_class(name: str, paired: Paired) -> tuple[Paired | None, bool]:
    """Return the rows that have a class, None without any, and whether some row is answered by it."""
    if name not in paired.classes:
        return None, False
    place = paired.classes.index(name)
    rows = paired.take(paired.truth == place)
    return rows if rows.rows else None, bool((paired.labels == place).any())


def _recall(rows: Paired, name: str) -> Figure:
    """Return the share of these rows, which all have the class, that are answered by it."""
    hit = rows.labels == rows.classes.index(name)
    return Figure(
        name="recall",
        value=float(hit.mean()),
        rows=rows.rows,
        interval=share_interval(hit, rows.users),
        group=f"class={name}",
    )


def _share(recall: Figure, part: str) -> str:
    return (
        f"{number(recall.value)} ({between(recall.interval)}) of the {recall.rows:,} {part} rows that have it"
    )


def _advice(binary: bool) -> str:
    ways = ["weigh the classes in model.py (class_weight)", "look for features that tell the class apart"]
    if binary:
        ways.insert(
            0, "set training.threshold, so that an answer is given before its probability reaches one half"
        )
    return (
        f"Callers who read `prediction` hardly ever see such a class: {', or '.join(ways)}. Where only the "
        "probabilities are used, lower gates.performance.class_recall or set it to null in a reviewed change."
    )
