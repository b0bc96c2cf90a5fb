"""Paths: where a project's files lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .bundle import BundleStore

LOCK_FILE = "data.lock"


@dataclass(frozen=True)
class Paths:
    """A project's folder, and `.trunkline/` in it for everything that is made.

    `store` puts that folder elsewhere: a second work tree of the same repository shares the first one's.
    """

    root: Path
    store: Path | None = None

    @property
    def work(self) -> Path:
        """Return the folder of everything that is made and not committed."""
        return self.store or self.root / ".trunkline"

    @property
    def snapshots(self) -> Path:
        """Return the folder of snapshots, one folder a digest."""
        return self.work / "snapshots"

    @property
    def bundles(self) -> BundleStore:
        """Return the store of bundles."""
        return BundleStore(self.work / "bundles")

    @property
    def keys(self) -> Path:
        """Return the folder that remembers which training key gave which bundle."""
        return self.work / "keys"

    @property
    def evaluations(self) -> Path:
        """Return the folder of evaluations, one folder a bundle digest."""
        return self.work / "evaluations"

    @property
    def cards(self) -> Path:
        """Return the folder of model cards; committed."""
        return self.root / "model_cards"

    @property
    def data_lock(self) -> Path:
        """Return the file that names the snapshot to train on; committed."""
        return self.root / LOCK_FILE

    @property
    def locks(self) -> Path:
        """Return the folder of the locks; committed."""
        return self.root / "requirements"

    def environments(self) -> tuple[str, ...]:
        """Return the names of the environments that have a desired state here."""
        return tuple(sorted(path.stem for path in (self.root / "deployments").glob("*.yaml")))

    def deployment(self, environment: str) -> Path:
        """Return the file of an environment's desired state; committed."""
        return self.root / "deployments" / f"{environment}.yaml"

    def live(self, environment: str) -> Path:
        """Return the folder of what serves an environment on this machine."""
        return self.work / "live" / environment

    def predictions(self, environment: str) -> Path:
        """Return the folder of an environment's prediction log."""
        return self.work / "predictions" / environment

    def secret(self, environment: str) -> Path:
        """Return the file of the secret by which the prediction log names an environment's users."""
        return self.work / "secrets" / environment

    def truth(self, environment: str) -> Path:
        """Return the file of an environment's ground truth, one JSON record a line."""
        return self.work / "truth" / f"{environment}.jsonl"

    def monitoring(self, environment: str) -> Path:
        """Return the folder of an environment's signals and profiles."""
        return self.work / "monitoring" / environment
