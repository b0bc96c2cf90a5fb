"""The image's context: the release and its bundles, laid out for the project's Dockerfile to copy."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, StorageError, UnavailableError
from trunkline.core.record import digits
from trunkline.core.records import RELEASE_FILE, Release

from .plan import routes_of

TOOLS = ("docker", "podman", "buildah")


def build_context(release: Release, bundles: BundleStore, requirements: Path, out: Path) -> Path:
    """Write `release.json`, `bundles/<64 hex digits>/` and `requirements.txt` into `out` and return it.

    What `out` held is replaced; the same release gives the same bytes, modes and times, so layers are cached.
    Raises BundleError when a bundle is missing or damaged, StorageError when a path cannot be read or written.
    """
    sound = [bundles.get(route.bundle) for route in routes_of(release)]
    if out.exists() and any(out.iterdir()) and not (out / RELEASE_FILE).is_file():
        raise StorageError(
            f"{out} holds other things than an image's context.", next_step="name another folder"
        )
    try:
        shutil.rmtree(out, ignore_errors=True)
        for bundle in sound:
            shutil.copytree(bundle.folder, out / "bundles" / digits(bundle.digest))
        shutil.copyfile(requirements, out / "requirements.txt")
        release.write(out / RELEASE_FILE)
        for path in [out, *out.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (0, 0))
    except OSError as error:
        raise StorageError(f"Cannot write {out}: {error}.", next_step="make the folder writable") from error
    return out


def build(context: Path, tag: str, *, dockerfile: Path, tool: str = "", options: Sequence[str] = ()) -> None:
    """Build the image `tag` from a context, with `tool` or the first of docker, podman and buildah that is installed.

    Raises UnavailableError when there is none, ApplyError with the last lines of its output when it fails.
    """
    found = next((name for name in ((tool,) if tool else TOOLS) if shutil.which(name)), None)
    if found is None:
        raise UnavailableError(
            f"{tool or 'No container tool'} is {'not ' if tool else ''}installed on this machine.",
            next_step=f"install one of {', '.join(TOOLS)}, or use the target `local`, which needs no image",
        )
    done = subprocess.run(
        [found, "build", "--tag", tag, "--file", str(dockerfile), *options, str(context)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " | ".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise ApplyError(
            f"{found} could not build {tag}: {said}.", next_step="mend the Dockerfile or its context"
        )
