"""A conflict: what is said of a branch that the forge cannot merge by itself, whichever kind that is."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.errors import ForgeError


def conflict(base: str, files: Sequence[str]) -> ForgeError:
    """Return the error of a branch that conflicts with `base` in files, as far as they are known.

    A conflict in `version.json` is not settled: two versions would be mixed in one file.
    """
    return ForgeError(
        f"The branch conflicts with {base}" + (f" in {', '.join(files)}." if files else "."),
        value=list(files) or None,
        next_step="another version took this number: close this one and run `trunkline release` or `trunkline retrain`"
        f" again on {base} (on GitHub: release.yml or retrain.yml); it takes the next one"
        if any(file.endswith("/version.json") for file in files)
        else f"merge {base} into the branch, settle the conflict there and push it",
    )
