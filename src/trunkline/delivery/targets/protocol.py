"""What every target offers: run a release, say what runs and how it is, go back."""

from __future__ import annotations

from typing import Protocol

from trunkline.core.bundle import BundleStore
from trunkline.core.record import Record
from trunkline.core.release import Release

from ..plan import Step


class Health(Record):
    """How the service is; `text` says it to people."""

    ready: bool
    text: str
    revision: str = ""
    """The commit whose release it serves, where it answers."""


class Target(Protocol):
    """Where a release runs. Every method may be called again after it was interrupted."""

    def observe(self) -> Release | None:
        """Return what serves now, or None when nothing does."""
        ...

    def upkeep(self) -> tuple[Step, ...]:
        """Return what the target needs besides another release, as a restart on another port."""
        ...

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Make `release` serve and return when it does.

        Raises ApplyError when it does not become healthy, after going back to what served before; BundleError,
        UnavailableError or StorageError when nothing was changed because it could not even begin.
        """
        ...

    def check(self) -> Health:
        """Return how the service is."""
        ...

    def stop(self) -> bool:
        """Stop serving and return whether anything served."""
        ...
