"""Registered: the model's versions, and their bundles brought to this machine when they are needed."""

from __future__ import annotations

import os
from collections.abc import Callable

from trunkline.core.bundle import Bundle
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.records import Route
from trunkline.delivery import read_state
from trunkline.registry import Registry

Progress = Callable[[str], None]


def registry_of(project: Project) -> Registry:
    """Return the registry of the project's model."""
    return Registry(project.tracking_uri(dict(os.environ)), project.policy.name)


def bundle_of(project: Project, route: Route, *, progress: Progress) -> Bundle:
    """Return the bundle of a route, fetched from the registry when it is not on this machine."""
    if route.bundle not in project.bundles:
        progress(f"fetching version {route.version} ({short(route.bundle)}) from the registry")
        registry = registry_of(project)
        registry.fetch(registry.by_bundle(route.bundle), project.bundles)
    return project.bundles.get(route.bundle)


def champion_of(project: Project, *, progress: Progress) -> Bundle | None:
    """Return the bundle that answers users by the desired state; None before the first release."""
    path = project.deployment(project.policy.rollout.environment)
    if not path.is_file():
        return None
    champion = read_state(path).champion
    return bundle_of(project, champion, progress=progress) if champion else None
