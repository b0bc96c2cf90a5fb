"""What is written down about a carried store: in the ref, and on the machine that brought it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from trunkline.core.record import Record, short


class StoreManifest(Record):
    """What the ref says of itself."""

    SCHEMA: ClassVar[str] = "trunkline/store/1"

    project: str
    """The project's folder in its repository, with a slash at the end; empty for the root."""
    revision: str
    """The revision of MLflow's tables."""
    database: str
    """The digest of all rows of mlflow.db."""
    versions: dict[str, str]
    """`<model>/<number>` to the digest of its bundle."""


class StoreState(Record):
    """What this machine's store has to do with the ref."""

    SCHEMA: ClassVar[str] = "trunkline/store-state/1"

    commit: str = ""
    """The commit of the ref that the store was last in step with."""
    versions: dict[str, str] = Field(default_factory=dict)
    """The versions of that commit."""
    before: dict[str, str] | None = None
    """The versions that were here when an act began that has not been carried yet; None when there is none."""


class StoreStatus(Record):
    """How this machine's store and the ref compare."""

    commit: str
    """The ref's commit, empty where there is none."""
    files: int
    megabytes: float
    there: dict[str, str]
    """The versions in the ref."""
    here: dict[str, str]
    """The versions on this machine."""

    @property
    def missing(self) -> dict[str, str]:
        """Return the versions that only the ref has."""
        return difference(self.there, self.here)

    @property
    def own(self) -> dict[str, str]:
        """Return the versions that only this machine has."""
        return difference(self.here, self.there)


def difference(some: Mapping[str, str], others: Mapping[str, str]) -> dict[str, str]:
    """Return what `some` has that `others` lack, or have with another digest."""
    return {version: digest for version, digest in some.items() if others.get(version) != digest}


def named(versions: Mapping[str, str]) -> str:
    """Return versions as people read them, with the twelve digits of their bundles."""
    return ", ".join(
        f"{version.replace('/', ' version ')} ({digest if digest.startswith('run:') else short(digest)})"
        for version, digest in versions.items()
    )
