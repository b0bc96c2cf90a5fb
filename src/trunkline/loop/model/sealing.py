"""Seal: what was fitted becomes a bundle, measured through the runtime that will answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from trunkline import data, evaluation, monitoring, training
from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.errors import BundleError, ExportError
from trunkline.core.lineage import Lineage
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.policy.training import ParityPolicy
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.evaluation import Scored
from trunkline.evaluation.scored import truth_of
from trunkline.tasks import judging_of, task_of

from .answers import columns_of, independent, opened


def seal_fitted(
    folder: Path,
    project: Project,
    snapshot: data.Snapshot,
    fitted: training.Fitted,
    lineage: Lineage,
    metrics: Mapping[str, Callable[..., float]],
    progress: Progress,
) -> tuple[Bundle, str]:
    """Return the sealed bundle of a fitted candidate, and why it does not run as ONNX; empty when it does."""
    contract, test = snapshot.contract, snapshot.test()
    code = project.root / "src" / project.policy.package
    allowed = project.policy.training.parity
    exported = training.export(fitted, contract, test, folder, code=code, allowed=allowed, progress=progress)
    progress("sealing the bundle, and asking it where the project cannot be read")
    contract.write(folder / "contract.json")
    manifest = BundleManifest(
        name=project.policy.name,
        runtime=exported.runtime,
        model=exported.model,
        classes=fitted.classes,
        decision=fitted.decision,
        trusted_types=exported.trusted_types,
        requires=exported.requires,
        parity=exported.parity.said() if exported.parity else "",
        figures=(),
        lineage=lineage,
        files={},
    )
    # Figures are measured through the runtime that will answer users, so the model is sealed once without them.
    # A Python form is the pipeline itself: whatever differs comes from a file that it does not have.
    within = allowed if exported.parity else ParityPolicy(share=0)
    scored, batched = _alone(seal(folder, manifest), fitted, test, project.root, within)
    figures = evaluation.measure(
        truth_of(test, contract),
        scored.labels,
        scored.probabilities,
        contract,
        metrics=metrics,
        resamples=project.policy.gates.performance.resamples,
        classes=scored.classes,
        names=(project.policy.monitoring.of(PerformanceMonitor).metric,),
        frame=test,
    )
    _reference(snapshot, scored).write(folder / "profile.json")
    return seal(folder, manifest.model_copy(update={"figures": figures, "batched": batched})), exported.reason


def _alone(
    bundle: Bundle, fitted: training.Fitted, test: pd.DataFrame, hidden: Path, allowed: ParityPolicy
) -> tuple[Scored, bool]:
    """Return what a sealed bundle answers where the project cannot be read, and whether it may answer in batches.

    Raises ExportError when it needs a file outside itself, or answers otherwise than what was fitted.
    """
    contract = bundle.contract
    advice = (
        "put files, and values of variables of the environment as a file, into the package, and find them from there "
        "(Path(__file__).parent, importlib.resources); keep in attributes of the fitted estimator only what can be "
        "written, no open session, lambda or path; a service runs in the time zone UTC and the locale C.UTF-8; "
        "a model's file is brought by Trained of trunkline.training"
    )
    try:
        with opened(bundle, hidden=hidden) as model:
            answers = model.predict(columns_of(test, [column.name for column in contract.features]))
            # What answers within the process that serves is not asked for several requests at once.
            batched = not model.quick and independent(model, test, contract, answers)
    except BundleError as error:
        raise ExportError(
            f"The bundle does not work without the project's folder. {error.what}", next_step=advice
        ) from error
    wanted = judging_of(contract).ask(
        fitted.pipeline, training.model_frame(test, contract), decision=fitted.decision
    )
    parity = training.compare(wanted, answers, contract, allowed)
    if not parity.holds:
        refused = f" It asked for {', '.join(answers.refused)}." if answers.refused else ""
        raise ExportError(
            f"The bundle gives other answers without the project's folder: {parity.reason()}.{refused}",
            next_step=advice,
        )
    scored = Scored(
        frame=test, labels=answers.predictions, probabilities=answers.probabilities, classes=answers.classes
    )
    return scored, batched


def _reference(snapshot: data.Snapshot, test: Scored) -> monitoring.Profile:
    rows = pd.concat([snapshot.development(), snapshot.test()], ignore_index=True)
    contract = snapshot.contract
    # In-sample scores are too sure of themselves: the live scores would look drifted from the first day.
    seen = task_of(contract).watched(test.answers, contract)
    return monitoring.reference_profile(
        columns_of(rows, [column.name for column in monitoring.watched(contract)]),
        contract,
        labels=seen.labels,
        scores=list(seen.scores),
        parts=seen.parts,
    )
