"""What makes a snapshot unfit to learn from, or to judge by."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trunkline.core.policy.section import Section, Share


class DataGates(Section):
    """What makes a snapshot unfit to learn from, or to judge by."""

    duplicates: Share = 0.0
    """The largest share of rows that may repeat another one (by key where the contract has one)."""
    copies: Share | None = 0.05
    """The largest share of test rows that may equal a learned one in all but their key, beyond chance."""
    redelivered: Share | None = 0.05
    """The largest share of test rows that may equal a learned one in all but key, user and date, beyond chance."""
    labels: Share = 0.0
    """The largest share of rows whose outcome makes no sense by itself, such as a box without an area."""
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
