"""MLflow's address: which kind of store it names, and how it is shown."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from .errors import PolicyError, TrunklineError

SQLITE = "sqlite:///"
SERVERS = ("http", "https")
DATABASES = ("postgresql", "mysql", "mssql")


def embedded_uri(database: Path) -> str:
    """Return the URI of an SQLite store, with every sign escaped that SQLAlchemy would read otherwise."""
    return SQLITE + quote(os.fsencode(database), safe="/\\: ")


def embedded_database(uri: str) -> Path | None:
    """Return the file of an SQLite store, or None for a server or another database.

    Raises PolicyError for a URI that is neither: MLflow's file store is on its way out.
    """
    parts = _split(uri)
    path = uri.removeprefix(SQLITE).partition("?")[0]
    if parts.scheme == "sqlite" and uri.startswith(SQLITE) and path.strip("/"):
        return Path(unquote(path)).resolve()
    if parts.hostname and (parts.scheme in SERVERS or parts.scheme.split("+")[0] in DATABASES):
        return None
    raise PolicyError(
        "registry.uri: must be an MLflow server (http, https) or a database (sqlite, postgresql, mysql, mssql).",
        value=without_secrets(uri),
        next_step="set registry.uri in trunkline.yaml, as sqlite:///.trunkline/mlflow.db, or leave it out",
    )


def embedded_folder(uri: str) -> Path | None:
    """Return the folder of an SQLite store, or None for a server or another database; raises as above."""
    database = embedded_database(uri)
    return None if database is None else database.parent


def placed(uri: str, root: Path) -> str:
    """Return a URI with the relative path of an SQLite store read from `root`, wherever the program was started."""
    if not uri.startswith(SQLITE):
        return uri
    path, mark, options = uri.removeprefix(SQLITE).partition("?")
    relative = path and not Path(unquote(path)).is_absolute()
    return embedded_uri(root / unquote(path)) + mark + options if relative else uri


def without_secrets(uri: str) -> str:
    """Return a URI without the user name and password that it may hold."""
    head, mark, rest = uri.partition("://")
    place, slash, path = rest.partition("/")
    if not mark or "@" not in place:
        return uri
    return f"{head}://***@{place.rpartition('@')[2]}{slash}{path}"


def require_near(source: str, uri: str, *, error: type[TrunklineError]) -> None:
    """Raise `error` where MLflow would follow a version's source to another host, and show its password there.

    A server's source that is a path would copy whatever lies there on this machine.
    """
    there, here = urlsplit(source), urlsplit(uri)
    local = there.scheme in ("", "file") and here.scheme in SERVERS
    away = there.hostname and (
        (there.hostname, _port(there)) != (here.hostname, _port(here))
        or (there.scheme, here.scheme) == ("http", "https")
    )
    # Those of runs and models are looked up once more, and what they lead to anybody may choose.
    remote = there.scheme in ("http", "https", "mlflow-artifacts")
    if local or there.scheme in ("runs", "models") or (remote and away):
        raise error(
            "The registry's copy is said to lie where MLflow's own server is not, and was not asked for there.",
            value=without_secrets(source),
            next_step="find out who registered this version, and train its commit again; a server of yours that keeps"
            " artifacts under another address must pass them on itself (`mlflow server --serve-artifacts`)",
        )


def _port(address: SplitResult) -> int | None:
    try:
        return address.port or {"http": 80, "https": 443}.get(address.scheme)
    except ValueError:  # it is no number
        return -1


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # read late, and refused then
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts
