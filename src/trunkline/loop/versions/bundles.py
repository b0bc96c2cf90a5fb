"""Registered: the registry of the project's model, and bundles brought to this machine when they are needed."""

from __future__ import annotations

import os

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, NotFoundError, UnavailableError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.delivery import read_state
from trunkline.forge import kind_of
from trunkline.registry import Place, Registry, fetched, open_registry


def tracking_uri(project: Project) -> str:
    """Return where MLflow keeps runs."""
    return project.tracking_uri(dict(os.environ))


def registry_kind(project: Project) -> str:
    """Return which registry keeps the project's bundles, as `registry.kind` says it."""
    registry = project.policy.registry
    if registry.kind != "auto":
        return registry.kind
    server = registry.uri or os.environ.get("MLFLOW_TRACKING_URI")
    return "git" if not server and kind_of(project)[0] != "local" else "mlflow"


def registry_of(project: Project, kind: str = "") -> Registry:
    """Return the project's registry, or the one of another kind."""
    place = Place(
        clone=project.root,
        name=project.policy.name,
        uri=tracking_uri(project),
        limit_mb=project.policy.registry.store_limit_mb,
    )
    return open_registry(kind or registry_kind(project), place)


def registered_bundle(project: Project, digest: str, *, progress: Progress) -> Bundle | None:
    """Return a bundle, fetched from the registry when it is not on this machine; None where neither has it.

    A registry that does not answer, or whose copy is damaged, is said and passed over.
    """
    if digest in project.bundles:
        return project.bundles.get(digest)
    try:
        bundle = fetched(registry_of(project), digest, project.bundles)
    except NotFoundError:
        return None
    except (BundleError, UnavailableError) as error:
        progress(f"going on without the registry's bundle {short(digest)}: {error.what}")
        return None
    progress(f"bundle {short(digest)} came from the registry")
    return bundle


def bundle_of(project: Project, route: Route, *, progress: Progress) -> Bundle:
    """Return the bundle of a route, fetched from the registry when it is not on this machine."""
    if route.bundle not in project.bundles:
        progress(f"fetching version {route.version} ({short(route.bundle)}) from the registry")
        return fetched(registry_of(project), route.bundle, project.bundles)
    return project.bundles.get(route.bundle)


def champion_of(project: Project, *, progress: Progress) -> Bundle | None:
    """Return the bundle that answers users by the desired state; None before the first release."""
    path = project.deployment(project.policy.rollout.environment)
    if not path.is_file():
        return None
    champion = read_state(path).champion
    return bundle_of(project, champion, progress=progress) if champion else None
