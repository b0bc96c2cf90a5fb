"""The connection to MLflow: quiet, quick to give up, and imported only when it is used."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trunkline.core.errors import StorageError, UnavailableError
from trunkline.core.mlflow_uri import embedded_folder, without_secrets
from trunkline.core.proxies import on_this_machine
from trunkline.core.secrets import lent

QUIET = {
    # MLflow decides when it is imported whether it reports its use to its makers.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",  # else it complains where git is missing
}
PATIENT = QUIET | {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
QUICK = QUIET | {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
LOGGERS = ("alembic", "mlflow", "sqlalchemy")


def connect(uri: str) -> Any:
    """Return an MLflow client that is known to work; an SQLite store is made where there is none.

    Raises StorageError when the store cannot be written, UnavailableError when a server does not answer in seconds.
    """
    folder = embedded_folder(uri)
    if folder is not None:
        make_folder(folder)
    with speaking(uri, QUICK):
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_registered_models(max_results=1)
    return client


def make_folder(folder: Path) -> None:
    """Make a folder of an embedded store where there is none. Raises StorageError when it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"Cannot write {folder}: {error.strerror}.", next_step="make the folder writable"
        ) from error


@contextmanager
def speaking(uri: str, defaults: Mapping[str, str] = PATIENT) -> Iterator[None]:
    """Let MLflow work in silence, with `defaults` for environment variables that the user has not set.

    Its exceptions leave as UnavailableError (a server that does not answer or refuses) or StorageError (a store
    that cannot be read or written); variables and log levels are put back.
    """
    with lent(), _at_work(uri, defaults):
        yield


@contextmanager
def _at_work(uri: str, defaults: Mapping[str, str]) -> Iterator[None]:
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    if on_this_machine(uri):
        added |= {"no_proxy": "*", "NO_PROXY": "*"}
    before = {name: os.environ.get(name) for name in added}
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    os.environ.update(added)
    import mlflow  # noqa: F401  # it sets its log level when it is imported, so before that is set here

    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        if type(error).__module__.split(".")[0] not in (
            "mlflow",
            "sqlalchemy",
            "requests",
            "urllib3",
            "sqlite3",
        ):
            raise
        said = " ".join((_refusal(error) or str(error)).split())[:300].rstrip(".")
        if urlsplit(uri).scheme in ("http", "https"):
            raise UnavailableError(
                f"The MLflow server {without_secrets(uri)} does not answer or refuses: {said}.",
                next_step="start it, or correct registry.uri, MLFLOW_TRACKING_URI or its user name and password",
            ) from error
        raise StorageError(
            f"The MLflow store {without_secrets(uri)} cannot be used: {said}.",
            next_step="make it readable and writable, or correct registry.uri",
        ) from error
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _refusal(error: BaseException | None) -> str:
    """Return what the operating system said, under the layers of clients that repeat it at length."""
    while error is not None:
        if type(error).__module__ in ("builtins", "socket") and isinstance(error, OSError) and error.strerror:
            return error.strerror
        error = error.__cause__ or error.__context__
    return ""
