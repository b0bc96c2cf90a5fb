"""Trained: what a training key gave, remembered so that the same key never trains again, here or elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from trunkline.core.bundle import Bundle
from trunkline.core.lineage import Usage, Version
from trunkline.core.mlflow_uri import embedded_folder
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.reading import parse_json
from trunkline.core.record import Record, short

from .bundles import registered_bundle, registry_of
from .store import bring, with_store


class Trained(Record):
    """What a training key gave; kept under `.trunkline/keys/`, and in an MLflow server beside the version."""

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


def recall(project: Project, key: str, *, progress: Progress) -> tuple[Bundle, Trained] | None:
    """Return what a training key gave on this machine, or elsewhere where a store travels or a server keeps it.

    None when it must be trained.
    """
    trained = kept(project, key)
    if trained is None or trained.bundle not in project.bundles:
        bring(project, progress=progress, needed=False)
        trained = kept(project, key) or _registered(project, key)
    bundle = registered_bundle(project, trained.bundle, progress=progress) if trained else None
    if trained is None or bundle is None or bundle.manifest.lineage.training_key != key:
        return None
    keep(project, trained)
    return bundle, trained


def register_trained(project: Project, bundle: Bundle, trained: Trained, *, progress: Progress) -> Version:
    """Return the version of a bundle, registered now unless it is one; a store that travels is carried on."""
    registry = registry_of(project)
    memory = trained.canonical().decode()
    return with_store(
        project, lambda: registry.register(bundle, run=trained.run, memory=memory), progress=progress
    )


def _registered(project: Project, key: str) -> Trained | None:
    registry = registry_of(project)
    # An embedded store has its memory in the folder beside it, and opening it takes seconds.
    if embedded_folder(registry.uri) is not None:
        return None
    memory = registry.memory_of(key)
    if not memory:
        return None
    origin = f"version of {key} in MLflow"
    return Trained.from_dict(parse_json(memory, origin=origin), origin=origin)


def _memory(project: Project, key: str) -> Path:
    return project.keys / f"{short(key)}.json"
