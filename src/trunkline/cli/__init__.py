"""The command line: one verb per step of the life cycle."""

from .main import main

__all__ = ["main"]
