"""A search on a real Dask scheduler gives the result of this machine, also where a worker dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.tree import DecisionTreeClassifier

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.core.policy.training import TrainingPolicy
from trunkline.training import Candidate, Fitted, predict_frame, train
from trunkline.training.cluster import cluster

distributed = pytest.importorskip("distributed", reason="trunkline[dask] is not installed")


def plain() -> ColumnTransformer:
    """Features of numbers alone."""
    return ColumnTransformer([("numbers", "passthrough", ["age", "checks"])])


PASSED = ("PATH", "HOME", "PYTHONPATH", "TMPDIR")


class Mortal(DecisionTreeClassifier):  # type: ignore[misc]
    """A tree whose first fit of all, told by a file, takes its process with it."""

    def __init__(self, *, dies: str = "", max_depth: int = 1, random_state: int | None = None) -> None:
        super().__init__(max_depth=max_depth, random_state=random_state)
        self.dies = dies

    def fit(self, X: Any, y: Any) -> Mortal:
        if "A_SECRET_TOKEN" in os.environ:
            raise RuntimeError("a secret is in reach")
        try:
            Path(self.dies).touch(exist_ok=False)
        except FileExistsError:
            super().fit(X, y)
            return self
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


@contextmanager
def workers(count: int, **variables: str) -> Iterator[str]:
    """Yield the address of a scheduler whose workers, one thread each, nobody starts again."""
    environment = {name: os.environ[name] for name in PASSED if name in os.environ}
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **more: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", *words, "--no-dashboard"]
        started.append(subprocess.Popen(command, env=environment, text=True, **more))
        return started[-1]

    try:
        scheduler = start(
            *("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"), stderr=subprocess.PIPE
        )
        assert scheduler.stderr is not None
        found = (re.search(r"tcp://127\.0\.0\.1:\d+", line) for line in scheduler.stderr)
        address = next(match for match in found if match)[0]
        environment |= variables
        for _ in range(count):
            start(
                *("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"),
                stderr=subprocess.DEVNULL,
            )
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=120)
        yield address
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()
            if process.stderr:
                process.stderr.close()


def fitted(
    parts: Any, contract: Contract, features: Any, dies: Path, method: str, compute: str = ""
) -> Fitted:
    search = {"iterations": 4, "folds": 2, "jobs": 1, "method": method}
    return train(
        parts[0],
        contract,
        features=features,
        candidates=[Candidate("mortal", Mortal(dies=str(dies)), {"max_depth": [1, 2, 3, 5, 8]})],
        policy=TrainingPolicy.model_validate({"search": search, "compute": compute}),
    )


def test_a_worker_dies_mid_run_and_the_result_is_that_of_this_machine(
    parts: tuple[pd.DataFrame, pd.DataFrame], contract: Contract, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.touch()
    here = {method: fitted(parts, contract, plain, gone, method) for method in ("random", "halving")}
    with workers(2) as address:
        first = tmp_path / "first"
        there = fitted(parts, contract, plain, first, "random", address)
        assert first.exists()
        with distributed.Client(address, set_as_default=False) as client:
            assert len(client.nthreads()) == 1
        also = fitted(parts, contract, plain, gone, "halving", address)
    for one, other in ((here["random"], there), (here["halving"], also)):
        assert one.trials[0].model_copy(update={"seconds": 0}) == other.trials[0].model_copy(
            update={"seconds": 0}
        )
        assert (
            predict_frame(one.pipeline, parts[1], contract)[0]
            == predict_frame(other.pipeline, parts[1], contract)[0]
        ).all()


def test_a_worker_that_holds_secrets_is_refused_before_it_runs_a_model(
    parts: tuple[pd.DataFrame, pd.DataFrame], contract: Contract, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.touch()
    with workers(1, A_SECRET_TOKEN="x") as address, pytest.raises(PolicyError, match="A_SECRET_TOKEN"):
        fitted(parts, contract, plain, gone, "random", address)


def test_a_scheduler_that_does_not_answer_is_said() -> None:
    with (
        pytest.raises(UnavailableError, match=r"tcp://127\.0\.0\.1:9"),
        cluster("tcp://127.0.0.1:9", patience=0.2),
    ):
        pass


@pytest.mark.parametrize(
    "address", ["localhost:8786", "tcp://user:word@host:1", "http://host:1", "tcp://host"]
)
def test_an_address_is_one_of_dasks(address: str) -> None:
    with pytest.raises(ValueError, match="compute"):
        TrainingPolicy.model_validate({"compute": address})


def test_a_scheduler_elsewhere_is_reached_over_tls_alone() -> None:
    with pytest.raises(PolicyError, match="open line"), cluster("tcp://scheduler.invalid:8786"):
        raise AssertionError
