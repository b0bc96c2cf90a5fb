"""The image that a generated project's own Dockerfile makes of a small model, built and pushed by a real engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from containers import BASE
from trunkline.core.errors import ApplyError
from trunkline.core.project import Project
from trunkline.delivery.engine import Engine
from trunkline.delivery.image import Image, pinned_base
from trunkline.loop.model import snapshots, training
from trunkline.loop.release import imaging

from .conftest import git, make_project, write

ROOT = Path(__file__).parents[3]
OFFLINE = re.compile(
    r"NewConnectionError|name resolution|Name or service not known|Could not resolve|timed out"
)


@dataclass(frozen=True)
class Built:
    """An image that was built, asked and pushed, and the project that it is of."""

    project: Project
    image: Image
    context: Path
    progress: tuple[str, ...]
    pushed: int
    """Bytes that the registry holds since."""


def say(_: str) -> None:
    """Keep quiet."""


def held(kept: Path) -> int:
    """Return how many bytes a registry holds."""
    return sum(path.stat().st_size for path in kept.rglob("data"))


def folder_of(registry: str, factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the registry keeps what was pushed."""
    settings = factory.getbasetemp().glob("registry*/config.yml")
    return next(path.parent for path in settings if registry in path.read_text()) / "kept"


@contextmanager
def own_image(engine: Engine, registry: str, factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Build, ask and push the image; it is gone from this machine after the block."""
    folder, kept = factory.mktemp("own-image"), folder_of(registry, factory)
    subprocess.run(
        [Path(sys.executable).with_name("cookiecutter"), ROOT, "--no-input", "-o", folder / "rendered"],
        check=True,
        capture_output=True,
    )
    (rendered,) = (folder / "rendered").iterdir()
    project = make_project(folder / "loans")
    for name in ("Dockerfile", ".dockerignore"):
        shutil.copy(rendered / name, project.root / name)
    for name in ("requirements", "vendor"):
        shutil.copytree(rendered / name, project.root / name, dirs_exist_ok=True)
    assert "@sha256:" in pinned_base(project.root)
    write(project.root / ".gitignore", (project.root / ".gitignore").read_text() + "packed/\n")
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Lock the data")
    training.train(project, progress=say)
    said: list[str] = []
    before = held(kept)
    name = f"{registry}/acme/loans"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(imaging.BASE_IMAGE, BASE)
        try:
            image = imaging.build_image(project, folder / "packed", push=name, progress=said.append)
        except ApplyError as error:
            if OFFLINE.search(error.what):
                pytest.skip(f"no package index can be reached: {error.what[-200:]}")
            raise
    yield Built(project, image, folder / "packed/image", tuple(said), held(kept) - before)
    subprocess.run([engine.program, "rmi", "--force", image.identity], check=False, capture_output=True)
