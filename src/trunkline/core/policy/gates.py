"""The policy of the gates: the questions that a model must answer before it is released.

Every limit that may be `null` is a question that is then not asked.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trunkline.core.verdicts import Waiver

from .section import Distinct, Positive, Section, Share, require_distinct

Value = bool | int | float | str
Suite = Literal["data-integrity", "train-test-validation", "model-evaluation"]


class DataGates(Section):
    """What makes a snapshot unfit to learn from, or to judge by."""

    duplicates: Share = 0.0
    """The largest share of rows that may repeat another one (by key where the contract has one)."""
    copies: Share | None = 0.05
    """The largest share of test rows that may equal a row that was learned from in everything but their key."""
    redelivered: Share | None = 0.05
    """The largest share of test rows that may equal a learned one in all but key, user and date, beyond chance."""
    conflicts: Share | None = 0.05
    """The largest share of rows whose equals have another outcome more often: what no model can get right."""
    leakage: Share = 0.98
    """A single feature that alone predicts the outcome this well (AUC, or R2 for regression) is called a leak."""
    time_leakage: Share | None = 0.7
    """How well the event time alone may tell classes apart (AUC) where the split is not temporal."""
    time_leakage_r2: Share | None = 0.2
    """The same for regression: the largest share of the outcome's variance that the event time alone may explain."""
    nulls: Share | None = 0.95
    """The largest share of nulls in a feature; one with a single value is refused too."""
    new_categories: Share | None = 0.02
    """The largest share of rows with a category that the champion's snapshot never had."""
    jump: Annotated[float, Field(gt=0)] | None = 1.0
    """How far a quantile of a column may move from the champion's snapshot, in widths of its middle half."""
    label_shift: Share | None = 0.15
    """How far the share of an outcome may move from the champion's snapshot (regression: `jump` is asked of it)."""
    interface: Literal["stop", "allow"] = "stop"
    """What becomes of a contract that breaks those who call the champion: a new field they must send, other answers."""


class NamedSlice(Section):
    """A part of the test rows with floors of its own."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    where: dict[str, Value | Annotated[Distinct[tuple[Value, ...]], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    """Column to a value or to a list of values; all must hold, those of `between` too."""
    between: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)
    """Column to its least and greatest value, both inclusive; `null` is open."""
    floors: dict[str, float]
    """Metric name to the least value that is released on these rows."""

    @model_validator(mode="after")
    def _asks_something(self) -> NamedSlice:
        if not (self.where or self.between):
            raise ValueError(f"the slice {self.name} says neither `where` nor `between`")
        if not self.floors:
            raise ValueError(f"the slice {self.name} has no floors")
        for column, (low, high) in self.between.items():
            if low is None and high is None:
                raise ValueError(f"the slice {self.name}: between.{column} is open at both ends")
            if low is not None and high is not None and low > high:
                raise ValueError(f"the slice {self.name}: between.{column} begins after its end")
        return self


class PerformanceGates(Section):
    """Floors on the test part, and the comparison with the champion."""

    floors: dict[str, float] = Field(default_factory=dict)
    """Metric name to the least value that is released; higher is better for every scikit-learn scorer name."""
    slices: tuple[NamedSlice, ...] = ()
    """Parts of the test rows with floors of their own."""
    baseline: bool = True
    """The model must beat one that ignores its inputs."""
    calibration: Share | None = 0.1
    """The largest mean distance between what probabilities say and what happens, in bins (classifiers)."""
    class_recall: Share | None = 0.05
    """The least share of each class's rows that must be answered by that class (classifiers)."""
    metric: str = "roc_auc"
    """The metric of the baseline and champion comparisons."""
    margin: Annotated[float, Field(ge=0)] = 0.02
    """How much worse than the champion a challenger may be at the worst end of the interval.

    Of errors (`neg_...`) a share of the error of a model that ignores its inputs; of a metric of the project's own a
    share of the greater of the two values (so let it give a mean a row, not a sum).
    """
    undecided: Literal["report", "worse", "stop"] = "worse"
    """What becomes of a comparison with the champion that the rows leave open.

    `report` tells it, `worse` stops it where the difference itself is below minus the margin, `stop` stops it always.
    """
    overfit_gap: Annotated[float, Field(ge=0)] = 0.12
    """The largest fall of the metric from train to test; of errors and own metrics a share, as for `margin`."""
    resamples: Annotated[int, Field(ge=200)] = 1000
    """Bootstrap resamples behind the intervals; 200 of a metric that is called for each: the project's own, and scorers
    that scikit-learn alone computes."""

    @field_validator("slices")
    @classmethod
    def _names_each_once(cls, slices: tuple[NamedSlice, ...]) -> tuple[NamedSlice, ...]:
        require_distinct(slices, "name")
        return slices


class FairnessGates(Section):
    """Disparities between the groups of each protected attribute, and of each two of them together."""

    demographic_parity_ratio: Share | None = 0.8
    """The least selection rate of any group over the greatest (the four-fifths rule)."""
    equalized_odds_difference: Share | None = 0.2
    """The largest difference of true or false positive rates between groups."""
    equal_opportunity_difference: Share | None = 0.2
    """The largest difference of true positive rates between groups."""
    error_rate_difference: Share | None = 0.2
    """The largest difference of error rates between groups."""
    calibration_difference: Share | None = 0.2
    """The largest difference between groups of what scores say on average less what happens."""
    error_ratio: Share | None = 0.8
    """The least mean error of any group over the greatest (regression; accuracy for many classes)."""
    champion_margin: Share | None = 0.1
    """How much worse than under the champion any group's accuracy may become (regression: share of its error)."""
    intersections: bool = True
    """Whether groups of two attributes together are asked as well."""
    minimum_group: Positive = 30
    """Groups with fewer rows give no verdict."""
    undecided: Literal["report", "stop"] = "report"
    """What becomes of a figure of one attribute that is beyond its limit while the interval reaches back over it."""
    blocking: bool = True


class Metamorphic(Section):
    """A change of the inputs whose effect on the answer is known without knowing the outcome."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    column: str
    """The feature that is changed; every other one stays."""
    add: float | None = None
    """Add this to a number (rows that would leave the contract's range are left out)."""
    multiply: float | None = None
    """Multiply a number by this."""
    set_to: Value | None = None
    """Give every row this value."""
    swap: tuple[Value, Value] | None = None
    """Exchange these two values."""
    expect: Literal["same", "not-higher", "not-lower"]
    """What may happen to the positive probability, or to the predicted number."""
    tolerance: Annotated[float, Field(ge=0)] = 0.01
    """A change of the answer as small as this is none: of a probability, or in the outcome's unit."""
    violations: Share = 0.01
    """The largest share of rows that may break the expectation."""

    @model_validator(mode="after")
    def _changes_one_thing(self) -> Metamorphic:
        given = [self.add, self.multiply, self.set_to, self.swap]
        if sum(change is not None for change in given) != 1:
            raise ValueError(f"the test {self.name} must say exactly one of add, multiply, set_to and swap")
        if self.add == 0 or self.multiply == 1 or (self.swap and self.swap[0] == self.swap[1]):
            raise ValueError(f"the test {self.name} changes nothing")
        return self


class RobustnessGates(Section):
    """What must not change an answer, or not by much."""

    row_order: bool = True
    """Answers may not depend on the order or the number of the rows asked for at once."""
    unseen: bool = True
    """Values that the contract allows and training never had must get an answer."""
    missing: Share | None = 0.1
    """The share of values taken away from the features that may be null."""
    noise: Annotated[float, Field(ge=0)] | None = 0.05
    """Noise added to numbers, in their standard deviations."""
    fall: Annotated[float, Field(ge=0)] = 0.05
    """How far `performance.metric` may fall under `missing` or `noise`.

    Of errors and own metrics a share, as for `performance.margin`.
    """
    metamorphic: tuple[Metamorphic, ...] = ()

    @field_validator("metamorphic")
    @classmethod
    def _names_each_once(cls, tests: tuple[Metamorphic, ...]) -> tuple[Metamorphic, ...]:
        require_distinct(tests, "name")
        return tests


class SliceGates(Section):
    """Parts of the rows on which the model is weak, found by a shallow tree on its errors."""

    depth: Annotated[int, Field(ge=1, le=4)] = 3
    """Conditions that describe a slice at most."""
    minimum_rows: Annotated[int, Field(ge=2)] = 50
    """Rows that a slice has at least; one has no spread to judge by."""
    gap: Share = 0.1
    """How much more error makes a slice weak (than the rest's) or harmful (than a model's that ignores its inputs).

    As a share of the mean error of a model that ignores its inputs; the error is Brier's score, of numbers the absolute
    one.
    """
    significance: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Family-wise, over all slices (Holm)."""
    blocking: bool = True
    """Whether a slice on which the model does worse than one that ignores its inputs stops a release."""


class DeepchecksGates(Section):
    """deepchecks' suites, run by `trunkline deepchecks` in an environment of their own."""

    required: bool = False
    """Whether a bundle that deepchecks did not look at is held up."""
    suites: Distinct[tuple[Suite, ...]] = ("data-integrity", "train-test-validation", "model-evaluation")
    """An empty list: deepchecks is not asked."""
    blocking: Distinct[tuple[str, ...]] = ()
    """Names of checks, as `Data Duplicates`, that stop a release when they fail or warn; the others are reported."""
    python: str = ".venv-deepchecks/bin/python"
    """The interpreter of that environment, from the project's folder; `make deepchecks` makes it."""
    rows: Positive = 20_000
    """Rows of each part at most, drawn with a fixed seed."""
    timeout_s: Positive = 900
    """For all suites together; one that has not answered by then fails."""

    @model_validator(mode="after")
    def _required_asks_something(self) -> DeepchecksGates:
        if self.required and not self.suites:
            raise ValueError("deepchecks is required and has no suites")
        return self


class LoadGates(Section):
    """The service under load, measured by `trunkline load` with the project's locustfile."""

    required: bool = False
    """Whether a bundle that was never loaded is held up."""
    rate: Annotated[float, Field(gt=0)] = 50.0
    """Requests a second that arrive."""
    seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long is measured."""
    warm_up_s: Annotated[float, Field(ge=0)] = 3.0
    """How long load is put on before that."""
    latency_p50_ms: Annotated[float, Field(gt=0)] | None = None
    latency_p95_ms: Annotated[float, Field(gt=0)] | None = 100.0
    latency_p99_ms: Annotated[float, Field(gt=0)] | None = None
    error_rate: Share = 0.01
    """The largest share of requests that may fail."""
    locustfile: str = "loadtest/locustfile.py"


class Gates(Section):
    """The questions that a model must answer before it is released."""

    data: DataGates = DataGates()
    performance: PerformanceGates = PerformanceGates()
    fairness: FairnessGates = FairnessGates()
    robustness: RobustnessGates = RobustnessGates()
    slices: SliceGates = SliceGates()
    deepchecks: DeepchecksGates = DeepchecksGates()
    load: LoadGates = LoadGates()
    waivers: tuple[Waiver, ...] = ()

    @field_validator("waivers")
    @classmethod
    def _waives_each_once(cls, waivers: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
        require_distinct(waivers, "gate")
        return waivers
