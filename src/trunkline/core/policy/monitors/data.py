"""What the data monitor can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..section import Section, Share


class DataMonitor(Section):
    """When input drift is a signal: the effect must be large and the test significant."""

    psi: Annotated[float, Field(gt=0)] = 0.25
    """Population stability index of a column above which it has drifted."""
    significance: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    """Family-wise, over all columns (Holm)."""
    rejections: Share = 0.02
    """The share of requests that may break the contract."""
