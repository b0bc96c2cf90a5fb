"""Does each metric reach its floor?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.metrics import Metrics, tells
from trunkline.measure.paired import Paired
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.measure.users import counted
from trunkline.measure.wording import measured, number

from ..case import Case
from ..performance.figures import TEST_PART, measure_paired, of_one_class, too_few, too_little
from ..performance.named_slices import rows_of


class Floor(Gate[Case]):
    """Any scikit-learn scorer, or a metric of the project's own, on the test part; higher is better. The point
    decides, the interval (bootstrap) is stated. Where users (the contract's role `user`) have several test
    rows, the bootstrap draws users, here and in the comparisons below.

    Pass: The metric is at least its floor. The reason says so where the interval reaches below it.
    Fail: It is lower.
    Inconclusive: The test part has fewer than 30 rows or a single outcome, or the metric has no value there.
    Advice: Improve features or candidates; or, if the figure is good enough for the decision, lower the floor
    in a reviewed change.
    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; Davison and Hinkley
    (1997), Bootstrap Methods, section 3.8: clusters.
    """

    name = "performance/floor:{metric}"
    question = "Is the metric at least its floor on the test part?"
    keys = ("gates.performance.floors", "gates.performance.resamples")

    def verdicts(self, case: Case) -> Iterable[Verdict]:
        figures, problems = case.measured
        for name, floor in sorted(case.policy.gates.performance.floors.items()):
            yield floor_verdict(name, floor, figures, problems, case.paired, case.metrics)


class SliceFloor(Gate[Case]):
    """As the floors, on the rows that the slice's conditions (`where`, `between`) describe; the point decides.

    Pass: The metric is at least the slice's floor.
    Fail: It is lower.
    Inconclusive: The slice has fewer than 30 rows in test, or the metric has no value there, as the area under
    the ROC curve has none of a single outcome (accuracy has one).
    Advice: Look at the rows of the slice: too few in train, other causes, worse data. Add rows or a feature
    that tells them apart.
    """

    name = "performance/slice:{slice}:{metric}"
    question = "Is the metric at least its floor on this part of the test rows?"
    keys = ("gates.performance.slices",)

    def verdicts(self, case: Case) -> Iterable[Verdict]:
        rules = case.policy.gates.performance
        for position, part in enumerate(rules.slices):
            rows = case.paired.take(rows_of(case.test.frame, part, case.contract))
            figures: tuple[Figure, ...] = ()
            problems: dict[str, str] = {}
            if not too_few(rows):
                found, problems = measure_paired(
                    rows, tuple(part.floors), case.metrics, resamples=rules.resamples, seed=SEED
                )
                figures = tuple(figure.model_copy(update={"group": part.name}) for figure in found)
            key = f"gates.performance.slices.{position}.floors"
            for name, floor in sorted(part.floors.items()):
                yield floor_verdict(
                    name, floor, figures, problems, rows, case.metrics, within=part.name, key=key
                )


class OwnMetric(Gate[Case]):
    """The function in model.py is called with the truth, the answers and the positive probability, and again
    with every row twice: a sum over rows would be twice as great, and parts of other sizes cannot be compared
    by it. Its intervals are those of 200 resamples, because it is called for each of them: of 50,000 test rows
    a function that takes a hundredth of a second takes two seconds a comparison. The gate is answered only
    where something is wrong.

    Pass: Not shown: the metric stands among the figures.
    Fail: The function raised, or gave no number, or a sum.
    Inconclusive: Never.
    Advice: Correct metrics() in model.py; let it return the mean a row, not the sum.
    """

    name = "performance/metric:{metric}"
    question = "Can the project's metric be computed on the test part?"

    def verdicts(self, case: Case) -> Iterable[Verdict]:
        for name, problem in case.measured[1].items():
            if name not in case.policy.gates.performance.floors:
                yield self.answer("fail", problem, gate=f"performance/metric:{name}")


def floor_verdict(
    name: str,
    floor: float,
    figures: Sequence[Figure],
    problems: dict[str, str],
    paired: Paired,
    metrics: Metrics,
    *,
    within: str = "",
    key: str = "gates.performance.floors",
) -> Verdict:
    """Answer whether a metric is at least its floor; the point decides, the interval is stated.

    `within` names the slice that `paired` is, and `key` where the policy has the floor.
    """
    part = f"the slice {within}" if within else TEST_PART
    answer = partial(
        (SliceFloor() if within else Floor()).answer,
        gate=f"performance/slice:{within}:{name}" if within else f"performance/floor:{name}",
        question=f"Is {name} at least {number(floor)} on {part}?",
        threshold=floor,
    )
    figure = next((figure for figure in figures if figure.name == name and figure.group == within), None)
    # A test part of one outcome is broken; a slice of one may be meant so, and accuracy has a value there.
    reason = (too_few(paired, part) if within else too_little(paired)) or problems.get(name, "")
    if not reason and not tells(find_metric(name, metrics), paired):
        reason = f"{of_one_class(paired, part)}, so {name} has no value there."
    if figure is None or reason:
        reason = reason or f"{name} has no value on these {paired.rows:,} rows."
        advice = f"Give {part} more rows of every outcome, or correct the metric."
        return answer("inconclusive", reason, advice=advice)
    reason = (
        f"{name} is {measured(figure, counted(paired.rows, paired.users))}; the floor is {number(floor)}."
    )
    if figure.value >= floor:
        if figure.interval and figure.interval.low < floor:
            reason += " The interval reaches below the floor: with other rows it could have failed."
        return answer("pass", reason, figures=(figure,))
    advice = (
        f"Improve features or candidates; or, if {number(figure.value)} is good enough for the decision, lower "
        f"{key}.{name} in a reviewed change."
    )
    return answer("fail", reason, figures=(figure,), advice=advice)
