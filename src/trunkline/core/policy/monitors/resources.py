"""What the resources monitor can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..section import Section


class ResourcesMonitor(Section):
    """When the service takes more than it did: time, processor, memory, GPU."""

    rise: Annotated[float, Field(gt=0)] = 0.5
    """How much more it may take than before: 0.5 is half as much again."""
    latency_ms: Annotated[float, Field(ge=0)] = 20.0
    """A p95 latency that rose by less is no trouble: a busy machine alone can double what takes a few milliseconds."""
