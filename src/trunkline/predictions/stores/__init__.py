"""Stores: where a prediction log lies besides the folder that its service writes to."""

from .address import open_store, ships
from .protocol import LogStore, Stored, belongs

__all__ = ["LogStore", "Stored", "belongs", "open_store", "ships"]
