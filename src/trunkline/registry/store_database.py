"""The database of an embedded store: copied whole while others use it, compared by content, and brought together."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trunkline.core.errors import StorageError, UnavailableError

from .relocation import foreign_places, make_absolute, make_relative

CARRIED = (
    "alembic_version",
    "workspaces",
    "experiments",
    "experiment_tags",
    "runs",
    "metrics",
    "latest_metrics",
    "params",
    "tags",
    "registered_models",
    "registered_model_tags",
    "registered_model_aliases",
    "model_versions",
    "model_version_tags",
)
"""The tables that travel: runs and versions. Traces, data sets and secrets may hold rows or keys, and stay."""
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ONLY_REFUSES = re.compile(
    r"\bBEGIN\s+SELECT\s+RAISE\s*\(\s*ABORT\s*,\s*'[^']*'\s*\)\s*;\s*END\s*$", re.IGNORECASE
)
PATIENCE = 60
"""How often a locked database is tried again, a quarter of a second apart."""


def versions_in(database: Path) -> dict[str, str]:
    """Return what is registered, as `<model>/<number>` to its bundle's digest; empty where there is no store yet.

    A version that was registered by hand has its run in place of a digest.
    """
    if not database.is_file():
        return {}
    with _opened(database) as store:
        if "model_versions" not in _tables(store):
            return {}
        rows = store.execute(
            "SELECT v.name, v.version, t.value, v.run_id FROM model_versions v LEFT JOIN model_version_tags t"
            " ON t.name = v.name AND t.version = v.version AND t.workspace = v.workspace AND t.key = 'bundle'"
            " WHERE coalesce(v.current_stage, '') <> 'Deleted_Internal' ORDER BY v.name, v.version"
        )
        return {f"{name}/{number}": digest or f"run:{run}" for name, number, digest, run in rows}


def revision_of(database: Path) -> str:
    """Return the revision of MLflow's tables in a store."""
    with _opened(database) as store:
        row = store.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""


def runs_in(database: Path) -> tuple[str, ...]:
    """Return the ids of all runs."""
    with _opened(database) as store:
        return tuple(str(row[0]) for row in store.execute("SELECT run_uuid FROM runs ORDER BY run_uuid"))


def copy_to_carry(database: Path, copy: Path, folder: Path) -> None:
    """Write a consistent copy that holds only what travels, with the places of artifacts freed from `folder`."""
    with _opened(database) as store:
        store.execute("VACUUM INTO ?", (str(copy),))
    with _opened(copy) as store, store:
        for table in _tables(store):
            if table not in CARRIED and not table.startswith("sqlite_"):
                store.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608  # a name from the schema, quoted
        make_relative(store, folder)
    with _opened(copy) as store:
        store.execute("VACUUM")  # what was deleted is in the file until then


def content_digest(database: Path) -> str:
    """Return the digest of all rows, whatever the pages that they lie on."""
    total = hashlib.sha256()
    with _opened(database) as store:
        for table in sorted(_tables(store)):
            if table.startswith("sqlite_"):
                continue
            columns = ", ".join(_quoted(column) for column in sorted(_columns(store, table)))
            rows = sorted(map(repr, store.execute(f"SELECT {columns} FROM {_quoted(table)}")))  # noqa: S608
            if rows:
                total.update("\n".join([table, columns, *rows, ""]).encode())
    return "sha256:" + total.hexdigest()


def check_carried(database: Path) -> None:
    """Raise StorageError unless a copy that came from elsewhere is a sound MLflow store of tables alone."""
    with _opened(database) as store:
        found = [row[0] for row in store.execute("PRAGMA quick_check(1)")]
        written = store.execute(
            "SELECT type, sql FROM sqlite_master WHERE type NOT IN ('table', 'index')"
        ).fetchall()
        tables = _tables(store)
        elsewhere = foreign_places(store)
    # Views and triggers run whatever somebody wrote into them; MLflow itself has one that only refuses.
    if not all(kind == "trigger" and _ONLY_REFUSES.search(sql or "") for kind, sql in written):
        raise StorageError("The database in it holds a program of somebody's.")
    if found != ["ok"] or not {"runs", "model_versions"} <= set(tables):
        raise StorageError("The database in it is damaged, or no MLflow store.")
    # A client sends bundles, and its password, to wherever an experiment says that its artifacts lie.
    if elsewhere:
        raise StorageError("The database in it keeps artifacts on another server.", value=elsewhere[0])


def take_over(incoming: Path, database: Path, folder: Path) -> None:
    """Make the store at `database` the one that came in, and keep the runs that only this machine has.

    Whoever has the store open sees the new one from then on. Raises StorageError when the two were made by different
    releases of MLflow and runs would have to move between them, UnavailableError when somebody does not let go of it.
    """
    with _opened(incoming) as store, store:
        make_absolute(store, folder)
    if database.is_file() and database.stat().st_size:
        _keep_own_runs(incoming, database)
    tries = 0

    def give_up(status: int, _remaining: int, _total: int) -> None:
        nonlocal tries
        tries += status in BUSY
        if tries > PATIENCE:
            raise UnavailableError(
                f"Another program keeps {database} locked.", next_step="end it, then run the command again"
            )

    with _opened(incoming) as source, _opened(database) as target:
        # In place, so that processes which have the file open do not go on with a copy that nobody else sees.
        source.backup(target, progress=give_up)


def _keep_own_runs(incoming: Path, database: Path) -> None:
    own = set(runs_in(database)) - set(runs_in(incoming))
    with _opened(database) as store:
        stays = [
            table
            for table in _tables(store)
            if table not in CARRIED and store.execute(f"SELECT 1 FROM {_quoted(table)}").fetchone()  # noqa: S608
        ]
    if not own and not stays:
        return
    if revision_of(incoming) != revision_of(database):
        raise StorageError(
            "The carried store and the one here were made by different releases of MLflow.",
            value=sorted(own)[:5],
            next_step="install the project's locked requirements, then `mlflow db upgrade` on .trunkline/mlflow.db",
        )
    with _opened(incoming) as store:
        store.execute("ATTACH ? AS here", (str(database),))
        with store:
            store.execute(
                "CREATE TEMP TABLE moved AS SELECT experiment_id AS old, experiment_id AS new FROM runs LIMIT 0"
            )
            for old, name in store.execute("SELECT experiment_id, name FROM here.experiments").fetchall():
                store.execute("INSERT INTO moved VALUES (?, ?)", (old, _experiment(store, old, name)))
            store.execute("CREATE TEMP TABLE own (run_uuid TEXT PRIMARY KEY)")
            store.executemany("INSERT INTO own VALUES (?)", [(run,) for run in sorted(own)])
            for table in _tables(store):
                if table in stays:
                    _bring(store, table, "")
                elif "run_uuid" in _columns(store, table):
                    _bring(store, table, "WHERE run_uuid IN (SELECT run_uuid FROM own)")
        store.execute("DETACH here")


def _experiment(store: sqlite3.Connection, old: int, name: str) -> int:
    """Return the number of an experiment of this machine in the store that came in, made now if it has none."""
    found = store.execute("SELECT experiment_id FROM main.experiments WHERE name = ?", (name,)).fetchone()
    if found:
        return int(found[0])
    new = int(store.execute("SELECT max(experiment_id) + 1 FROM main.experiments").fetchone()[0])
    columns = [column for column in _columns(store, "experiments") if column != "experiment_id"]
    listed = ", ".join(map(_quoted, columns))
    store.execute(
        f"INSERT INTO main.experiments (experiment_id, {listed}) SELECT ?, {listed} FROM here.experiments"  # noqa: S608
        " WHERE experiment_id = ?",
        (new, old),
    )
    return new


def _bring(store: sqlite3.Connection, table: str, where: str) -> None:
    columns = _columns(store, table)
    translated = "(SELECT new FROM moved WHERE old = experiment_id)"
    asked = [translated if column == "experiment_id" else _quoted(column) for column in columns]
    store.execute(
        f"INSERT OR IGNORE INTO main.{_quoted(table)} ({', '.join(map(_quoted, columns))})"  # noqa: S608
        f" SELECT {', '.join(asked)} FROM here.{_quoted(table)} {where}"
    )


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    try:
        store = sqlite3.connect(database, timeout=30)
    except sqlite3.Error as error:
        raise StorageError(f"Cannot open {database}: {error}.", next_step="make it readable") from error
    try:
        store.execute("PRAGMA trusted_schema = OFF")
        yield store
    except sqlite3.Error as error:
        raise StorageError(
            f"The store {database.name} cannot be used: {error}.",
            next_step="end whoever holds it, or free disk space; a damaged one comes back with "
            "`trunkline store pull --replace`",
        ) from error
    finally:
        store.close()


def _tables(store: sqlite3.Connection) -> list[str]:
    rows = store.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY name")
    return [str(row[0]) for row in rows]


def _columns(store: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in store.execute(f"PRAGMA main.table_info({_quoted(table)})")]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
