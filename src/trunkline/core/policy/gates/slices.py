"""Parts of the rows on which the model is weak."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trunkline.core.policy.section import Section, Share


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
