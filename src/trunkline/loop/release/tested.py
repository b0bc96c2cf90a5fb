"""Tested: the bundle that a pull request's own run trained and judged, packed there and taken over at the release."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from trunkline import data, training
from trunkline.core.bundle import MANIFEST, Bundle, BundleManifest, open_bundle
from trunkline.core.errors import BundleError, NotFoundError, StorageError
from trunkline.core.git import try_git
from trunkline.core.policy.gates import DeepchecksGates, LoadGates
from trunkline.core.progress import Progress
from trunkline.core.project import HOME, Project
from trunkline.core.record import digits, short
from trunkline.forge import open_forge
from trunkline.loop.gates.runs import DEEPCHECKS, LOAD, kept_run, run_folder
from trunkline.loop.versions.named import named_versions, require_bundle
from trunkline.loop.versions.trained import Trained, forget, recall, remember, remembered

BUNDLE, TRAINED = "bundle", "trained.json"
RUNS = (f"{DEEPCHECKS}.json", f"{LOAD}.json")
REPORTS = ("report.md", "report.html", "junit.xml")


@dataclass(frozen=True)
class Packed:
    """A bundle's folder and its reports, ready to be kept beside a run; `artifact` is the name to keep it under."""

    artifact: str
    bundle: Path
    report: Path


def training_key(project: Project) -> str:
    """Return the training key of the commit that is checked out; its rows need not be here."""
    return training.training_key(project, data.read_lock(project).snapshot)


def artifact_name(key: str) -> str:
    """Return the name under which the bundle of a training key is kept."""
    return f"bundle-{digits(key)[:16]}"


def pack(project: Project, folder: Path, *, bundle: str = "") -> Packed:
    """Copy the bundle of the checked-out commit, what is remembered of it and its reports into a folder.

    Raises NotFoundError when this key was not trained on this machine, and BundleError when it gave another bundle than
    `bundle`, which an earlier step named.
    """
    key = training_key(project)
    trained = remembered(project, key)
    if trained is None or trained.bundle not in project.bundles:
        raise NotFoundError(
            f"The training key {short(key)} gave no bundle on this machine yet.", next_step="trunkline train"
        )
    require_bundle(trained.bundle, bundle, what="What would be packed")
    packed = Packed(artifact=artifact_name(key), bundle=folder / "bundle", report=folder / "report")
    for each in (packed.bundle, packed.report):
        shutil.rmtree(each, ignore_errors=True)
        each.mkdir(parents=True)
    shutil.copytree(project.bundles.get(trained.bundle).folder, packed.bundle / BUNDLE)
    # The run stays in this machine's MLflow store; whoever takes the bundle over has another one.
    trained.model_copy(update={"run": ""}).write(packed.bundle / TRAINED)
    said = run_folder(project, trained.bundle)
    for names, place in ((RUNS, packed.bundle), (REPORTS, packed.report)):
        for name in names:
            if (said / name).is_file():
                shutil.copy(said / name, place / name)
    for page in sorted((said / DEEPCHECKS).glob("*.html")):
        (packed.report / DEEPCHECKS).mkdir(exist_ok=True)
        shutil.copy(page, packed.report / DEEPCHECKS / page.name)
    return packed


def packed_key(folder: Path) -> str:
    """Return the training key whose bundle was packed in a folder."""
    return Trained.read(folder / TRAINED).key


def adopt(project: Project, folder: Path, *, key: str, bundle: str = "") -> str:
    """Take a packed bundle into the project and return its digest.

    Every file is compared with its checksum before anything is kept, and nothing is deserialised. Raises
    NotFoundError when it is the bundle of another training key, BundleError when it is not what was sealed or not
    `bundle`, which an earlier step named.
    """
    packed = open_bundle(folder / BUNDLE)
    require_bundle(packed.digest, bundle, what="What was packed")
    trained = Trained.read(folder / TRAINED)
    if (packed.manifest.lineage.training_key, trained.key, trained.bundle) != (key, key, packed.digest):
        raise NotFoundError(
            f"What was packed is the bundle of training key {short(packed.manifest.lineage.training_key)}.",
            value=short(key),
        )
    project.bundles.root.mkdir(parents=True, exist_ok=True)
    project.bundles.add(packed.folder)
    _take_runs(project, folder, packed.digest)
    known = remembered(project, key)
    if known is None or known.bundle != packed.digest:
        remember(project, trained.model_copy(update={"run": ""}))
    return packed.digest


def _take_runs(project: Project, folder: Path, bundle: str) -> None:
    """Take over what gates said of a bundle."""
    runs = run_folder(project, bundle)
    runs.mkdir(parents=True, exist_ok=True)
    for name in RUNS:
        if (folder / name).is_file():
            shutil.copy(folder / name, runs / name)


def adopt_tested(project: Project, *, bundle: str = "", progress: Progress) -> bool:
    """Take over the bundle that the merged pull request's run tested; whether there was one to take.

    False leaves the key to be trained here: there is none from a fork, from a run that was not green, or of a change
    that main has overtaken. A bundle that is damaged or of another key is left where it is, and the reason is shown.
    Of a key that was registered before its run was (a retraining's), only what gates said is taken over. A bundle that
    was trained before it was committed counts as none: what a release carries names its commit. `bundle` is
    what an earlier step of the same run took over.
    """
    key = training_key(project)
    known = recall(project, key, progress=progress)
    if known and known[0].digest != bundle and _unproven(project, known[0].digest):
        progress(
            f"bundle {short(known[0].digest)} lies on this machine, and main does not name it: it is not reused"
        )
        forget(project, key)
        known = None
    if known and known[0].manifest.lineage.dirty:
        progress(f"bundle {short(known[0].digest)} names no commit that holds what it was trained on")
        known = None
    if known and not unasked(project, known[0].digest):
        return True
    with tempfile.TemporaryDirectory(prefix="trunkline-tested-") as name:
        folder = Path(name)
        try:
            if not open_forge(project).tested_bundle(brought_by(project), key, folder):
                if known is None:
                    progress(
                        "no run of the merged pull request kept a bundle of this training key: training here"
                    )
                return known is not None
            digest = (
                _take_verdicts(project, folder, known[0].digest) if known else adopt(project, folder, key=key)
            )
        except (BundleError, NotFoundError, StorageError) as error:
            progress(f"the bundle that the pull request's run kept is not taken: {error}")
            return known is not None
    progress(f"bundle {short(digest)}, which the pull request's run tested, is taken over")
    return True


def _unproven(project: Project, bundle: str) -> bool:
    """Whether code that nobody merged could have left a bundle here: a runner's home and its disk outlive the job."""
    own = bool(os.environ.get(HOME)) or os.environ.get("RUNNER_ENVIRONMENT") == "self-hosted"
    outlives = os.environ.get("GITHUB_ACTIONS") == "true" and own
    return outlives and bundle not in {version.bundle for version in named_versions(project)}


def _take_verdicts(project: Project, folder: Path, bundle: str) -> str:
    """Take over what gates said of a bundle that is here already, if what was packed is that one."""
    if (packed := Trained.read(folder / TRAINED).bundle) != bundle:
        raise NotFoundError(f"What was packed is bundle {short(packed)}.", value=short(bundle))
    _take_runs(project, folder, bundle)
    return bundle


def unasked(project: Project, bundle: str) -> list[str]:
    """Return the gates with a process of their own that were not asked about a bundle under this policy."""
    gates = project.policy.gates
    asks: dict[str, DeepchecksGates | LoadGates] = {LOAD: gates.load}
    asks |= {DEEPCHECKS: gates.deepchecks} if gates.deepchecks.suites else {}
    return sorted(name for name, rules in asks.items() if kept_run(project, name, bundle, rules) is None)


def brought_by(project: Project) -> str:
    """Return the commit that brought what is trained: another run tested a later one, of a Dockerfile."""
    newest = try_git(
        project.root, "log", "-1", "--first-parent", "--format=%H", "HEAD", "--", *project.model_inputs
    ).stdout.strip()
    return newest or project.commit()


def compare_with_fork(project: Project, bundle: Bundle, *, progress: Progress) -> str:
    """Return in words how a bundle that was trained here differs from the one that a fork's run kept, if one did.

    Only names, checksums and figures are read: what a stranger's run made is never opened as a model.
    """
    key = bundle.manifest.lineage.training_key
    with tempfile.TemporaryDirectory(prefix="trunkline-fork-") as name:
        folder = Path(name)
        try:
            if not open_forge(project).tested_bundle(brought_by(project), key, folder, fork=True):
                return ""
            theirs = BundleManifest.read(folder / BUNDLE / MANIFEST, error=BundleError)
        except (BundleError, NotFoundError, StorageError) as error:
            said = f"What the fork's run kept cannot be compared: {error.what}"
            progress(said)
            return said
    ours = bundle.manifest
    if theirs.files.get(theirs.model) == ours.files[ours.model]:
        said = "The fork's run says that it made the very same model file."
    else:
        theirs_by = {(each.name, each.group): each.value for each in theirs.figures}
        pairs = [
            f"{each.name} {each.value:.4g} here, {theirs_by[each.name, each.group]:.4g} there"
            for each in ours.figures
            if not each.group and (each.name, each.group) in theirs_by
        ]
        said = (
            f"The fork's run made another model file: {'; '.join(pairs) or 'its figures have other names'}."
        )
    progress(said)
    return said
