"""What the performance monitor can be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..section import Section


class PerformanceMonitor(Section):
    """When a fall in quality is a signal."""

    metric: str = "roc_auc"
    """Any metric; one that scikit-learn alone computes needs the extra `train` where it is watched."""
    reference: Literal["release", "live"] = "release"
    """What the metric is compared with: its figure at release, or `live`, what the version's own first answers reached.

    `live` is for ground truth that is another than the data's, such as clicks on what was learned from purchases: the
    oldest `window_rows` answers of a version are then what its later ones are compared with.
    """
    margin: Annotated[float, Field(ge=0)] = 0.05
    """How far below the figure measured at release the whole interval must lie.

    A share, as `gates.performance.margin`: for errors (`neg_...`) of the error of a model that ignores its inputs, for
    the project's own metric of the greater of the two values. A margin above 1 is in the metric's own unit.
    """
