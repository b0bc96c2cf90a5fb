"""What the performance monitor can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..section import Section


class PerformanceMonitor(Section):
    """When a fall in quality is a signal."""

    metric: str = "roc_auc"
    """Any metric; one that scikit-learn alone computes needs the extra `train` where it is watched."""
    margin: Annotated[float, Field(ge=0)] = 0.05
    """How far below the figure measured at release the whole interval must lie.

    A share, as `gates.performance.margin`: for errors (`neg_...`) of the error of a model that ignores its inputs, for
    the project's own metric of the greater of the two values. A margin above 1 is in the metric's own unit.
    """
