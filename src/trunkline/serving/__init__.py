"""The service: answers rows over HTTP, from verified bundles, and logs every answer before it gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .routing import choose

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["choose", "create_app"]


def __getattr__(name: str) -> Any:
    # Rollouts and rehearsals choose arms without a web framework installed.
    if name == "create_app":
        from .app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
