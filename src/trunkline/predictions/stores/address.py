"""Addresses of log stores: the scheme says which kind of store it is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.core.plugins import plugin

from .protocol import LogStore

ENVIRONMENT = "{environment}"
"""Stands for the environment's name in an address."""


def open_store(address: str, environment: str, variables: Mapping[str, str]) -> LogStore:
    """Return the store of an environment's log.

    Raises PolicyError when no store has the scheme, StorageError when it cannot be opened.
    """
    where = address.replace(ENVIRONMENT, environment)
    store: LogStore = plugin("log stores", urlsplit(where).scheme).open(where, variables)
    return store
