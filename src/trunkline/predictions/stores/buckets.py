"""Buckets: the client of all clouds, opened with a project's variables, and its troubles as errors of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from trunkline.core.errors import StorageError, UnavailableError

if TYPE_CHECKING:
    import obstore.store

CLOUDS = ("AWS_", "AZURE_", "GOOGLE_")
PATIENCE = timedelta(seconds=20)
"""How long one request is tried again, each time after a longer pause."""


@dataclass(frozen=True)
class Words:
    """How errors speak of a bucket."""

    what: str
    """As `The log store s3://bucket`."""
    correct: str
    """What helps where the address is wrong."""


def open_bucket(address: str, variables: Mapping[str, str], *, words: Words) -> obstore.store.ObjectStore:
    """Return the client of `s3://bucket/prefix`, `gs://bucket/prefix` or `az://account/container/prefix`.

    Raises StorageError when it is not installed, or refuses the address.
    """
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError as error:
        raise StorageError(
            f"{words.what} needs the package obstore, which is not installed.",
            next_step="add obstore to requirements/serve.in, then make lock and make setup",
        ) from error
    try:
        with _lent(variables):
            return from_url(
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
            f"{words.what} cannot be opened: {_reason(error)}.",
            next_step=f"{words.correct}, or set the variables that the cloud's client reads",
        ) from error


@contextmanager
def telling(words: Words, *, missing: bool = False) -> Iterator[None]:
    """Turn what the client raises into errors of ours.

    With `missing`, FileNotFoundError stays; FileExistsError says that a condition of a write did not hold.
    """
    from obstore import exceptions

    try:
        yield
    except FileNotFoundError as error:
        if missing:
            raise
        raise StorageError(
            f"{words.what} is not there: {_reason(error)}.", next_step=f"make the bucket, or {words.correct}"
        ) from error
    except (exceptions.AlreadyExistsError, exceptions.PreconditionError) as error:
        raise FileExistsError(words.what) from error
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError) as error:
        raise StorageError(
            f"{words.what} refuses: {_reason(error)}.",
            next_step="give the machine or its variables the right to list, read, write and delete there",
        ) from error
    except exceptions.BaseError as error:
        raise UnavailableError(
            f"{words.what} does not answer: {_reason(error)}.", next_step=f"wait, or {words.correct}"
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
