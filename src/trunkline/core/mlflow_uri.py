"""MLflow's address: which kind of store it names, and how it is shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from .errors import PolicyError


def embedded_folder(uri: str) -> Path | None:
    """Return the folder of an SQLite store, or None for a server or another database.

    Raises PolicyError for a URI that is neither: MLflow's file store is on its way out.
    """
    parts = urlsplit(uri)
    if parts.scheme == "sqlite":
        return Path(uri.removeprefix("sqlite:///")).resolve().parent
    if parts.scheme in ("http", "https") or parts.scheme.split("+")[0] in ("postgresql", "mysql", "mssql"):
        return None
    raise PolicyError(
        "registry.uri: must be an MLflow server (http, https) or a database (sqlite, postgresql, mysql, mssql).",
        value=uri,
        next_step="set registry.uri in trunkline.yaml, as sqlite:///.trunkline/mlflow.db, or leave it out",
    )


def without_secrets(uri: str) -> str:
    """Return a URI without the user name and password that it may hold."""
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return parts._replace(netloc="***@" + parts.netloc.rpartition("@")[2]).geturl()
