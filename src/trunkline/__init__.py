"""Trunkline: a Git repository that runs your model in production."""

__version__ = "0.1.0"
__all__ = ["__version__"]
