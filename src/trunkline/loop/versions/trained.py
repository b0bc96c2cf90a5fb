"""Trained: what a training key gave, remembered so that the same key never trains again, here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError
from trunkline.core.lineage import Usage, Version
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import Record, short

from .bundles import registered_bundle, registry_of, replaceable
from .named import VERSION_FILE, NamedVersion, card_folder, named_versions, require_bundle, require_number
from .store import with_store


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


def kept(project: Project, key: str) -> Trained | None:
    """Return what this machine remembers of a training key."""
    memory = _memory(project, key)
    return Trained.read(memory) if memory.is_file() else None


def keep(project: Project, trained: Trained) -> None:
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
    for trained in (_named(project, key), kept(project, key)):
        bundle = registered_bundle(project, trained.bundle, progress=progress) if trained else None
        if trained and bundle and bundle.manifest.lineage.training_key == key:
            found.append((bundle, trained))
            if not bundle.manifest.lineage.dirty:
                break
    if not found:
        return None
    best = min(found, key=lambda each: each[0].manifest.lineage.dirty)
    keep(project, best[1])
    return best


def name_version(project: Project, version: Version, trained: Trained) -> None:
    """Write down which bundle a version is, for main: what is merged with it is what may be opened."""
    NamedVersion(
        number=version.number,
        bundle=version.bundle,
        training_key=trained.key,
        usage=trained.usage,
        reason=trained.reason,
    ).write(card_folder(project, version.number) / VERSION_FILE)


def require_trusted(project: Project, version: Version, *, bundle: str = "") -> None:
    """Raise BundleError unless what a registry says of a version was said before by what nobody replaces unseen.

    That is `bundle`, where an earlier step of the same run named it; else the checked-out commit, or this machine,
    which trained it. A registry that only this machine writes is believed.
    """
    if bundle:
        require_bundle(version.bundle, bundle, what=f"Version {version.number}")
        return
    require_number(project, version)
    if not replaceable(project):
        return
    known = {named.bundle for named in named_versions(project)} | {
        Trained.read(path).bundle for path in project.keys.glob("*.json")
    }
    if version.bundle not in known:
        raise BundleError(
            f"Nothing on main names version {version.number}, bundle {short(version.bundle)}: whoever may write the "
            "registry could have put it there.",
            value=version.bundle,
            next_step="merge the pull request that brings its card, or run `trunkline release` again",
        )


def register_trained(project: Project, bundle: Bundle, trained: Trained, *, progress: Progress) -> Version:
    """Return the version of a bundle, registered now unless it is one; a store that travels is carried on."""
    registry = registry_of(project)
    return with_store(project, lambda: registry.register(bundle, run=trained.run), progress=progress)


def _named(project: Project, key: str) -> Trained | None:
    """Return what the checked-out commit names for a training key: the newest, should there be several."""
    found = [version for version in named_versions(project) if version.training_key == key]
    if not found:
        return None
    newest = found[-1]
    return Trained(key=key, bundle=newest.bundle, run="", usage=newest.usage, reason=newest.reason)


def _memory(project: Project, key: str) -> Path:
    return project.keys / f"{short(key)}.json"
