"""The service under load."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from trunkline.core.policy.section import Section, Share


class LoadGates(Section):
    """The service under load, measured by `trunkline load` with the project's locustfile."""

    required: bool = False
    """Whether a bundle that was never loaded is held up."""
    rate: Annotated[float, Field(gt=0)] = 50.0
    """Requests a second that arrive."""
    seconds: Annotated[float, Field(gt=0)] = 10.0
    """How long is measured."""
    warm_up_s: Annotated[float, Field(ge=0)] = 3.0
    """How long load is put on before that."""
    latency_p50_ms: Annotated[float, Field(gt=0)] | None = None
    """What half of the answers must take at most; `null` asks nothing."""
    latency_p95_ms: Annotated[float, Field(gt=0)] | None = 100.0
    """What 95% of the answers must take at most; `null` asks nothing."""
    latency_p99_ms: Annotated[float, Field(gt=0)] | None = None
    """What 99% of the answers must take at most; `null` asks nothing."""
    error_rate: Share = 0.01
    """The largest share of requests that may fail."""
    locustfile: str = "loadtest/locustfile.py"
    """The file, seen from the project, that says what users ask."""
