"""Train and judge: from the locked snapshot to a sealed bundle and the gates' verdicts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from trunkline import data, evaluation, monitoring, training
from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.contract import Contract
from trunkline.core.errors import BundleError, GateFailed, GateInconclusive, NotFoundError, UnavailableError
from trunkline.core.project import Project
from trunkline.core.record import digits, short, write_atomically
from trunkline.core.records import DataLock, Evaluation, Lineage, Window
from trunkline.evaluation import Scored, deepchecks
from trunkline.evaluation.scored import truth_of
from trunkline.serving import Model, open_model

from .gate_runs import kept_verdicts, run_folder
from .registered import champion_of, tracking_uri
from .trained import Trained, keep, recall

Progress = Callable[[str], None]
SNAPSHOTS = "TRUNKLINE_SNAPSHOTS"
"""The environment variable that names a folder of snapshots to copy from: those of the machine's production."""


@dataclass(frozen=True)
class Judged:
    """A bundle with its evaluation, the answers it rests on, and where the reports lie."""

    bundle: Bundle
    evaluation: Evaluation
    folder: Path
    test: Scored
    champion: Scored | None

    @property
    def markdown(self) -> Path:
        """Return the report for a pull request."""
        return self.folder / "report.md"

    @property
    def page(self) -> Path:
        """Return the report for a browser."""
        return self.folder / "report.html"

    @property
    def junit(self) -> Path:
        """Return the report that lets continuous integration show gates as tests."""
        return self.folder / "junit.xml"


def check_project(project: Project) -> None:
    """Raise the first error that the policy and the user's four files hold, before any work is done."""
    policy = project.policy
    contract = data.project_contract(project)
    evaluation.check_gates(policy, project.metrics(), contract)
    evaluation.apply_waivers((), policy.gates.waivers, today=datetime.now(UTC).date())
    training.mitigated_attribute(policy.training.mitigation, contract)
    deepchecks.check_blocking(policy.gates.deepchecks)
    for module, name in (("data", "load"), ("features", "features")):
        project.plug(module, name)
    training.offered(project.plug("model", "candidates"), policy.training.candidates)


def snapshot(project: Project, *, progress: Progress) -> data.Snapshot:
    """Take the snapshot that the policy asks for and lock it."""
    taken = data.take_snapshot(project, window=project.policy.data.window, progress=progress)
    data.write_lock(project, taken)
    return taken


def locked_snapshot(project: Project, *, progress: Progress) -> data.Snapshot:
    """Return the snapshot that `data.lock` names, taken again from the source when it is not on this machine.

    Raises DataError when the source no longer gives the rows that were locked.
    """
    lock = data.read_lock(project)
    here = project.snapshots / digits(lock.snapshot)
    lent = Path(os.environ.get(SNAPSHOTS) or here.parent) / here.name
    if not here.is_dir() and lent.is_dir():
        _borrow(lent, here)
    if here.is_dir():
        return data.open_snapshot(project, lock.snapshot)
    if lock.sources.get("traffic"):
        raise NotFoundError(
            f"The snapshot {short(lock.snapshot)} is not on this machine, and it holds answered traffic.",
            next_step=f"copy .trunkline/snapshots/{digits(lock.snapshot)} from the machine that made it; on GitHub, run"
            " ci.yml by hand on this branch: it is judged on the machine that serves",
        )
    progress(f"snapshot {short(lock.snapshot)} is not on this machine: taking it from the source again")
    taken = data.take_snapshot(project, window=lock.window, progress=progress)
    if taken.digest != lock.snapshot:
        return data.open_snapshot(project, lock.snapshot)
    return taken


def _borrow(lent: Path, here: Path) -> None:
    """Copy a snapshot whole or not at all: a run that is killed leaves nothing that looks like one."""
    here.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=here.parent, prefix=".borrowing-") as name:
        copy = Path(name) / here.name
        shutil.copytree(lent, copy)
        copy.rename(here)


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
        sealed, reason = _seal(Path(name), project, snapshot, fitted, lineage, metrics, progress)
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


def _seal(
    folder: Path,
    project: Project,
    snapshot: data.Snapshot,
    fitted: training.Fitted,
    lineage: Lineage,
    metrics: Mapping[str, Callable[..., float]],
    progress: Progress,
) -> tuple[Bundle, str]:
    contract, test = snapshot.contract, snapshot.part("test")
    code = project.root / "src" / project.policy.package
    exported = training.export(fitted, contract, test, folder, code=code, progress=progress)
    contract.write(folder / "contract.json")
    manifest = BundleManifest(
        name=project.policy.name,
        runtime=exported.runtime,
        model=exported.model,
        classes=fitted.classes,
        trusted_types=exported.trusted_types,
        requires=exported.requires,
        figures=(),
        lineage=lineage,
        files={},
    )
    # Figures are measured through the runtime that will answer users, so the model is sealed once without them.
    with opened(seal(folder, manifest)) as model:
        scored = ask(model, test, contract)
    figures = evaluation.measure(
        truth_of(test, contract),
        scored.labels,
        scored.probabilities,
        contract,
        metrics=metrics,
        resamples=project.policy.gates.performance.resamples,
        classes=scored.classes,
        names=(project.policy.monitoring.performance.metric,),
        frame=test,
    )
    _reference(snapshot, scored).write(folder / "profile.json")
    return seal(folder, manifest.model_copy(update={"figures": figures})), exported.reason


def _reference(snapshot: data.Snapshot, test: Scored) -> monitoring.Profile:
    rows = pd.concat([snapshot.development(), snapshot.part("test")], ignore_index=True)
    contract = snapshot.contract
    return monitoring.reference_profile(
        columns_of(rows, [column.name for column in monitoring.watched(contract)]),
        contract,
        # In-sample scores are too sure of themselves: the live scores would look drifted from the first day.
        labels=list(test.labels),
        scores=list(monitoring.scores_of(contract, test.classes, test.probabilities, list(test.labels))),
    )


def columns_of(rows: pd.DataFrame, names: list[str]) -> dict[str, list[object]]:
    """Return rows by column as plain values, null as None."""
    return {
        name: [
            None if missing else value
            for value, missing in zip(rows[name].tolist(), rows[name].isna(), strict=True)
        ]
        for name in names
    }


@contextmanager
def opened(bundle: Bundle) -> Iterator[Model]:
    """Yield a bundle's model and close it afterwards."""
    model = open_model(bundle)
    try:
        yield model
    finally:
        model.close()


def ask(model: Model, rows: pd.DataFrame, contract: Contract) -> Scored:
    """Return rows with what a model answers to them, asked the way users ask."""
    answers = model.predict(columns_of(rows, [column.name for column in contract.features]))
    return Scored(
        frame=rows, labels=answers.predictions, probabilities=answers.probabilities, classes=answers.classes
    )


def judge(project: Project, bundle: Bundle, *, progress: Progress) -> Judged:
    """Ask every gate about a bundle, against the champion that the desired state names, and write the reports."""
    policy = project.policy
    snapshot = data.open_snapshot(project, bundle.manifest.lineage.snapshot)
    contract, test = bundle.contract, snapshot.part("test")
    champion = champion_of(project, progress=progress)
    with opened(bundle) as model:
        scored = ask(model, test, contract)
        rival, silent = _answers_of(champion, test, contract) if champion is not None else (None, "")
        figures, verdicts = evaluation.judge(
            contract=contract,
            policy=policy,
            test=scored,
            train=ask(model, snapshot.development(), contract),
            champion=rival,
            silent=silent,
            ask=lambda rows: ask(model, rows, contract),
            before=data.check_snapshot(
                snapshot, policy.data, policy.gates.data, previous=_previous(project, champion)
            )
            + kept_verdicts(project, bundle.digest),
            metrics=project.metrics(),
            progress=progress,
            today=datetime.now(UTC).date(),
        )
    judgement = Evaluation(
        bundle=bundle.digest,
        champion=champion.digest if champion else "",
        snapshot=snapshot.digest,
        created=datetime.now(UTC),
        figures=figures,
        verdicts=verdicts,
    )
    folder = run_folder(project, bundle.digest)
    judgement.write(folder / "evaluation.json")
    judged = Judged(bundle=bundle, evaluation=judgement, folder=folder, test=scored, champion=rival)
    title = f"{policy.name}, bundle {short(bundle.digest)}"
    write_atomically(judged.markdown, evaluation.report_markdown(judgement, title=title).encode())
    page = evaluation.report_page(judgement, scored, rival, contract, title=title)
    write_atomically(judged.page, page.encode())
    write_atomically(judged.junit, evaluation.junit_xml(judgement).encode())
    return judged


def _answers_of(champion: Bundle, rows: pd.DataFrame, contract: Contract) -> tuple[Scored | None, str]:
    """Return what the champion answers to rows of a later contract, or None and why it has no answer to them."""
    learned = champion.contract
    if (learned.outcome.name, learned.task) != (contract.outcome.name, contract.task):
        return None, f"The champion answers another question: {learned.outcome.name} ({learned.task})."
    if strange := sorted({*learned.outcome.categories} - {*contract.outcome.categories}):
        return None, f"The champion answers {', '.join(strange)} too, which the contract no longer has."
    gone = [column.name for column in learned.features if column.name not in rows.columns]
    if gone:
        return None, f"The champion asks for {', '.join(gone)}, which the contract no longer has."
    with opened(champion) as model:
        try:
            return ask(model, rows, learned), ""
        except BundleError as error:
            return None, f"The champion, made for an earlier contract, cannot answer these rows: {error.what}"


def _previous(project: Project, champion: Bundle | None) -> DataLock | None:
    """Return the lock of the rows that the champion learned from; an empty one where git no longer has it."""
    if champion is None:
        return None
    lineage = champion.manifest.lineage
    found = data.lock_at(project, lineage.commit)
    if found is None or found.snapshot != lineage.snapshot:
        return DataLock(snapshot=lineage.snapshot, rows={}, window=Window(), sources={})
    return found


def require_pass(judged: Judged) -> None:
    """Raise GateFailed or GateInconclusive unless every blocking gate passed or is waived."""
    stops = [verdict for verdict in judged.evaluation.verdicts if verdict.stops]
    if not stops:
        return
    names = ", ".join(verdict.gate for verdict in stops)
    if judged.evaluation.outcome == "fail":
        raise GateFailed(f"The gates said no: {names}.", next_step=f"read {judged.markdown}")
    raise GateInconclusive(
        f"Too few data for an answer: {names}.",
        next_step=f"read {judged.markdown}; more rows would decide it",
    )
