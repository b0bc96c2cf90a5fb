"""Addresses: a model's file, fetched by https, out of an object store, or from a folder of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from trunkline.core.errors import NotFoundError, StorageError, TrunklineError, UnavailableError
from trunkline.core.https import Downloads
from trunkline.core.raised import one_line
from trunkline.core.secrets import lent

from .trained import Trained

AGAIN = "try again later; look at the address, at the network, and at the credentials of this machine"
CORRECT = "correct its address in model.py"


def fetch(trained: Trained, partial: Path, limit: int) -> None:
    """Write what an address holds to a file, piece by piece, and no more than `limit` bytes.

    Raises NotFoundError when nothing is there, UnavailableError when a server does not answer or refuses,
    StorageError when it is too large or its client is not installed, and OSError when the file cannot be written.
    """
    if trained.scheme == "https":
        _of_server(trained, partial, limit)
    elif trained.scheme == "file":
        _of_folder(trained, partial, limit)
    else:
        _of_store(trained, partial, limit)


def too_large(trained: Trained) -> StorageError:
    """Return the error of a file that is larger than model.py allows."""
    return StorageError(
        f"Trained model {trained.name}: {trained.file} is larger than {trained.largest_mb} MB.",
        next_step="raise largest_mb in model.py if that is meant",
    )


def _of_server(trained: Trained, partial: Path, limit: int) -> None:
    downloads = Downloads(
        largest=limit,
        refused=StorageError,
        next_step=AGAIN,
        correct="correct its address or largest_mb in model.py",
    )
    try:
        downloads.fetch(trained.file, partial)
    except TrunklineError as error:
        raise type(error)(
            f"Trained model {trained.name}: {error.what}", value=error.value, next_step=error.next_step
        ) from error


def _of_folder(trained: Trained, partial: Path, limit: int) -> None:
    path = Path(url2pathname(urlsplit(trained.file).path))
    if not path.is_file():
        raise _missing(trained)
    if path.stat().st_size > limit:
        raise too_large(trained)
    shutil.copyfile(path, partial)


def _of_store(trained: Trained, partial: Path, limit: int) -> None:
    try:
        import obstore
        from obstore.store import from_url
    except ImportError as error:
        raise StorageError(
            f"Trained model {trained.name}: {trained.file} needs the package obstore, which is not installed.",
            next_step="add obstore to requirements/train.in, then make lock and make setup",
        ) from error
    folder, _, name = trained.file.rpartition("/")
    # In a workflow its credentials were set aside when the program started.
    with partial.open("wb") as stream, lent(), _telling(trained):
        plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
        options: Any = {"allow_http": plain, "connect_timeout": "10s", "timeout": "600s"}
        size = 0
        for piece in obstore.get(from_url(folder, client_options=options), name).stream():
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
        raise _missing(trained) from error
    except (BaseError, ValueError, ConnectionError, TimeoutError) as error:
        raise UnavailableError(
            f"Trained model {trained.name}: {trained.file} cannot be fetched: {one_line(error)}.",
            next_step=AGAIN,
        ) from error


def _missing(trained: Trained) -> NotFoundError:
    return NotFoundError(
        f"Trained model {trained.name}: there is nothing at {trained.file}.", next_step=CORRECT
    )
