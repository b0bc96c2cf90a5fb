"""Train: from the locked snapshot to a sealed bundle, once for each training key."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trunkline import training
from trunkline.core.bundle import Bundle
from trunkline.core.errors import UnavailableError
from trunkline.core.lineage import Lineage
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.loop.versions.bundles import tracking_uri
from trunkline.loop.versions.trained import Trained, keep, recall

from .checking import check_project
from .sealing import seal_fitted
from .snapshots import locked_snapshot


def train(project: Project, *, progress: Progress, again: bool = False) -> tuple[Bundle, Trained, bool]:
    """Return the bundle of the project's training key, what is remembered of it, and whether it was trained now.

    An unchanged key gives the remembered bundle; `again` trains all the same (to compare).
    """
    check_project(project)
    snapshot = locked_snapshot(project, progress=progress)
    key = training.key_parts(project, snapshot.digest)
    if not again and (known := recall(project, key.key, progress=progress)):
        progress(f"training key {short(key.key)} is unchanged: bundle {short(known[0].digest)} is reused")
        return *known, False
    metrics = project.metrics()
    with training.measured_usage(project.policy.training.watts_per_core) as meter:
        fitted = training.train(
            snapshot.development(),
            snapshot.contract,
            features=project.plug("features", "features"),
            candidates=project.plug("model", "candidates"),
            policy=project.policy.training,
            metrics=metrics,
            split=project.policy.data.split.method,
            progress=progress,
        )
    lineage = Lineage(
        commit=project.commit(),
        snapshot=snapshot.digest,
        training_key=key.key,
        code=key.code,
        policy=key.policy,
        lock=key.lock,
        toolkit=key.toolkit,
        candidate=fitted.candidate,
        settings=fitted.settings,
    )
    project.bundles.root.mkdir(parents=True, exist_ok=True)
    # Inside the store's own folder, so that adding the bundle never crosses disks.
    with tempfile.TemporaryDirectory(dir=project.bundles.root, prefix=".sealing-") as name:
        sealed, reason = seal_fitted(Path(name), project, snapshot, fitted, lineage, metrics, progress)
        bundle = project.bundles.add(sealed.folder)
    # Kept before it is tracked: when the server goes away meanwhile, nothing has to be trained again.
    trained = Trained(key=key.key, bundle=bundle.digest, run="", usage=meter.usage, reason=reason)
    keep(project, trained)
    try:
        run = training.track(
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
    keep(project, trained)
    return bundle, trained, True
