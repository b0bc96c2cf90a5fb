"""Trained: what a training key gave, remembered so that the same key never trains again, here or elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from trunkline.core.bundle import Bundle, BundleManifest, figures_by_name
from trunkline.core.lineage import Usage, Version
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import Record, short
from trunkline.core.verdicts import Verdict

from .bundles import registered_bundle, registry_kind, registry_of
from .named import VERSION_FILE, NamedVersion, card_folder, named_versions, version_of


class Trained(Record):
    """What a training key gave; kept under `.trunkline/keys/`, on the machine that trained or took it over."""

    SCHEMA: ClassVar[str] = "trunkline/trained/1"

    key: str
    bundle: str
    run: str
    usage: Usage
    """What the search and the fit took."""
    reason: str
    """Why the model does not run as ONNX; empty when it does."""


def remembered(project: Project, key: str) -> Trained | None:
    """Return what this machine remembers of a training key."""
    memory = _memory(project, key)
    return Trained.read(memory) if memory.is_file() else None


def remember(project: Project, trained: Trained) -> None:
    """Remember on this machine what a training key gave."""
    trained.write(_memory(project, trained.key))


def forget(project: Project, key: str) -> None:
    """Forget what this machine remembers of a training key; its bundle stays."""
    _memory(project, key).unlink(missing_ok=True)


def recall(project: Project, key: str, *, progress: Progress) -> tuple[Bundle, Trained] | None:
    """Return what a training key gave: what the checked-out commit names for it, else what this machine made of it.

    None when it must be trained. One that names a commit which holds what it was trained on goes before one that does
    not. What a ref or a registry says of a key counts for nothing: whoever may write there
    could have another bundle reused without review.
    """
    found: list[tuple[Bundle, Trained]] = []
    for trained in (_named(project, key), remembered(project, key)):
        bundle = registered_bundle(project, trained.bundle, progress=progress) if trained else None
        if trained and bundle and bundle.manifest.lineage.training_key == key:
            found.append((bundle, trained))
            if not bundle.manifest.lineage.dirty:
                break
    if not found:
        return None
    best = min(found, key=lambda each: each[0].manifest.lineage.dirty)
    remember(project, best[1])
    return best


def name_version(
    project: Project,
    version: Version,
    trained: Trained,
    bundle: BundleManifest | None = None,
    verdicts: Iterable[Verdict] = (),
) -> None:
    """Write down which bundle a version is, for main: what is merged with it is what may be opened."""
    NamedVersion(
        number=version.number,
        bundle=version.bundle,
        training_key=trained.key,
        usage=trained.usage,
        reason=trained.reason,
        figures=tuple(figures_by_name(bundle.figures).values()) if bundle else (),
        verdicts={verdict.gate: verdict.outcome for verdict in verdicts},
        lineage=bundle.lineage if bundle else None,
    ).write(card_folder(project, version.number) / VERSION_FILE)


def register_trained(project: Project, bundle: Bundle, trained: Trained) -> Version:
    """Keep a bundle in the registry and return the version that it is, or will be once it is merged.

    Where bundles are kept in git, MLflow's embedded store shows it as well, if there is one on this machine.
    """
    version = version_of(project, bundle.digest)
    registry_of(project).put(bundle, number=version.number, run=trained.run)
    if registry_kind(project) == "git" and (project.work / "mlflow.db").is_file():
        registry_of(project, "mlflow").put(bundle, number=version.number, run=trained.run)
    return version


def _named(project: Project, key: str) -> Trained | None:
    """Return what the checked-out commit names for a training key: the newest, should there be several."""
    found = [version for version in named_versions(project) if version.training_key == key]
    if not found:
        return None
    newest = found[-1]
    return Trained(key=key, bundle=newest.bundle, run="", usage=newest.usage, reason=newest.reason)


def _memory(project: Project, key: str) -> Path:
    return project.keys / f"{short(key)}.json"
