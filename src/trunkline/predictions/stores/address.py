"""Addresses of log stores: the scheme says which kind of store it is."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.core.plugins import OURS, plugin

from .protocol import LogStore

ENVIRONMENT = "{environment}"
"""Stands for the environment's name in an address."""


def ships(address: str) -> bool:
    """Whether a service ships its log to this address; a log that it hands out itself stays with it.

    Raises PolicyError when no store has the scheme.
    """
    return bool(plugin("log stores", urlsplit(address).scheme).writable)


def open_store(
    address: str,
    environment: str,
    variables: Mapping[str, str],
    *,
    table: Mapping[str, Mapping[str, str]] = OURS,
) -> LogStore:
    """Return the store of an environment's log; `table` lists the kinds of stores.

    Raises PolicyError when no store has the scheme, StorageError when it cannot be opened.
    """
    where = address.replace(ENVIRONMENT, environment)
    store: LogStore = plugin("log stores", urlsplit(where).scheme, table=table).open(where, variables)
    return store
