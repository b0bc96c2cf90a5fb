"""The signals of earlier watches: in this machine's folder, and in the log's store, so that no machine has to stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from trunkline.core.errors import NotFoundError, StorageError, UnavailableError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import write_atomically
from trunkline.core.signals import Signal
from trunkline.predictions.stores import LogStore
from trunkline.predictions.stores.protocol import WATCH
from trunkline.predictions.whereabouts import store_of

RUNS = 30
"""Earlier watches that an issue's chart is drawn from, and that a store keeps."""
NAME = "%Y%m%dT%H%M%S%f"


def keep_signals(
    project: Project, environment: str, signals: Sequence[Signal], now: datetime, *, progress: Progress
) -> None:
    """Keep the signals of a watch here, and in the log's store where it can be written."""
    name, text = f"{now:{NAME}}", "".join(signal.line() for signal in signals).encode()
    write_atomically(project.monitoring(environment) / f"{name}.jsonl", text)
    try:
        store = store_of(project, environment)
        if store is None:
            return
        if not store.writable:
            progress("the service keeps no signals: on another machine, charts begin with its first watch")
            return
        store.put(f"{name}{WATCH}", text)
        store.remove(_names(store)[:-RUNS])
    except (StorageError, UnavailableError) as error:
        progress(f"the next watch on another machine will not know these signals: {error}")


def bring_signals(project: Project, environment: str) -> None:
    """Copy the watches that the log's store has and this machine has not.

    Raises StorageError or UnavailableError when the store cannot be read.
    """
    store = store_of(project, environment)
    if store is None or not store.writable:
        return
    folder = project.monitoring(environment)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _names(store)[-RUNS:]:
        path = folder / f"{name.removesuffix(WATCH)}.jsonl"
        if not path.exists():
            half = folder / f".{name}.half"
            store.get(name, half)
            half.replace(path)


def earlier_signals(project: Project, environment: str) -> tuple[Signal, ...]:
    """Return the signals of the last 30 watches that this machine has, oldest first."""
    runs = sorted(project.monitoring(environment).glob("*.jsonl"))[-RUNS:]
    return tuple(signal for run in runs for signal in Signal.read_lines(run))


def require_signals(project: Project, environment: str) -> tuple[Signal, ...]:
    """Return the signals of the last watch.

    Raises NotFoundError when nobody watched yet.
    """
    found = last_signals(project, environment)
    if not found:
        raise NotFoundError(
            f"{environment} was never monitored.", next_step=f"trunkline monitor {environment}"
        )
    return found


def last_signals(project: Project, environment: str) -> tuple[Signal, ...]:
    """Return the signals of the last watch, none where nobody watched yet."""
    runs = sorted(project.monitoring(environment).glob("*.jsonl"))
    return Signal.read_lines(runs[-1]) if runs else ()


def _names(store: LogStore) -> list[str]:
    return sorted(each.name for each in store.files() if each.name.endswith(WATCH))
