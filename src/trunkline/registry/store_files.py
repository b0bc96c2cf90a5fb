"""What a carried store holds, by path, and how much it may weigh."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from trunkline.core.errors import StorageError

from .relocation import ARTIFACTS

DATABASE = "mlflow.db"
MANIFEST = "store.json"
FILE_LIMIT_MB = 95
"""GitHub refuses files of 100 MiB and more."""
MEGABYTE = 1_000_000
_DIGITS = "[0-9a-f]{64}"
_RUN = "[0-9a-f]{32}"
# What a run has beyond these two is its owner's, may hold rows of data, and stays where it was made. Refs of an earlier
# form hold keys and what gates said too: they are passed over, because whoever may write the ref could make them up.
_ALLOWED = re.compile(
    rf"{MANIFEST}|{DATABASE}|keys/[0-9a-f]{{12,64}}\.json"
    rf"|evaluations/{_DIGITS}/(evaluation|load|deepchecks)\.json"
    rf"|{ARTIFACTS}/([^/]+/)?{_RUN}/artifacts/(trials\.json|bundle/.+)"
)


def belongs(path: str) -> bool:
    """Whether a carried store may hold a file of this path."""
    return _ALLOWED.fullmatch(path) is not None


def files_to_carry(folder: Path, *, runs: frozenset[str]) -> dict[str, Path]:
    """Return the artifacts of runs below `folder` that travel, by path."""
    found: dict[str, Path] = {}
    for file in (folder / ARTIFACTS).rglob("*"):
        path = file.relative_to(folder).as_posix()
        if (
            belongs(path)
            and runs.intersection(path.split("/")[1:3])
            and file.is_file()
            and not file.is_symlink()
        ):
            found[path] = file
    return found


def check_weight(sizes: Mapping[str, int], limit_mb: int) -> None:
    """Raise StorageError when the files together, or one of them, are more than a git ref can carry.

    `sizes` is in bytes by path.
    """
    way_out = (
        "use an MLflow server from now on: set MLFLOW_TRACKING_URI (in GitHub: a repository variable) or registry.uri;"
        " nothing was lost, this machine has it all"
    )
    heavy = {path: size for path, size in sizes.items() if size > FILE_LIMIT_MB * MEGABYTE}
    if heavy:
        path = max(heavy, key=lambda name: heavy[name])
        raise StorageError(
            f"{path} has {heavy[path] / MEGABYTE:.0f} MB, and GitHub takes no file over {FILE_LIMIT_MB} MB.",
            next_step=f"make the model smaller, or {way_out}",
        )
    total = sum(sizes.values())
    if total > limit_mb * MEGABYTE:
        raise StorageError(
            f"The store has {total / MEGABYTE:.1f} MB, and registry.store_limit_mb is {limit_mb}.",
            next_step=f"raise registry.store_limit_mb in trunkline.yaml, or {way_out}",
        )
