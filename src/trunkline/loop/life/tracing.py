"""Trace: from a prediction id back to the model, the data, the commit and the pull request it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trunkline.core.bundle import Bundle
from trunkline.core.errors import NotFoundError, StorageError, TrunklineError
from trunkline.core.git import git, try_git
from trunkline.core.lineage import DIRTY
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.snapshots import SnapshotManifest
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.versions.named import VERSION_FILE, card_folder
from trunkline.predictions import Prediction
from trunkline.predictions.ground_truth import events_of
from trunkline.predictions.opening import open_log, open_truth

from .provenance import describe_commit


@dataclass(frozen=True)
class Step:
    """One link of the chain: what it is, its identity, and what a person wants to know of it."""

    name: str
    identity: str
    detail: str


def find_prediction(project: Project, identity: str) -> tuple[Prediction, str]:
    """Return a logged prediction and its environment.

    Raises NotFoundError when no environment's log has the id.
    """
    here = {path.name for path in (project.work / "predictions").glob("*") if path.is_dir()}
    for environment in sorted(here | set(project.environments())):
        if found := open_log(project, environment).find(identity):
            return found, environment
    raise NotFoundError(
        f"No prediction log has the id {identity}.",
        next_step="take an id that the service answered with; logs lie under .trunkline/predictions/",
    )


def trace(project: Project, identity: str) -> tuple[Step, ...]:
    """Return the chain from the prediction back to the data and the commit.

    A link that cannot be followed on this machine says so instead of ending the walk.
    Raises NotFoundError when no log has the id.
    """
    prediction, environment = find_prediction(project, identity)
    return tuple(_walk(project, prediction, environment))


def _walk(project: Project, prediction: Prediction, environment: str) -> Iterator[Step]:
    inputs = ", ".join(f"{name}={value}" for name, value in prediction.inputs.items())
    answer = prediction.outputs.get("prediction")
    told = "logged as silent, never returned" if prediction.arm == "silent" else f"as {prediction.arm}"
    yield Step("prediction", prediction.id, f"{answer}, {prediction.time:%Y-%m-%d %H:%M:%S} UTC; {inputs}")
    events = events_of(open_truth(project, environment), [prediction.id]).get(prediction.id, ())
    said = ", ".join(f"{event.item} {event.value}".strip() for event in events)
    yield Step(
        "ground truth", said or "not yet", f"{max(event.time for event in events):%F %T}" if events else ""
    )
    pulls = open_forge(project).pull_requests(state="merged")
    asked = _merged_by(project, prediction.revision, pulls)
    yield Step("deployment", prediction.revision[:12], f"{environment}, {told}; {asked}")
    yield Step("version", str(prediction.version), _registered(project, prediction.version))
    try:
        bundle = project.bundles.get(prediction.bundle)
    except TrunklineError as error:
        yield Step("bundle", short(prediction.bundle), str(error))
        return
    yield from _origin(project, bundle, pulls)


def _origin(project: Project, bundle: Bundle, pulls: tuple[PullRequest, ...]) -> Iterator[Step]:
    lineage = bundle.manifest.lineage
    settings = ", ".join(f"{name}={value}" for name, value in lineage.settings.items())
    candidate = f"{lineage.candidate}({settings})"
    yield Step("bundle", short(bundle.digest), f"{bundle.manifest.runtime}, {candidate}")
    yield Step(
        "training key", short(lineage.training_key), f"code {short(lineage.code)}, lock {short(lineage.lock)}"
    )
    rows = "not on this machine"
    manifest = project.snapshots / lineage.snapshot.removeprefix("sha256:") / "snapshot.json"
    if manifest.is_file():
        try:
            read = SnapshotManifest.read(manifest)
        except StorageError as error:
            rows = str(error)
        else:
            rows = ", ".join(f"{part} {count}" for part, count in read.rows.items())
            rows += "; from " + ", ".join(f"{name} {count}" for name, count in read.sources.items() if count)
    yield Step("snapshot", short(lineage.snapshot), rows)
    commit, said = describe_commit(project, lineage)
    brought = f"; {_merged_by(project, commit, pulls)}" if commit else ""
    yield Step("commit", commit[:12] or _unknown(lineage.commit), said + brought)


def _registered(project: Project, number: int) -> str:
    file = card_folder(project, number) / VERSION_FILE
    since = try_git(project.root, "log", "--format=%cI %h", "--diff-filter=A", "-1", "--", str(file)).stdout
    if not since:
        return "the checked-out commit does not name it"
    day, commit = since.split()
    return f"named by {file.relative_to(project.root).as_posix()} since {day[:10]} ({commit})"


def _unknown(commit: str) -> str:
    """Return a commit that is not known to have produced a bundle, so that nobody takes it for one that has."""
    return f"{commit[:12]}{DIRTY}" if commit.endswith(DIRTY) else f"{commit[:12]} (not confirmed)"


def _merged_by(project: Project, commit: str, pulls: tuple[PullRequest, ...]) -> str:
    """Return the first merge that brought the commit into main."""
    for pull in pulls:
        if pull.merge and (pull.merge == commit or _is_ancestor(project, commit, pull.merge)):
            return f"pull request #{pull.number}: {pull.title}"
    return "by no pull request"


def _is_ancestor(project: Project, commit: str, merge: str) -> bool:
    """Whether `merge` brought `commit` in: reachable from it, and not from its first parent."""
    try:
        inside = git(project.root, "rev-list", f"{merge}^1..{merge}")
    except TrunklineError:
        return False
    return commit in inside.split()
