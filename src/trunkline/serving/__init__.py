"""The service: answers rows over HTTP, from verified bundles, and logs every answer before it gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .routing import choose
from .runtime import Model, open_model

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["Model", "choose", "create_app", "open_model"]


def __getattr__(name: str) -> Any:
    # Training and evaluation ask models without a web framework installed.
    if name == "create_app":
        from .app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
