"""What the infrastructure monitor can be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..section import Section


class InfrastructureMonitor(Section):
    """When the service itself is in trouble."""

    latency_p95_ms: Annotated[float, Field(gt=0)] = 100.0
    """The latency that 95% of the answers must keep."""
    probe_timeout_s: Annotated[float, Field(gt=0)] = 2.0
    """How long the service may take to say that it is ready."""
