"""Direct: each answer's records are in the store before it is given, where the machine may stop after any answer."""

from __future__ import annotations

import gzip
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from trunkline.core.errors import StorageError, UnavailableError

from .closing import SPEED
from .records import Logged
from .segments import TIME, closed_name
from .stores import LogStore
from .writer import lines_of


class DirectLog:
    """Puts the records of each answer into a store, as a closed segment of their own; compaction joins them later."""

    sync = True

    def __init__(self, store: LogStore) -> None:
        self._store = store

    def append(self, records: Sequence[Logged]) -> None:
        """Put records there. Raises StorageError when the store does not take them, or does not answer."""
        if not records:
            return
        times = [record.time for record in records]
        stem = f"{datetime.now(UTC):{TIME}}-{os.getpid()}-{secrets.token_hex(4)}"
        content = gzip.compress(lines_of(records), SPEED, mtime=0)
        try:
            self._store.put(closed_name(stem, min(times), max(times)), content)
        except UnavailableError as error:
            raise StorageError(error.what, next_step=error.next_step) from error
        except OSError as error:
            raise StorageError(f"The log store does not take a file: {error.strerror}.") from error

    def close(self) -> None:
        """Do nothing: nothing waits."""
