"""A real MLflow server, MLflow's empty database, a stranger's package of plugins, an engine and a registry."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from containers.booted import booted  # noqa: F401
from containers.fixtures import engine, registry, ssh_host, ssh_machine  # noqa: F401
from trunkline.core.mlflow_uri import embedded_uri
from trunkline.evaluation.reports import plots
from warm import programs

Server = tuple[str, Path, psutil.Process]
TOYS = Path(__file__).parents[1] / "toys"


@pytest.fixture(autouse=True, scope="session")
def warm_workers() -> Iterator[None]:
    """Let the process of a model that needs Python start warm; every other program starts as it does without this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(programs() / "python"))
        yield


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toys' wheel as an installer leaves it: the package, and metadata with its entry points."""
    made = tmp_path_factory.mktemp("toys")
    code = f"import hatchling.build; print(hatchling.build.build_wheel({str(made)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOYS, capture_output=True, check=True, text=True)
    with zipfile.ZipFile(made / done.stdout.split()[-1]) as wheel:
        wheel.extractall(made / "site-packages")
    return made / "site-packages"


@pytest.fixture
def toys(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(installed)
    importlib.invalidate_caches()


@pytest.fixture(scope="module")
def no_pictures() -> Iterator[None]:
    """Draw nothing in this process: half of a judgement's time goes into pictures, which have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plots, "drawn", lambda pictures: dict.fromkeys(pictures, b"<svg/>"))
        yield


def put_empty_store(database: Path) -> None:
    """Put MLflow's database there before anything is in it: to make one takes seconds, to copy it none."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.write_bytes(_empty_store())


@functools.cache
def _empty_store() -> bytes:
    from mlflow import MlflowClient

    folder = Path(tempfile.mkdtemp())
    # Where it is made it would keep artifacts, beside the database or not.
    with contextlib.chdir(folder):
        MlflowClient(embedded_uri(folder / "mlflow.db")).search_experiments()
    content = (folder / "mlflow.db").read_bytes()
    shutil.rmtree(folder)
    return content


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real MLflow server on a free loopback port: address, artifact folder, process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    artifacts = tmp_path / "artifacts"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}"]
    command += ["--artifacts-destination", str(artifacts)]
    address = f"http://127.0.0.1:{port}"
    with (tmp_path / "server.log").open("wb") as log:
        quicker = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        started = subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path, env=quicker)
    process = psutil.Process(started.pid)

    @retry(stop=stop_after_delay(240), wait=wait_fixed(0.2), retry=retry_if_exception_type(httpx.HTTPError))
    def ready() -> None:
        httpx.get(address + "/health", trust_env=False).raise_for_status()

    try:
        ready()
        yield address, artifacts, process
    finally:
        end(process)
        started.wait(10)


def end(process: psutil.Process) -> None:
    """Kill a process with its children."""
    try:
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)
