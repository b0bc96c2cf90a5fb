"""Once: a service of one bundle for as long as somebody asks it, outside of every environment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError
from trunkline.core.release import Release

from .targets.local_target import LocalTarget


@contextmanager
def serve_once(target: LocalTarget, release: Release, bundles: BundleStore) -> Iterator[LocalTarget]:
    """Yield the target while it serves `release`, and stop it in the end.

    Raises ApplyError when the service does not start.
    """
    try:
        try:
            target.apply(release, bundles)
        except ApplyError as error:
            raise ApplyError(
                error.what, next_step="trunkline serve starts the same service for you to see"
            ) from error
        yield target
    finally:
        target.stop()
