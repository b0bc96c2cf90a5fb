"""What the training monitor can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..section import Section


class TrainingMonitor(Section):
    """When a training takes longer than those before it."""

    rise: Annotated[float, Field(gt=0)] = 0.5
    """How much longer it may take than the typical one before it: 0.5 is half as long again."""
