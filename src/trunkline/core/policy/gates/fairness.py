"""Disparities between groups of people."""

from __future__ import annotations

from typing import Literal

from trunkline.core.policy.section import Positive, Section, Share


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
    """Whether a disparity stops a release; otherwise it is only reported."""
