"""Where a release can run: one module a kind of target, behind one protocol."""

from .local import LocalTarget
from .protocol import Health, Target

__all__ = ["Health", "LocalTarget", "Target"]
