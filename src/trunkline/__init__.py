"""Trunkline: a Git repository that runs your model in production."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "field"]
_PLACES = {"field": "trunkline.data.field"}
"""Where names live that are read on use: `import trunkline` alone needs no package."""


def __getattr__(name: str) -> Any:
    """Return a name that is read on use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
