"""Cluster: the fits of a search on the workers of a Dask scheduler, with the same result as on this machine."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from typing import Any

import cloudpickle
from joblib import parallel_config  # type: ignore[import-untyped]
from joblib.parallel import ThreadingBackend  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.proxies import require_private_scheduler
from trunkline.core.secrets import sounds_secret

from .places import holds, installed

KEY = "training.compute"
WAIT = 15
"""Seconds in which a scheduler, and a first worker of it, must answer."""
ALIKE = (
    "numpy", "scipy", "scikit-learn", "pandas", "joblib", "trunkline", "lightgbm", "xgboost", "xgboost-cpu", "catboost",
)  # fmt: skip
"""What decides a fit's last digits: workers have the same versions, or are refused."""
_numbers = count()


class Cluster:
    """The workers of one scheduler, as this process asks them."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address

    @property
    def threads(self) -> int:
        """Return how many fits run at the same time; at least 2, because joblib runs one job in its own process."""
        return max(2, sum(map(int, self.client.nthreads().values())))

    @contextmanager
    def fits(self, **shared: Any) -> Iterator[None]:
        """Let joblib's jobs run on the workers within; `shared` are the arrays that all jobs read, sent once.

        What the jobs read is a task of its own, so that a worker that dies takes nothing with it.
        """
        content = cloudpickle.dumps(list(shared.values()))
        key = f"trunkline-rows-{hashlib.sha256(content).hexdigest()}"
        rows = self.client.submit(pickle.loads, content, key=key)
        with parallel_config(backend=_Backend(self, rows, list(shared.values()))), _by_value():
            yield

    def answer(self, rows: Any, words: bytes) -> Any:
        """Return what a job gives. Raises PolicyError for a worker that is unfit, UnavailableError for a lost one."""
        from distributed import CancelledError, KilledWorker

        try:
            future = self.client.submit(
                _on_worker, rows, words, versions(), key=f"trunkline-fit-{next(_numbers)}"
            )
            unfit, answer = future.result()
        except (CancelledError, KilledWorker, OSError) as error:
            raise UnavailableError(
                f"{KEY}: the workers of {self.address} were lost while they fitted: {type(error).__name__}.",
                next_step="look at the workers' logs (memory is the usual reason), then train again",
            ) from error
        if unfit:
            raise PolicyError(f"{KEY}: a worker of {self.address} {unfit[0]}.", next_step=unfit[1])
        return answer


@contextmanager
def cluster(address: str, *, patience: float = WAIT) -> Iterator[Cluster | None]:
    """Connect to the scheduler at `address`; None where it is empty.

    Raises PolicyError where others could read along or Dask is not installed, UnavailableError where no scheduler or
    no worker answers.
    """
    if not address:
        yield None
        return
    # Rows go there, and what comes back is unpickled.
    require_private_scheduler(address)
    try:
        from distributed import Client
    except ImportError as error:
        raise PolicyError(
            f"{KEY} names a Dask scheduler, and Dask is not installed here.",
            value=address,
            next_step="pip install 'trunkline[dask]', or take the setting out of trunkline.yaml",
        ) from error
    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise UnavailableError(
            f"{KEY}: no Dask scheduler answers at {address}.",
            next_step="start it (dask scheduler), or take the setting out of trunkline.yaml to train on this machine",
        ) from error
    try:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError as error:
            raise UnavailableError(
                f"{KEY}: the Dask scheduler at {address} has no worker.",
                next_step=f"start some: dask worker {address}",
            ) from error
        yield Cluster(client, address)
    finally:
        client.close()


def versions() -> dict[str, str]:
    """Return the version of Python and of each package that decides what a fit gives."""
    found = {"python": ".".join(map(str, sys.version_info[:2]))}
    for name in ALIKE:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


class _Backend(ThreadingBackend):  # type: ignore[misc]
    """One thread here for each thread of the cluster; it sends a job there and waits for its answer."""

    def __init__(self, cluster: Cluster, rows: Any, shared: list[Any], **settings: Any) -> None:
        super().__init__(**settings)
        self.cluster, self.rows, self.shared = cluster, rows, shared

    def submit(self, func: Any, callback: Any = None) -> Any:
        return super().submit(partial(self._ask, func), callback)

    def _ask(self, func: Callable[[], Any]) -> Any:
        stream = io.BytesIO()
        _Pickler(stream, self.shared).dump(func)
        return self.cluster.answer(self.rows, stream.getvalue())


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes the number of a shared array in its place."""

    def __init__(self, stream: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(stream)
        self._places = {id(one): place for place, one in enumerate(shared)}

    def persistent_id(self, value: Any) -> int | None:
        return self._places.get(id(value))


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, shared: list[Any]) -> None:
        super().__init__(stream)
        self._shared = shared

    def persistent_load(self, place: int) -> Any:
        return self._shared[place]


def _on_worker(
    shared: list[Any], words: bytes, wanted: Mapping[str, str]
) -> tuple[tuple[str, str] | None, Any]:
    """Return why this worker is unfit, or what the job gives (a task of Dask's)."""
    if told := sorted(name for name in os.environ if sounds_secret(name)):
        return (
            f"has variables that may be secrets, in reach of the model's code: {', '.join(told)}",
            "start workers without them",
        ), None
    here = versions()
    if other := [f"{name} {here.get(name, 'missing')}" for name in wanted if here.get(name) != wanted[name]]:
        needed = ", ".join(f"{name} {wanted[name]}" for name in wanted if here.get(name) != wanted[name])
        return (
            f"has {', '.join(other)}, where this machine has {needed}",
            "install the project's requirements/train.txt on the workers",
        ), None
    with threadpool_limits(1):
        return None, _Unpickler(io.BytesIO(words), shared).load()()


@contextmanager
def _by_value() -> Iterator[None]:
    """Send code that is not installed, as the project's own, along with the jobs: no worker has it."""
    places, own = installed(), []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and module.__name__ != "__main__" and not holds(places, file):
            own.append(module)
    known = set(cloudpickle.list_registry_pickle_by_value())
    own = [module for module in own if module.__name__ not in known]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)
