"""Runtimes: what opens a bundle's model and answers, for the service and for the parity that asks before it serves."""

from .model import Columns, Model, open_model

__all__ = ["Columns", "Model", "open_model"]
