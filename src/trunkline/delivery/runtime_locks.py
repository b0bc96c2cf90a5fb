"""Runtime locks: which of a project's locks name what a service needs for the models that it opens."""

from __future__ import annotations

from pathlib import Path


def runtime_locks(folder: Path, *, training: bool) -> tuple[str, ...]:
    """Return the names of locks in `folder`, as `serve`; `training` says that a model needs what it was made with.

    Projects from before there was `python.txt` have all of that in `train.txt`.
    """
    if not training:
        return ("serve",)
    return ("serve", "python" if (folder / "python.txt").is_file() else "train")
