"""The bundles of a live folder: those of what serves, and of what it would go back to."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from trunkline.core.bundle import MANIFEST, BundleManifest, BundleStore
from trunkline.core.errors import BundleError
from trunkline.core.release import Route


def bring(digest: str, bundles: BundleStore, live: BundleStore) -> None:
    """Copy a bundle into the live folder, verified; a damaged copy there is replaced.

    Raises BundleError when there is no sound copy in either place.
    """
    try:
        live.get(digest)
        return
    except BundleError:
        sound = bundles.get(digest)
    shutil.rmtree(live.path(digest), ignore_errors=True)
    live.add(sound.folder)


def needs_training(route: Route, live: BundleStore) -> bool:
    """Whether a bundle of a live folder needs what it was trained with."""
    path = live.path(route.bundle) / MANIFEST
    return path.is_file() and bool(BundleManifest.read(path).requires)


def keep_only(routes: Iterable[Route], live: BundleStore) -> None:
    """Remove the bundles of a live folder that none of the routes names."""
    needed = {live.path(route.bundle) for route in routes}
    for folder in live.root.iterdir():
        if folder not in needed:
            shutil.rmtree(folder, ignore_errors=True)
