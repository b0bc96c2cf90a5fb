"""Bringing: the bundles that the checked-out commit names, fetched before anything runs that needs no token."""

from __future__ import annotations

from trunkline import data, training
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.delivery import read_state

from .bundles import bundle_of, registered_bundle
from .named import named_versions


def bring_named(project: Project, *, progress: Progress) -> tuple[tuple[str, str], ...]:
    """Bring the bundles of champion, challenger and training key, and return what each is, by name and digest.

    None of the project's code is run. Raises NotFoundError or BundleError when what serves cannot be had; the bundle
    of a training key that cannot is trained again.
    """
    found: list[tuple[str, str]] = []
    path = project.deployment(project.policy.rollout.environment)
    if path.is_file():
        state = read_state(path)
        for name, route in (("champion", state.champion), ("challenger", state.challenger)):
            if route is not None:
                found.append((name, bundle_of(project, route, progress=progress).digest))
    if project.data_lock.is_file():
        key = training.training_key(project, data.read_lock(project).snapshot)
        found += [
            (f"version {version.number}", version.bundle)
            for version in named_versions(project)
            if version.training_key == key and registered_bundle(project, version.bundle, progress=progress)
        ]
    return tuple(found)
