"""Attribution: the commit that a bundle names is one that holds what it was trained on."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from trunkline.core.bundle import Bundle, seal
from trunkline.core.errors import TrunklineError
from trunkline.core.lineage import DIRTY
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.loop.versions.bundles import registry_of, tracking_uri
from trunkline.loop.versions.trained import Trained, remember
from trunkline.registry import rename_run


def attributed(
    project: Project, bundle: Bundle, trained: Trained, *, progress: Progress
) -> tuple[Bundle, Trained]:
    """Return the bundle under a commit that holds what it was trained on, sealed again where it named none.

    What was trained before it was committed names the commit before, with `+dirty`. Once a commit holds the same
    inputs, which an unchanged training key says, the bundle is sealed again with that commit: the model and its
    figures stay as they are, the digest is another one.
    """
    commit = project.commit()
    if not bundle.manifest.lineage.dirty or commit.endswith(DIRTY):
        return bundle, trained
    lineage = bundle.manifest.lineage.model_copy(update={"commit": commit})
    with tempfile.TemporaryDirectory(dir=project.bundles.root, prefix=".sealing-") as name:
        folder = Path(name) / "bundle"
        shutil.copytree(bundle.folder, folder)
        sealed = seal(folder, bundle.manifest.model_copy(update={"lineage": lineage}))
        again = project.bundles.add(sealed.folder)
    progress(f"commit {commit[:12]} holds what it was trained on: sealed again as {short(again.digest)}")
    trained = trained.model_copy(
        update={"bundle": again.digest, "run": _renamed(project, trained.run, bundle, again)}
    )
    remember(project, trained)
    return again, trained


def _renamed(project: Project, run: str, old: Bundle, new: Bundle) -> str:
    """Return the run of a bundle that was sealed again; empty where it stays the old one's, or cannot be told."""
    if not run:
        return ""
    try:
        if old.digest in registry_of(project).digests():
            return ""
        rename_run(tracking_uri(project), run, new.manifest.lineage.commit, new.digest)
    except TrunklineError:
        return ""
    return run
