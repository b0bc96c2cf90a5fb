"""Floors on the test part, and the comparison with the champion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trunkline.core.policy.section import NAME, Distinct, Section, Share, require_distinct

Value = bool | int | float | str


class NamedSlice(Section):
    """A part of the test rows with floors of its own."""

    name: Annotated[str, NAME]
    """What reports call it: small letters, digits and hyphens."""
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

    For errors (`neg_...`) a share of the error of a model that ignores its inputs; for the project's own metric a
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
