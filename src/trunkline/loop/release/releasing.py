"""Release: register a judged bundle, write its card, and propose the desired state that serves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, ForgeError
from trunkline.core.lineage import Version
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.reading import read_text
from trunkline.core.record import short
from trunkline.delivery.image import IMAGE_FILE, Image
from trunkline.forge import LocalForge, PullRequest
from trunkline.loop.changes.merged import has_origin, merged_state, require_main, require_released
from trunkline.loop.changes.taken_back import version_taken_back
from trunkline.loop.gates.judging import Judged, judge, require_pass
from trunkline.loop.model.training import train
from trunkline.loop.rollout.automatic import let_merge
from trunkline.loop.rollout.promoting import propose_stage
from trunkline.loop.versions.named import require_bundle
from trunkline.loop.versions.trained import Trained, recall, register_trained

from .cards import write_card
from .tested import BUNDLE, adopt, adopt_tested, compare_with_fork, training_key

REHEARSED = "rehearsal.md"
"""What a green rehearsal in staging leaves in the folder of a release's evidence."""


@dataclass(frozen=True)
class Registered:
    """A judged bundle and the version that it is."""

    judged: Judged
    version: Version
    trained: Trained
    compared: str
    """How it differs from what a fork's run made of the same key; empty where none did."""
    settled: str
    """Why there is nothing to propose: the desired state names it already, or people took it back; else empty."""


@dataclass(frozen=True)
class Released:
    """What a release did. `pull_request` is None when the version is served or proposed already, or was taken back."""

    judged: Judged
    version: Version
    pull_request: PullRequest | None
    settled: str = ""


def release(
    project: Project, *, evidence: Path | None = None, number: int = 0, bundle: str = "", progress: Progress
) -> Released:
    """Train or reuse, evaluate, register, write the card, and open the promotion's pull request.

    `evidence` is the folder where earlier jobs of this release left the bundle that was registered, and what was seen
    of it, which precedes the gates' report in the pull request. Raises what `register` raises, BundleError when that
    bundle is not what was sealed or not `bundle`, which they named, and ForgeError when the version is not `number`,
    about which the evidence is.
    """
    if evidence and (packed := evidence / BUNDLE).is_dir():
        adopt(project, packed, key=training_key(project), bundle=bundle)
    registered = register(project, bundle=bundle, progress=progress)
    judged, version = registered.judged, registered.version
    if number and version.number != number:
        raise ForgeError(
            f"What main would train is version {version.number} by now, and version {number} was rehearsed.",
            next_step="run release.yml again",
        )
    if registered.settled:
        progress(f"nothing to propose: {registered.settled}")
        return Released(judged=judged, version=version, pull_request=None, settled=registered.settled)
    report = judged.markdown.read_text(encoding="utf-8")
    seen = evidence_in(evidence) if evidence else ""
    pull = propose_stage(
        project,
        first_stage(project),
        version=version,
        image=_pushed_image(evidence, version) if evidence else "",
        evidence=f"{seen}\n\n{report}" if seen else report,
        prepare=lambda made: write_card(made.project, judged, version, registered.trained),
        progress=progress,
    )
    rehearsed = evidence is not None and (evidence / REHEARSED).is_file()
    if said := let_merge(project, pull, against="" if rehearsed else "it was not rehearsed in staging"):
        progress(said)
    return Released(judged=judged, version=version, pull_request=pull)


def first_stage(project: Project) -> str:
    """Return the stage at which a new version starts beside what main desires: single where nothing serves yet."""
    state = merged_state(project, project.policy.rollout.environment)
    first = project.policy.rollout.after()
    return first.strategy if state and state.champion and first else "single"


def adopt_merged(project: Project, *, progress: Progress) -> str:
    """Take over the bundle that the merged pull request's run tested and return its digest; nothing is trained.

    Empty where there is none to take, so that it must be trained. Raises ForgeError when what is checked out is not
    what the forge's main would train.
    """
    require_released(project)
    if not adopt_tested(project, progress=progress):
        return ""
    known = recall(project, training_key(project), progress=progress)
    return known[0].digest if known and not known[0].manifest.lineage.dirty else ""


def take_over(project: Project, *, bundle: str = "", progress: Progress) -> tuple[Bundle, Trained]:
    """Return the bundle that the pull request's run tested, or else the one that is trained here.

    A project without a forge has nothing merged and nothing tested yet: its first release makes both.
    Raises ForgeError when what is checked out is not what the forge's main would train or no commit holds it, and
    BundleError when it is not `bundle`, which an earlier step named.
    """
    if _without_forge(project):
        require_main(project)
    else:
        require_released(project)
        adopt_tested(project, bundle=bundle, progress=progress)
    taken, trained, _ = train(project, progress=progress)
    require_bundle(taken.digest, bundle, what="What is about to be released")
    if taken.manifest.lineage.dirty:
        names = ", ".join(project.uncommitted()) or "files that a clean work tree does not have"
        raise ForgeError(
            f"Bundle {short(taken.digest)} was trained on files that are in no commit: {names}.",
            next_step="git add --force them on a branch and merge its pull request, or move them out of the package",
        )
    return taken, trained


def register(project: Project, *, bundle: str = "", progress: Progress) -> Registered:
    """Take over the bundle that was tested, or train it, ask the gates, and register it.

    Raises ForgeError when what is checked out is not what the forge's main would train, BundleError when the bundle is
    not `bundle`, which an earlier step named, and GateFailed or
    GateInconclusive when a blocking gate says no; nothing is registered then. The first release of a project that has
    no forge makes the local one once the gates have passed.
    """
    first = _without_forge(project)
    taken, trained = take_over(project, bundle=bundle, progress=progress)
    compared = "" if first else compare_with_fork(project, taken, progress=progress)
    judged = judge(project, taken, progress=progress)
    require_pass(judged)
    if first:
        LocalForge.create(project.forge_folder, project.root, main=project.policy.forge.main)
        progress(f"made the local forge in {project.forge_folder}")
    version = register_trained(project, taken, trained)
    progress(f"registered as version {version.number}")
    settled = _settled(project, version)
    return Registered(judged=judged, version=version, trained=trained, compared=compared, settled=settled)


def _without_forge(project: Project) -> bool:
    """Whether the project is to have a local forge and has none yet."""
    return not has_origin(project) and project.policy.forge.kind != "github"


def _settled(project: Project, version: Version) -> str:
    """Return why there is nothing to propose of a version; empty when there is."""
    environment = project.policy.rollout.environment
    # Read from main, which may have gone on: a run that is repeated must not propose what was merged meanwhile.
    state = merged_state(project, environment)
    if state and version.bundle in {route.bundle for route in state.routes}:
        return (
            f"the desired state names it already (deployments/{environment}.yaml, version {version.number})"
        )
    if back := version_taken_back(project, environment, version.bundle):
        return (
            f"version {version.number} is this very model, and commit {back.commit[:12]} reverted it; "
            f"`trunkline promote --stage {back.state.strategy} --version {version.number}` proposes it all the same"
        )
    return ""


def _pushed_image(folder: Path, version: Version) -> str:
    """Return by digest the image that `image` pushed and that carries a version; empty where it pushed none."""
    if not (folder / IMAGE_FILE).is_file():
        return ""
    image = Image.read(folder / IMAGE_FILE)
    if version.bundle not in image.bundles:
        raise BundleError(
            f"The image in {folder} carries other bundles than version {version.number}.",
            value=image.reference,
            next_step=f"VERSION={version.number} make image, or run release.yml again",
        )
    return image.reference if image.digest else ""


def evidence_in(folder: Path) -> str:
    """Return as Markdown what `image` and `rehearse` kept in a folder; empty where they kept nothing."""
    parts: list[str] = []
    if (folder / IMAGE_FILE).is_file():
        image = Image.read(folder / IMAGE_FILE)
        parts.append(f"**Image**, built once and asked before it was pushed: `{image.reference}`.")
    if (folder / REHEARSED).is_file():
        parts.append(read_text(folder / REHEARSED).strip())
    return "\n\n".join(parts)
