"""What the log monitor can be told."""

from __future__ import annotations

from ..section import Section


class LogMonitor(Section):
    """When the service's own log is in trouble."""

    errors: int = 0
    """Error lines in the window that are tolerated."""
