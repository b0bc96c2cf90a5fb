"""Train: from the locked snapshot to a sealed bundle, once for each training key."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from trunkline import training
from trunkline.core.bundle import Bundle
from trunkline.core.errors import ProjectError, UnavailableError
from trunkline.core.lineage import Lineage
from trunkline.core.package import files_in
from trunkline.core.progress import Progress
from trunkline.core.project import LOCK_FILE, POLICY_FILE, Project
from trunkline.core.record import short
from trunkline.loop.versions.bundles import tracking_uri
from trunkline.loop.versions.trained import Trained, recall, remember
from trunkline.registry import fetch_version, track

from .attribution import attributed
from .checking import check_project
from .sealing import seal_fitted
from .snapshots import locked_snapshot


def train(project: Project, *, progress: Progress, again: bool = False) -> tuple[Bundle, Trained, bool]:
    """Return the bundle of the project's training key, what is remembered of it, and whether it was trained now.

    An unchanged key gives the remembered bundle, by the commit that holds what it was trained on; `again` trains all
    the same (to compare). Raises ProjectError when training reads a file that the key does not cover, or when the
    project changes meanwhile.
    """
    check_project(project)
    snapshot = locked_snapshot(project, progress=progress)
    key = training.key_parts(project, snapshot.digest)
    if not again and (known := recall(project, key.key, progress=progress)):
        progress(f"training key {short(key.key)} is unchanged: bundle {short(known[0].digest)} is reused")
        return *attributed(project, *known, progress=progress), False
    commit, metrics = project.commit(), project.metrics()
    project.bundles.root.mkdir(parents=True, exist_ok=True)
    # Inside the store's own folder, so that adding the bundle never crosses disks.
    with tempfile.TemporaryDirectory(dir=project.bundles.root, prefix=".sealing-") as name:
        with training.watched(project.root, _covered(project)):
            with training.measured_usage(project.policy.training.watts_per_core) as meter:
                fitted = training.train(
                    snapshot.development(),
                    snapshot.contract,
                    features=training.features_of(project, snapshot.contract),
                    candidates=project.plug("model", "candidates"),
                    policy=project.policy.training,
                    metrics=metrics,
                    files=files_of(project),
                    split=project.policy.data.split.method,
                    progress=progress,
                )
            lineage = Lineage(
                commit=commit,
                snapshot=snapshot.digest,
                training_key=key.key,
                code=key.code,
                policy=key.policy,
                lock=key.lock,
                toolkit=key.toolkit,
                candidate=fitted.candidate,
                settings=fitted.settings,
                origin=fitted.origin,
            )
            sealed, reason = seal_fitted(Path(name), project, snapshot, fitted, lineage, metrics, progress)
        if training.key_parts(Project(project.root, project.store), snapshot.digest) != key:
            raise ProjectError(
                "The project's files changed while the model was trained.", next_step="trunkline train"
            )
        bundle = project.bundles.add(sealed.folder)
    # Kept before it is tracked: when the server goes away meanwhile, nothing has to be trained again.
    trained = Trained(key=key.key, bundle=bundle.digest, run="", usage=meter.usage, reason=reason)
    remember(project, trained)
    try:
        run = track(
            tracking_uri(project),
            project.policy.name,
            fitted,
            lineage,
            bundle.manifest.figures,
            bundle.digest,
            usage=meter.usage,
        )
    except UnavailableError as error:
        progress(f"the run is not tracked, its bundle is kept: {error.what}")
        return bundle, trained, True
    trained = trained.model_copy(update={"run": run})
    remember(project, trained)
    return bundle, trained, True


def files_of(project: Project) -> training.Files:
    """Return where a project's models lie that were trained elsewhere."""
    versions = partial(fetch_version, tracking_uri(project))
    return training.Files(project.package, project.work / "files", versions)


def _covered(project: Project) -> list[Path]:
    """Return what training may read: what its key covers, and what shapes no model."""
    names = (POLICY_FILE, LOCK_FILE, "requirements", "vendor", "tests", ".git", ".venv")
    covered = [project.package, project.work, *(project.root / name for name in names)]
    return [*covered, *files_in(project.package).values(), *project.declared_files().values()]
