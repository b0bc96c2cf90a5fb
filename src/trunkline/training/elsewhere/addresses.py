"""Addresses: a model's file, fetched by https or out of an object store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trunkline.core.errors import NotFoundError, StorageError, UnavailableError
from trunkline.core.raised import one_line

from .trained import Trained


def fetch(trained: Trained, partial: Path, limit: int) -> None:
    """Write what an address holds to a file, piece by piece, and no more than `limit` bytes."""
    try:
        import obstore
        from obstore.store import from_url
    except ImportError as error:
        raise StorageError(
            f"Trained model {trained.name}: {trained.file} needs the package obstore, which is not installed.",
            next_step="add obstore to requirements/train.in, then make lock and make setup",
        ) from error
    folder, _, name = trained.file.rpartition("/")
    with _telling(trained):
        plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
        options: dict[str, Any] = {"allow_http": plain, "connect_timeout": "10s", "timeout": "600s"}
        open_store: Any = from_url
        store = open_store(folder) if trained.scheme == "file" else open_store(folder, client_options=options)
        size = 0
        with partial.open("wb") as stream:
            for piece in obstore.get(store, name).stream():
                size += len(piece)
                if size > limit:
                    raise too_large(trained)
                stream.write(piece)


@contextmanager
def _telling(trained: Trained) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:  # obstore's own is a kind of it
        raise NotFoundError(
            f"Trained model {trained.name}: there is nothing at {trained.file}.",
            next_step="correct its address in model.py",
        ) from error
    except (BaseError, ValueError, OSError) as error:
        raise UnavailableError(
            f"Trained model {trained.name}: {trained.file} cannot be fetched: {one_line(error)}.",
            next_step="try again later; look at the address, at the network, and at the credentials of this machine",
        ) from error


def too_large(trained: Trained) -> StorageError:
    """Return the error of a file that is larger than model.py allows."""
    return StorageError(
        f"Trained model {trained.name}: {trained.file} is larger than {trained.largest_mb} MB.",
        next_step="raise largest_mb in model.py if that is meant",
    )
