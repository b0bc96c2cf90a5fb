"""The container engine of this machine for tests: settings of their own, and a base image without a registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trunkline.core.errors import NotFoundError
from trunkline.delivery.engine import Engine

BASE = "docker.io/library/python:3.11-slim"
PATIENCE_S = 300
_BASE = Path(__file__).with_name("base")
# A machine that is a container itself raises no limits and starts nothing with crun; runc starts in both.
_CONTAINERS = (
    '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n[engine]\nruntime = "runc"\n'
)
_REGISTRIES = 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n'


def insecure(place: str) -> str:
    """Return the settings with which podman speaks plain HTTP to a registry; docker does so to this machine anyway."""
    return f'{_REGISTRIES}[[registry]]\nlocation = "{place}"\ninsecure = true\n'


@contextmanager
def an_engine() -> Iterator[Engine]:
    """Yield an engine that really starts a container of BASE; skip, with the reason, where none does."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        if shutil.which("runc"):
            (Path(folder) / "containers.conf").write_text(_CONTAINERS)
            patch.setenv("CONTAINERS_CONF", str(Path(folder) / "containers.conf"))
        (Path(folder) / "registries.conf").write_text(_REGISTRIES)
        patch.setenv("CONTAINERS_REGISTRIES_CONF", str(Path(folder) / "registries.conf"))
        try:
            found = Engine.find()
        except NotFoundError as error:
            pytest.skip(error.what)
        if _call(found, "image", "inspect", BASE) and not _made(found, Path(folder) / "base.tar"):
            _call(found, "pull", BASE)
        if why := _call(found, "run", "--rm", BASE, "python", "-c", ""):
            pytest.skip(f"{found.program} starts no container of {BASE}: {why}")
        yield found


def _made(engine: Engine, tar: Path) -> bool:
    """Make the base image from Debian's packages, where they can be had, and return whether that worked."""
    if not shutil.which("apt-get") or os.geteuid():
        return False
    try:
        done = subprocess.run([str(_BASE), str(tar)], capture_output=True, check=False, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return False
    path = "ENV PATH=/usr/local/bin:/usr/bin:/bin"
    return not done.returncode and not _call(engine, "import", "--change", path, str(tar), BASE)


def _call(engine: Engine, *words: str) -> str:
    """Return why a command of the engine failed; empty where it did not."""
    try:
        done = subprocess.run(
            [engine.program, *words], capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        return f"no answer for {PATIENCE_S} s"
    return (done.stderr.strip()[-200:] or f"exit code {done.returncode}") if done.returncode else ""
