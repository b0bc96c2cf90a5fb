"""A log store in a bucket: Amazon S3 and what speaks like it, Google Cloud Storage, Azure."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from trunkline.core.errors import StorageError, UnavailableError

from ..segments import reaches
from .protocol import Stored, belongs

if TYPE_CHECKING:
    import obstore.store
    from obstore import PutMode

CLOUDS = ("AWS_", "AZURE_", "GOOGLE_")
PATIENCE = timedelta(seconds=20)
"""How long one request is tried again, each time after a longer pause."""


class ObjectStore:
    """The objects under a prefix; credentials come from the cloud's own variables or the machine's role."""

    writable: ClassVar[bool] = True

    def __init__(self, store: obstore.store.ObjectStore, address: str) -> None:
        self._store = store
        self._address = address

    @staticmethod
    def open(address: str, variables: Mapping[str, str]) -> ObjectStore:
        """Return the store at `s3://bucket/prefix`, `gs://bucket/prefix` or `az://account/container/prefix`.

        Raises StorageError when its client is not installed, or refuses the address.
        """
        try:
            from obstore.exceptions import BaseError
            from obstore.store import from_url
        except ImportError as error:
            raise StorageError(
                f"The log store {address} needs the package obstore, which is not installed.",
                next_step="add obstore to requirements/serve.in, then make lock and make setup",
            ) from error
        try:
            with _lent(variables):
                store = from_url(
                    address,
                    retry_config={"max_retries": 5, "retry_timeout": PATIENCE},
                    client_options={
                        "timeout": "60s",
                        "connect_timeout": "5s",
                        # Options given here replace those of the variables: this is for a server of one's own.
                        "allow_http": variables.get("AWS_ALLOW_HTTP", "").lower() == "true",
                    },
                )
        except (BaseError, ValueError, TypeError) as error:
            raise StorageError(
                f"The log store {address} cannot be opened: {_reason(error)}.",
                next_step="correct serving.log.store, or set the variables that the cloud's client reads",
            ) from error
        return ObjectStore(store, address)

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        """Return the objects by name."""
        with self._telling():
            found = {row["path"]: row["e_tag"] or "" for rows in self._store.list() for row in rows}
        return tuple(
            Stored(name, tag) for name, tag in sorted(found.items()) if belongs(name) and reaches(name, since)
        )

    def get(self, name: str, path: Path) -> None:
        """Write an object to a file, piece by piece."""
        with self._telling(missing=True), path.open("wb") as stream:
            for piece in self._store.get(name).stream():
                stream.write(piece)

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        """Store an object by one conditional request, so that of two writers one is refused."""
        with self._telling():
            if replacing is None:
                put = self._store.put(name, content)
            else:
                mode: PutMode = {"e_tag": replacing} if replacing else "create"
                # In several parts a condition could not be kept: what needs one is small.
                whole = content if isinstance(content, bytes) else content.read_bytes()
                put = self._store.put(name, whole, mode=mode, use_multipart=False)
        return str(put["e_tag"] or "")

    def remove(self, names: Collection[str]) -> None:
        """Delete objects."""
        with self._telling():
            for name in names:
                try:
                    self._store.delete(name)
                except FileNotFoundError:
                    continue

    @contextmanager
    def _telling(self, *, missing: bool = False) -> Iterator[None]:
        from obstore import exceptions

        try:
            yield
        except FileNotFoundError as error:
            if missing:
                raise
            raise StorageError(
                f"The log store {self._address} is not there: {_reason(error)}.",
                next_step="make the bucket, or correct serving.log.store",
            ) from error
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError) as error:
            raise FileExistsError(self._address) from error
        except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
            raise StorageError(
                f"The log store {self._address} refuses: {_reason(error)}.",
                next_step="give the machine or its variables the right to list, read, write and delete there",
            ) from error
        except exceptions.BaseError as error:
            raise UnavailableError(
                f"The log store {self._address} does not answer: {_reason(error)}.",
                next_step="wait, or correct serving.log.store",
            ) from error


@contextmanager
def _lent(variables: Mapping[str, str]) -> Iterator[None]:
    """Put the clouds' variables into the process's environment for a while: the client reads them when it is made."""
    added = {
        name: value
        for name, value in variables.items()
        if name.startswith(CLOUDS) and os.environ.get(name) != value
    }
    # The client takes an empty one for a value.
    empty = [name for name, value in os.environ.items() if name.startswith(CLOUDS) and not value]
    before = {name: os.environ.pop(name, None) for name in (*added, *empty)}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _reason(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200].rstrip(" .")
