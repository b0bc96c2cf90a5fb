"""Registered: the model's versions, and their bundles brought to this machine when they are needed."""

from __future__ import annotations

import os

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, NotFoundError
from trunkline.core.mlflow_uri import embedded_folder
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.delivery import read_state
from trunkline.registry import Registry, mend_store

from .store import bring, carried


def tracking_uri(project: Project) -> str:
    """Return where MLflow keeps runs and versions; an embedded store that was moved is mended."""
    uri = project.tracking_uri(dict(os.environ))
    mend_store(uri)
    return uri


def registry_of(project: Project) -> Registry:
    """Return the registry of the project's model, as it is on this machine."""
    return Registry(project.tracking_uri(dict(os.environ)), project.policy.name)


def replaceable(project: Project) -> bool:
    """Whether others may write the registry without review: a server, or a store that travels in a ref."""
    return carried(project) or embedded_folder(project.tracking_uri(dict(os.environ))) is None


def brought_registry(project: Project, *, progress: Progress, needed: bool = True) -> Registry:
    """Return the registry of the project's model, its store brought first where it travels."""
    bring(project, progress=progress, needed=needed)
    return registry_of(project)


def registered_bundle(project: Project, digest: str, *, progress: Progress) -> Bundle | None:
    """Return a bundle, fetched from the registry when it is not on this machine; None where neither has it."""
    if digest in project.bundles:
        return project.bundles.get(digest)
    bring(project, progress=progress, needed=False)
    registry = registry_of(project)
    try:
        version = registry.by_bundle(digest)
        progress(f"fetching version {version.number} ({short(digest)}) from the registry")
        return registry.fetch(version, project.bundles)
    except NotFoundError:
        return None
    except BundleError as error:
        progress(error.what)
        return None


def bundle_of(project: Project, route: Route, *, progress: Progress) -> Bundle:
    """Return the bundle of a route, fetched from the registry when it is not on this machine."""
    if route.bundle not in project.bundles:
        progress(f"fetching version {route.version} ({short(route.bundle)}) from the registry")
        registry = brought_registry(project, progress=progress)
        registry.fetch(registry.by_bundle(route.bundle), project.bundles)
    return project.bundles.get(route.bundle)


def champion_of(project: Project, *, progress: Progress) -> Bundle | None:
    """Return the bundle that answers users by the desired state; None before the first release."""
    path = project.deployment(project.policy.rollout.environment)
    if not path.is_file():
        return None
    champion = read_state(path).champion
    return bundle_of(project, champion, progress=progress) if champion else None
